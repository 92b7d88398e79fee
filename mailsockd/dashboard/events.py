"""Events as a page shows them: a sentence, how it went, what may help, and the facts behind it."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import attrs

from mailsockd.dashboard.addresses import settings_path
from mailsockd.dashboard.mail_query import inbox_path
from mailsockd.state.activity import Event, Kind
from mailsockd.state.recorded import Recorded
from mailsockd.wire import date_json
from mailsockd.wire.activity import CHANNELS, summary

GOOD = frozenset((Kind.STORED, Kind.PUBLISHED, Kind.DELIVERED, Kind.FORWARDED, Kind.SENT, Kind.DOMAIN_VERIFIED))
# What somebody looks for when something did not come.
PROBLEMS = frozenset(
    (
        Kind.REFUSED, Kind.REJECTED, Kind.UNPUBLISHED, Kind.SOCKET_REFUSED, Kind.DEFERRED, Kind.FAILED, Kind.EVICTED,
        Kind.SIGN_IN_REFUSED, Kind.DOMAIN_NOT_VERIFIED, Kind.OPERATIONS, Kind.TROUBLE,
    )
)  # fmt: skip
_WARN = frozenset((Kind.UNPUBLISHED, Kind.DEFERRED, Kind.EVICTED, Kind.OPERATIONS))
_MOODS = {"good": "Went well", "warn": "To look at", "bad": "Went wrong", "plain": ""}


@attrs.frozen
class Advice:
    """What may help: a sentence, and where to go, "" for nowhere."""

    text: str
    label: str = ""
    href: str = ""


@attrs.frozen
class Shown:
    """One event. `mood` is one of good, warn, bad, plain; facts are a label, a text, and where it leads or ""."""

    id: int
    at: float
    mood: str
    sentence: str
    advice: Advice | None
    facts: tuple[tuple[str, str, str], ...]

    @property
    def mood_words(self) -> str:
        """Give the mood for who does not see colours."""
        return _MOODS[self.mood]

    def json(self) -> Mapping[str, Any]:
        """Give it to the script, which puts it into the page as this room would."""
        advice = self.advice and {"text": self.advice.text, "label": self.advice.label, "href": self.advice.href}
        return {
            "id": self.id,
            "at": date_json(self.at),
            "mood": self.mood,
            "moodWords": self.mood_words,
            "sentence": self.sentence,
            "advice": advice,
            "facts": [list(fact) for fact in self.facts],
        }


def shown(recorded: Recorded, account: str) -> Shown:
    """Give an event as the page of an account shows it."""
    event = recorded.event
    sentence = summary(event)
    return Shown(
        recorded.id,
        event.at,
        _mood(event.kind),
        sentence[:1].upper() + sentence[1:],
        _advice(event, account),
        tuple(_facts(event, account)),
    )


def activity_path(**conditions: str) -> str:
    """Give the path of Recent Activity under conditions; empty ones are left out."""
    said = {name: value for name, value in conditions.items() if value}
    return f"/activity?{urlencode(said, quote_via=quote)}" if said else "/activity"


def _mood(kind: Kind) -> str:
    if kind in GOOD:
        return "good"
    if kind in _WARN:
        return "warn"
    return "bad" if kind in PROBLEMS else "plain"


def _facts(event: Event, account: str) -> list[tuple[str, str, str]]:
    count = "" if event.count is None else f"{event.count:,}"
    took = "" if event.milliseconds is None else f"{event.milliseconds:,.1f} ms"
    facts = [
        ("Address", event.address, activity_path(address=event.address)),
        ("Message", event.message, activity_path(message=event.message)),
        ("Reason", event.text, ""),
        ("Answer", event.detail, ""),
        ("Way out", CHANNELS.get(event.channel, event.channel), ""),
        ("From", event.peer, activity_path(peer=event.peer)),
        ("Bytes" if event.kind is Kind.STORED else "Listeners" if event.kind in _HEARD else "Number", count, ""),
        ("Took", took, ""),
        ("Connection", event.session, activity_path(q=event.session)),
        ("Account", event.account if event.account != account else "", activity_path(account=event.account)),
    ]
    return [fact for fact in facts if fact[1]]


_HEARD = frozenset((Kind.PUBLISHED, Kind.UNPUBLISHED))


def _advice(event: Event, account: str) -> Advice | None:
    if event.kind is Kind.REJECTED or event.account in ("", account):
        found = _ADVICE.get(event.kind)
        return found(event) if found else None
    return None


def _stored(event: Event) -> Advice | None:
    if not event.message:
        return None
    return Advice("", "Open the mail", f"{inbox_path(event.address)}/{quote(event.message, safe='')}")


def _rejected(event: Event) -> Advice:
    return Advice("The mail was not taken, and its sender was told so with this answer.")


def _unpublished(event: Event) -> Advice | None:
    if event.text.startswith("nobody listens"):
        text = "No socket asked for this address at that moment. REST and the inbox have the mail all the same."
        return Advice(text, "Web Socket Test Page", "/websocket-test")
    if event.text.startswith("web socket forwarding is off"):
        text = "Tick “Forward all incoming emails via web socket” in its settings."
        return Advice(text, "Settings", settings_path(event.address))
    if "nobody has reserved the address" in event.text:
        text = "It is a public inbox; web sockets get the mail of reserved addresses."
        return Advice(text, "Add Email Address", f"/private-address?{urlencode({'email': event.address})}")
    return None


def _deliveries(event: Event) -> Advice:
    words = "It is tried again by itself." if event.kind is Kind.DEFERRED else "It can be sent again."
    return Advice(words, "Deliveries of this message", f"/deliveries?{urlencode({'message': event.message})}")


def _refused_sign_in(event: Event) -> Advice:
    return Advice("If that was not you, set another password.", "Account Settings", "/account")


_ADVICE: dict[Kind, Callable[[Event], Advice | None]] = {
    Kind.REJECTED: _rejected,
    Kind.STORED: _stored,
    Kind.UNPUBLISHED: _unpublished,
    Kind.DEFERRED: _deliveries,
    Kind.FAILED: _deliveries,
    Kind.SIGN_IN_REFUSED: _refused_sign_in,
    Kind.DOMAIN_NOT_VERIFIED: lambda event: Advice("Look at its DNS records.", "Custom Domains", "/domains"),
    Kind.OPERATIONS: lambda event: Advice("", "Usage and Analytics", "/usage"),
}
