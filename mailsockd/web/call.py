"""One HTTP request as a route sees it: who calls, from where, and the query and body with every value checked.
A wrong value is an HTTPError 400 that names it."""

import re
import secrets
from datetime import UTC, datetime, timedelta
from io import SEEK_END
from typing import Any

import attrs

from mailsockd.web.body import Body, read_body
from mailsockd.web.errors import wrong
from mailsockd.web.exchange import Exchange
from mailsockd.web.fields import Fields, parse_fields

KEY_FIELD = "_mailsacKey"
CSRF_FIELD = "_csrf"
_NOT_FOR_ROUTES = frozenset((KEY_FIELD, CSRF_FIELD))

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_DATE = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?"
    r"(?:Z|([+ -])([0-9]{2}):?([0-9]{2}))?)?",
    re.IGNORECASE,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
# The methods whose body is read; that of a GET is ignored (contract.md 0, rows 8 and 9).
_WITH_BODY = frozenset((b"POST", b"PUT", b"PATCH", b"DELETE"))


def parse_flag(name: str, value: str) -> bool:
    """true, false, 1 or 0 in any case, as a query or a path segment says it. Raises HTTPError 400 naming `name`."""
    try:
        return _FLAGS[value.lower()]
    except KeyError:
        raise wrong(name, "must be true, false, 1 or 0") from None


def parse_date(name: str, value: str) -> float:
    """Seconds since 1970 in UTC of `YYYY-MM-DD` or a full ISO 8601 date. Without an offset it is UTC. A space in
    the place of the offset's sign is a `+` that nobody percent-encoded. Raises HTTPError 400 naming `name`."""
    found = _DATE.fullmatch(value.strip())
    try:
        if found is None:
            raise ValueError(value)
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
        fraction = float("0." + (found[7] or "0"))
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC) - _EPOCH
        offset = timedelta(hours=int(found[9] or 0), minutes=int(found[10] or 0))
    except ValueError:
        raise wrong(name, "must be a date such as 2026-11-22 or 2026-11-22T08:00:00.000Z") from None
    return moment.total_seconds() + fraction - (-1 if found[8] == "-" else 1) * offset.total_seconds()


def _peer(request: Exchange) -> str:
    """Our own requests know it, through trusted proxies; others have the other end of the connection."""
    return str(getattr(request, "peer", None) or getattr(request.getClientAddress(), "host", None) or "unix")


def _identity(request: Exchange) -> str:
    return str(getattr(request, "id", None) or secrets.token_hex(8))


@attrs.define
class Call:
    """What a route is given.

    `caller` is what authenticate(key) returned, None for an anonymous caller; `peer` is the client's IP address as
    text ("unix" on a local socket); `id` is the request id that the answer and the log carry; `gone` tells that the
    client went away and nobody will read an answer.
    """

    request: Exchange
    caller: Any = None
    peer: str = attrs.field(default=attrs.Factory(lambda self: _peer(self.request), takes_self=True))
    id: str = attrs.field(default=attrs.Factory(lambda self: _identity(self.request), takes_self=True))
    gone: bool = False
    _fields: Fields | None = attrs.field(default=None, init=False, repr=False)
    _literal: Fields | None = attrs.field(default=None, init=False, repr=False)
    _body: Body | None = attrs.field(default=None, init=False, repr=False)

    def query(self, name: str, default: str = "", *, literal_plus: bool = False) -> str:
        """The first value of a query parameter.

        By the rules of forms a `+` in a query is a space. Where the value is an e-mail address, which holds a `+`
        oftener than a space, ask with `literal_plus`: then `+` is itself and only `%20` is a space.
        """
        values = self.queries(name, literal_plus=literal_plus)
        return values[0] if values else default

    def queries(self, name: str, *, literal_plus: bool = False) -> list[str]:
        """All values of a query parameter in their order."""
        return [value for key, value in self._pairs(literal_plus) if key == name]

    def flag(self, name: str, default: bool = False) -> bool:
        """A query parameter that is true, false, 1 or 0 in any case; `default` when absent or empty."""
        value = self.query(name)
        return parse_flag(name, value) if value else default

    def integer(self, name: str, default: int, least: int, most: int) -> int:
        """A query parameter from `least` to `most`; `default` when absent or empty."""
        value = self.query(name).strip()
        if not value:
            return default
        number = int(value) if _INTEGER.fullmatch(value) else None
        if number is None or not least <= number <= most:
            raise wrong(name, f"must be an integer from {least} to {most}")
        return number

    def date(self, name: str) -> float | None:
        """A query parameter that is a date, in UTC seconds since 1970; None when absent or empty."""
        value = self.query(name)
        return parse_date(name, value) if value else None

    def body(self) -> dict[str, Any]:
        """The fields of the body but for those of authentication, a fresh dictionary; `{}` when there is no body."""
        return {name: value for name, value in self.whole_body().fields.items() if name not in _NOT_FOR_ROUTES}

    def form(self) -> dict[str, str]:
        """The fields of a form: the texts of body(), and of those that were given several times none."""
        return {name: value for name, value in self.body().items() if isinstance(value, str)}

    @property
    def secure(self) -> bool:
        """Whether the request came by TLS."""
        return bool(getattr(self.request, "isSecure", lambda: False)())

    @property
    def is_form(self) -> bool:
        """Whether the values of body() are form strings, so that "true" and "" still need conversion."""
        return self.whole_body().form

    @property
    def body_size(self) -> int:
        """How many bytes the body has, 0 when it is not read."""
        content = self.request.content
        return content.seek(0, SEEK_END) if content is not None and self.request.method in _WITH_BODY else 0

    def whole_body(self) -> Body:
        """The body as it came, the key included: for authentication alone."""
        if self._body is None:
            self._body = self._read() if self.request.method in _WITH_BODY else Body({})
        return self._body

    def header(self, name: str) -> str:
        """The last value of a request header, "" when absent."""
        values = self.headers(name)
        return values[-1] if values else ""

    def headers(self, name: str) -> list[str]:
        """All values of a request header."""
        values = self.request.requestHeaders.getRawHeaders(name.encode("ascii"))
        return [value.decode("latin-1").strip() for value in values or ()]

    def _pairs(self, literal_plus: bool) -> Fields:
        content = self.request.uri.partition(b"?")[2]
        if literal_plus:
            if self._literal is None:
                self._literal = parse_fields(content, "query", plus=b"+")
            return self._literal
        if self._fields is None:
            self._fields = parse_fields(content, "query")
        return self._fields

    def _read(self) -> Body:
        if self.request.content is None:
            return Body({})
        self.request.content.seek(0)
        return read_body(self.request.content.read(), self.header("Content-Type"))
