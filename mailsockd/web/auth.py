"""Who calls: the API key in each of the places where clients put it (contract.md 0.2), and what a route that
needs a caller answers without one."""

from collections.abc import Callable
from typing import Any

from mailsockd.web.call import KEY_FIELD, Call
from mailsockd.web.errors import HTTPError, wrong
from mailsockd.web.session import NOBODY, Browsers

UNAUTHORIZED = "Not authorized. You may need to log in first."

Authenticate = Callable[[str], Any | None]


def key_of(call: Call) -> str:
    """The caller's key, "" when none was given. An empty header or field is none.

    Header, query and body may all hold it as long as it is the same. Raises HTTPError 400 when they differ, because
    the first found would let one place overrule what a proxy or a person checked in another.
    """
    return _one(key_before_body(call), *_in_body(call))


def key_before_body(call: Call) -> str:
    """The key of header and query alone, which is known before a body is read or parsed. Raises HTTPError 400."""
    return _one(*call.headers("Mailsac-Key"), *call.queries(KEY_FIELD))


def identify(
    call: Call,
    authenticate: Authenticate,
    *,
    anonymous: bool,
    count: Callable[[str], None] = lambda key: None,
    browsers: Browsers = NOBODY,
) -> Any | None:
    """The caller. Without a valid key: None when `anonymous` callers are let in, else HTTPError 401.

    `count` is told of a valid key before the body is parsed, unless it is the body that holds the key; it may raise.
    This is the one place that decides who calls: the cookie of a session is looked at after the key, and only when
    there is no key.
    """
    key = key_before_body(call)
    caller = authenticate(key) if key else None
    if caller is not None:
        count(key)
    elif key and not anonymous:
        raise HTTPError(401, UNAUTHORIZED)
    whole = key_of(call)
    if whole != key:
        caller = authenticate(whole)
        if caller is not None:
            count(whole)
    if not whole:
        caller = browsers.identify(call)
    if caller is None and not anonymous:
        raise HTTPError(401, UNAUTHORIZED)
    return caller


def _one(*given: str) -> str:
    keys = {key for key in given if key}
    if len(keys) > 1:
        raise HTTPError(400, "The request holds different keys.", (f"{KEY_FIELD}: is given with different values",))
    return keys.pop() if keys else ""


def _in_body(call: Call) -> list[str]:
    value = call.whole_body().fields.get(KEY_FIELD)
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(key, str | None) for key in values):
        raise wrong(KEY_FIELD, "must be a string")
    return [key for key in values if key]
