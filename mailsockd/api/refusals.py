"""The refusals that routes have in common, and the headers of answers, as the description says them."""

from collections.abc import Mapping
from typing import Any

# What any route may answer.
ALWAYS: Mapping[int, str] = {
    400: "Something in the request is wrong; `message` says what.",
    408: "The request did not arrive in time.",
    413: "The body is too large.",
    414: "The path and query are too long.",
    429: "Too many requests; `Retry-After` says when to come again.",
    431: "The headers are too large.",
    500: "A fault; the server's log has it under the request id.",
    503: "Too many connections, or the server cannot store anything now. Nothing was changed.",
}
NEEDS_KEY: Mapping[int, str] = {401: "There is no key, or no valid one; or what was asked for is another account's."}

OF_SOCKET: Mapping[int, str] = {
    101: "The socket is open. Its first frame says what it listens to, or why it does not.",
    400: "The request is no proper WebSocket handshake.",
    403: "A page of this origin may not open a socket.",
    426: "The request is no WebSocket handshake: it lacks `Upgrade: websocket` or version 13.",
    431: "The headers of the handshake are too large.",
    500: "A fault.",
    503: "The server has no room for another socket.",
}

HEADERS: Mapping[str, Any] = {
    "X-Request-Id": {
        "description": "The name of the request in the server's log.",
        "required": True,
        "schema": {"type": "string", "minLength": 1},
    },
    "Retry-After": {
        "description": "Seconds until it makes sense to ask again.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    },
}
