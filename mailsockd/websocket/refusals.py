"""The answers to an upgrade that is refused before it becomes a socket. None repeats what the request said."""

from http import HTTPStatus

from mailsockd.wire import dumps

JSON_TYPE = "application/json; charset=utf-8"

SENTENCES = {
    400: "This is not a WebSocket handshake: see RFC 6455 section 4.1.",
    405: "A socket is opened with GET.",
    426: "This is the address of a WebSocket: the request lacks the header Upgrade: websocket.",
    431: "The headers of the handshake are too large.",
    500: "The server could not open the socket.",
    503: "The server has no room for another socket.",
    505: "A socket is opened with HTTP/1.1.",
}


def refusal_json(status: int, message: str) -> bytes:
    """Give the body of a refusal (contract section 0.3)."""
    return dumps({"message": message, "error": HTTPStatus(status).phrase, "status": status})


def refusal(status: int) -> bytes:
    """Give a whole HTTP response that refuses; a status without a sentence of its own becomes 400."""
    if status not in SENTENCES:
        status = 400
    body = refusal_json(status, SENTENCES[status])
    head = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
        f"Content-Type: {JSON_TYPE}\r\nContent-Length: {len(body)}\r\n"
        "Sec-WebSocket-Version: 13\r\nConnection: close\r\n\r\n"
    )
    return head.encode("ascii") + body
