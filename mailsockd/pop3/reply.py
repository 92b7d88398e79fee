"""POP3 replies: their bytes, and those whose words never change (RFC 1939 section 3, RFC 2449 section 8, RFC 3206)."""

import re

import attrs

_UNPRINTABLE = re.compile(rb"[^ -~]")
LONGEST_TEXT = 480  # a reply line has at most 512 bytes, RFC 2449 section 4


@attrs.frozen
class Reply:
    """
    An answer that is there at once.

    `wire` is what is sent. `counts` tells whether it is one of the errors that a client may only make so many of,
    `ends` whether the session ends with it.
    """

    wire: bytes
    counts: bool = False
    ends: bool = False


def ok(text: str, ends: bool = False) -> Reply:
    """Make a good reply of one line."""
    return Reply(b"+OK " + _words(text) + b"\r\n", ends=ends)


def error(text: str, code: str = "", counts: bool = False, ends: bool = False) -> Reply:
    """Make a bad reply of one line, with a response code such as AUTH."""
    words = f"[{code}] {text}" if code else text
    return Reply(b"-ERR " + _words(words) + b"\r\n", counts, ends)


def lines(text: str, items: list[str]) -> Reply:
    """Make a good reply of several lines, none of which begins with a dot."""
    return Reply(b"+OK " + b"".join(_words(line) + b"\r\n" for line in (text, *items)) + b".\r\n")


def _words(text: str) -> bytes:
    return _UNPRINTABLE.sub(b"?", text.encode("ascii", "replace"))[:LONGEST_TEXT]


GREETING = ok("mailsockd POP3")
OK = ok("OK")
SEND_PASS = ok("Send PASS")
GO_ON = Reply(b"+ \r\n")
GOODBYE = ok("Goodbye", ends=True)
READY_FOR_TLS = ok("Begin TLS")
KEPT = ok("Nothing is marked as deleted")

UNKNOWN_COMMAND = error("Command not recognised", counts=True)
NOT_OFFERED = error("Command not offered here", counts=True)
WRONG_ARGUMENTS = error("Wrong arguments", counts=True)
WRONG_NUMBER = error("There is no such message", counts=True)
SIGN_IN_FIRST = error("Sign in first", counts=True)
SIGNED_IN = error("Already signed in", counts=True)
USER_FIRST = error("Send USER first", counts=True)
TLS_FIRST = error("Signing in needs TLS here: send STLS first, or use the port with TLS", counts=True)
ALREADY_TLS = error("TLS is already in use", counts=True)
NO_MECHANISM = error("The only mechanism is PLAIN", counts=True)
CANCELLED = error("Cancelled", counts=True)
NOT_BASE64 = error("This is not what PLAIN sends", counts=True)
FAILED = error("Trouble on this server, try again later", "SYS/TEMP")
TROUBLE = error("Trouble on this server, try again later", "SYS/TEMP")
DELETED_MEANWHILE = error("This message was deleted meanwhile")
NOT_DELETED = error("Trouble on this server, some messages were not deleted", "SYS/TEMP", ends=True)

SIGNED_OUT = error("What you signed in with does not hold any more, closing", "AUTH", ends=True)
LINE_TOO_LONG = error("Line too long, closing", ends=True)
INPUT_BEFORE_TLS = error("Nothing may follow STLS before the handshake, closing", ends=True)
NOT_HTTP = error("This is POP3, not HTTP, closing", ends=True)
TOO_MANY_ERRORS = error("Too many errors, closing", ends=True)
TOO_MANY_COMMANDS = error("Too many commands that read nothing, closing", ends=True)
TOO_MANY_SIGN_INS = error("Too many sign-ins failed, closing", "AUTH", ends=True)
IDLE = error("Nothing was said for too long, closing", ends=True)
SIGN_IN_TOO_LATE = error("The sign-in took too long, closing", ends=True)
SESSION_TOO_LONG = error("The session took too long, closing", ends=True)
STOPPING = error("Shutting down", "SYS/TEMP", ends=True)
TOO_MANY_CONNECTIONS = error("Too many connections, try again later", "SYS/TEMP", ends=True)
TOO_MANY_FROM_PEER = error("Too many connections from your address, try again later", "SYS/TEMP", ends=True)
