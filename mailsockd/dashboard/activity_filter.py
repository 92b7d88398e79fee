"""What a page of Recent Activity is asked for: read from its query, shown in its form, and written into its links."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

import attrs

from mailsockd.dashboard.events import PROBLEMS
from mailsockd.state.activity import Kind
from mailsockd.state.recorded import Wanted
from mailsockd.web.call import Call, parse_date
from mailsockd.wire import date_json
from mailsockd.wire.activity import kind_json, kind_named

LARGEST_ID = (1 << 62) - 1
FIELDS = ("address", "kind", "q", "range", "since", "until", "message", "peer", "account")
# Spans of time, by what the query says.
RANGES = {"15m": 900, "1h": 3600, "24h": 86_400, "7d": 604_800}
RANGE_WORDS = {"": "Any time", "15m": "Last 15 minutes", "1h": "Last hour", "24h": "Last 24 hours", "7d": "Last 7 days"}
# Several kinds under one name.
GROUPS: Mapping[str, frozenset[Kind]] = {
    "problems": PROBLEMS,
    "mail": frozenset((Kind.CONNECTED, Kind.REJECTED, Kind.STORED, Kind.READ, Kind.DELETED, Kind.EVICTED)),
    "sockets": frozenset(
        (Kind.PUBLISHED, Kind.UNPUBLISHED, Kind.SOCKET_OPENED, Kind.SOCKET_REFUSED, Kind.SOCKET_CLOSED)
    ),
    "deliveries": frozenset((Kind.DELIVERED, Kind.DEFERRED, Kind.FAILED, Kind.FORWARDED, Kind.SENT)),
    "sign-ins": frozenset(
        (
            Kind.SIGNED_IN,
            Kind.SIGN_IN_REFUSED,
            Kind.PASSWORD_SET,
            Kind.ACCOUNT_DISABLED,
            Kind.ACCOUNT_ENABLED,
            Kind.KEY_MADE,
            Kind.KEY_REVOKED,
        )
    ),
}
GROUP_WORDS = {
    "": "Everything",
    "problems": "What did not work",
    "mail": "Mail in",
    "sockets": "Web sockets",
    "deliveries": "Deliveries",
    "sign-ins": "Sign-ins and keys",
}


@attrs.frozen
class Asked:
    """The conditions as they were typed, by the names of FIELDS; `before` and `after` are ids of events."""

    typed: Mapping[str, str]
    before: int | None = None
    after: int | None = None

    @classmethod
    def of(cls, call: Call) -> "Asked":
        """Read them. Raises HTTPError 400 for an id that is none."""
        typed = {name: call.query(name, literal_plus=name == "address").strip() for name in FIELDS}
        after = call.integer("after", 0, 0, LARGEST_ID) if call.query("after").strip() else None
        return cls(typed, call.integer("before", 0, 1, LARGEST_ID) or None, after)

    @property
    def narrowed(self) -> bool:
        """Tell whether there is any condition."""
        return any(self.typed.values())

    @property
    def kinds(self) -> list[Kind | None]:
        """Give the kinds that were chosen, None for one that there is not."""
        found: list[Kind | None] = []
        for name in self.typed["kind"].split(","):
            if name in GROUPS:
                found += [kind for kind in Kind if kind in GROUPS[name]]
            elif name.strip():
                found.append(kind_named(name))
        return found

    def wanted(self, now: float) -> Wanted:
        """Give what of it needs no rights. Raises HTTPError 400 that names the field."""
        return Wanted(
            message=self.typed["message"],
            peer=self.typed["peer"],
            text=self.typed["q"],
            since=self._since(now),
            until=parse_date("until", self.typed["until"]) if self.typed["until"] else None,
            before=self.before,
            after=self.after,
        )

    def path(self, page: str = "/activity", **others: Any) -> str:
        """Give the path of a page with these conditions, some of them others."""
        said = {name: str(value) for name, value in {**self.typed, **others}.items() if value not in ("", None)}
        return f"{page}?{urlencode(said, quote_via=quote)}" if said else page

    def export(self, form: str, now: float) -> str:
        """Give the path of the file that has what these conditions are met by. Raises HTTPError 400."""
        since, kinds = self._since(now), ",".join(kind_json(kind) for kind in self.kinds if kind is not None)
        said = {"kind": kinds, "since": "" if since is None else date_json(since), "range": ""}
        return self.path("/mailsockd/v1/activity", **said, format=form)

    def _since(self, now: float) -> float | None:
        if self.typed["since"]:
            return parse_date("since", self.typed["since"])
        span = RANGES.get(self.typed["range"])
        return None if span is None else now - span
