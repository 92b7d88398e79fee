"""Events as the disk keeps them, and which of them somebody asks for."""

import attrs

from mailsockd.state.activity import Event, Kind

# Letters of ASCII alone lose their case in a search, as on the disk.
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


@attrs.frozen
class Recorded:
    """An event with the number that the disk gave it; later ones have larger numbers."""

    id: int
    event: Event


@attrs.frozen
class Wanted:
    """
    Which events are asked for: those that meet all that is set.

    `account` is whose they are; with `unowned` also what belongs to nobody. `message` is a message's id, or the queue
    id that the copies of a mail share; what happened on their SMTP connection besides belongs to them. `text` is a
    part of any text. `since` and `until` are UTC seconds, the end left out. `before` and `after` are ids. `reader` is
    the account whose own details may be searched, None for everybody's.
    """

    account: str | None = None
    unowned: bool = False
    kinds: frozenset[Kind] = frozenset()
    address: str = ""
    message: str = ""
    peer: str = ""
    text: str = ""
    since: float | None = None
    until: float | None = None
    before: int | None = None
    after: int | None = None
    reader: str | None = None

    def meets(self, event: Event) -> bool:
        """Tell whether a new event is wanted; ids, and the connection of a message, do not matter for it."""
        return (
            (self.account is None or event.account == self.account or (self.unowned and not event.account))
            and (not self.kinds or event.kind in self.kinds)
            and (not self.address or event.address == self.address)
            and (not self.message or event.message == self.message or event.message.startswith(f"{self.message}-"))
            and (not self.peer or event.peer == self.peer)
            and (self.since is None or event.at >= self.since)
            and (self.until is None or event.at < self.until)
            and (not self.text or any(_lowered(self.text) in _lowered(text) for text in self._texts(event)))
        )

    def _texts(self, event: Event) -> tuple[str, ...]:
        detail = event.detail if self.reader in (None, event.account) else ""
        kind = event.kind.name.replace("_", " ")
        about = (event.account, event.address, event.message, event.peer, event.session, event.channel)
        return (kind, *about, event.text, detail)


def _lowered(text: str) -> str:
    """Give a text with the letters of ASCII in lower case."""
    return text.translate(_LOWER)
