"""
What many events of one sort are cut down to, so that a scanner, or a client gone mad, buries nothing else.

Of what one peer causes again and again for one account, the first events of a minute are passed on as they are; the
others are counted, and told as one event at the minute's end. Whoever takes part in a mail's way is never cut.
"""

import attrs

from mailsockd.state.activity import Event, Kind

WINDOW = 60.0  # seconds
MOST_SORTS = 10_000  # sorts of events that are told apart in one window

# How many of one sort are passed on in a window.
PASSED = {
    Kind.CONNECTED: 20,
    Kind.REFUSED: 5,
    Kind.REJECTED: 20,
    Kind.SOCKET_OPENED: 20,
    Kind.SOCKET_REFUSED: 10,
    Kind.SOCKET_CLOSED: 20,
    Kind.SIGNED_IN: 20,
    Kind.SIGN_IN_REFUSED: 10,
    Kind.READ: 2,
    Kind.TROUBLE: 20,
}

_Sort = tuple[Kind, str, str, str]


@attrs.define
class _Seen:
    left: int  # how many may still pass
    held: int
    last: Event


class Floods:
    """The events of one window, by sort: kind, account, peer, and for what was read the message."""

    def __init__(self, most_sorts: int = MOST_SORTS) -> None:
        self._most_sorts = most_sorts
        self._seen: dict[_Sort, _Seen] = {}

    def passes(self, event: Event) -> bool:
        """Tell whether an event is passed on; if not, it is counted."""
        most = PASSED.get(event.kind)
        if most is None or (event.kind is Kind.CONNECTED and event.account):
            return True  # what comes to an account with its mail is as much as the mail
        sort = (event.kind, event.account, event.peer, event.message if event.kind is Kind.READ else "")
        seen = self._seen.get(sort)
        if seen is None:
            if len(self._seen) >= self._most_sorts:
                # Thousands of peers at once: from here on they are one, and have shown enough.
                sort, most = (event.kind, "", "", ""), 0
                event = Event(event.kind, event.at, text="from many peers")
            seen = self._seen.setdefault(sort, _Seen(most, 0, event))
        seen.last = event
        if seen.left:
            seen.left -= 1
            return True
        seen.held += 1
        return False

    def end(self) -> list[Event]:
        """End the window: give one event for what was held of each sort, which says in `similar` how many it is."""
        seen, self._seen = self._seen, {}
        return [attrs.evolve(each.last, similar=each.held) for each in seen.values() if each.held]
