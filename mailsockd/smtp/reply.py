"""SMTP replies: their bytes, and those whose words never change (RFC 5321 section 4.2, RFC 3463)."""

import re

from mailsockd.mail.frozen import frozen

_UNPRINTABLE = re.compile(rb"[^ -~]")
LONGEST_TEXT = 480  # a reply line has at most 512 bytes, RFC 5321 section 4.5.3.1.5


@frozen
class Reply:
    """
    An answer to one command.

    `text` is the line without its end, `wire` what is sent. `counts` tells whether it is one of the errors that a
    client may only make so many of.
    """

    code: int
    text: str
    wire: bytes
    counts: bool


def reply(code: int, status: str, text: str, counts: bool | None = None) -> Reply:
    """
    Make a reply of one line: code, enhanced status ("" for none), a sentence.

    Characters that are not printable ASCII become question marks, because the client reads lines. By default the
    codes from 400 on count as errors, but for 421, which ends the session anyway.
    """
    words = _UNPRINTABLE.sub(b"?", text.encode("ascii", "replace"))[:LONGEST_TEXT]
    line = b"%d %s %s" % (code, status.encode("ascii"), words) if status else b"%d %s" % (code, words)
    if counts is None:
        counts = code >= 400 and code != 421
    return Reply(code, line.decode("ascii"), line + b"\r\n", counts)


def queued(id: str) -> Reply:
    """Make the answer to a mail that is safe, the one reply that each mail needs made; ids are letters and digits."""
    text = f"250 2.0.0 OK : queued as {id}"
    return Reply(250, text, text.encode("ascii") + b"\r\n", False)


def lines(code: int, texts: list[str]) -> Reply:
    """Make a reply of several lines without an enhanced status, as EHLO needs it (RFC 5321 section 4.2.1)."""
    wire = "".join(f"{code}-{text}\r\n" for text in texts[:-1]) + f"{code} {texts[-1]}\r\n"
    return Reply(code, f"{code} {texts[0]}", wire.encode("ascii"), code >= 400)


# Stands for an answer that is still being found: nothing is sent, and nothing is read, until it is there.
LATER = Reply(0, "", b"", False)

OK = reply(250, "2.0.0", "OK")
SENDER_OK = reply(250, "2.1.0", "Sender OK")
RECIPIENT_OK = reply(250, "2.1.5", "Recipient OK")
GO_AHEAD = reply(354, "", "Send the content, end it with a line that holds a dot alone")
GOODBYE = reply(221, "2.0.0", "Goodbye")
READY_FOR_TLS = reply(220, "2.0.0", "Ready to start TLS")
CANNOT_VERIFY = reply(252, "2.5.0", "Cannot tell; send some mail")
HELP = reply(214, "2.0.0", "HELO EHLO MAIL RCPT DATA RSET NOOP VRFY STARTTLS HELP QUIT, see RFC 5321")

UNKNOWN_COMMAND = reply(500, "5.5.2", "Command not recognised")
NOT_OFFERED = reply(502, "5.5.1", "Command not offered here")
BAD_HELO = reply(501, "5.5.4", "The name must be 1 to 255 printable ASCII characters")
NO_ARGUMENT = reply(501, "5.5.4", "This command takes no argument")
HELO_FIRST = reply(503, "5.5.1", "Send HELO or EHLO first")
NESTED_MAIL = reply(503, "5.5.1", "A mail is already begun")
MAIL_FIRST = reply(503, "5.5.1", "Send MAIL first")
RECIPIENT_FIRST = reply(503, "5.5.1", "No recipient was accepted yet")
ALREADY_TLS = reply(503, "5.5.1", "TLS is already in use")

TOO_BIG = reply(552, "5.3.4", "The mail is larger than the limit of this server")
TOO_MANY_RECIPIENTS = reply(452, "4.5.3", "Too many recipients, send the others in another mail", counts=False)
NO_ROOM = reply(452, "4.3.1", "No room for this mail now, try again later", counts=False)
TROUBLE = reply(451, "4.3.0", "Trouble on this server, try again later", counts=False)
FAILED = reply(451, "4.3.0", "Trouble on this server, try again later")
BUSY = reply(451, "4.3.2", "Too much mail waits to be stored, try again later")

LINE_TOO_LONG = reply(421, "5.5.2", "Line too long, closing")
BARE_LF = reply(421, "5.5.2", "Lines must end with CR LF, closing")
INPUT_BEFORE_TLS = reply(421, "5.5.1", "Nothing may follow STARTTLS before the handshake, closing")
NOT_HTTP = reply(421, "5.5.1", "This is SMTP, not HTTP, closing")
TOO_MANY_ERRORS = reply(421, "4.7.0", "Too many errors, closing")
TOO_MANY_COMMANDS = reply(421, "4.7.0", "Too many commands without a mail, closing")
IDLE = reply(421, "4.4.2", "Nothing was said for too long, closing")
TOO_SLOW = reply(421, "4.4.2", "The content comes too slowly, closing")
SESSION_TOO_LONG = reply(421, "4.4.2", "The session took too long, closing")
DENIED = reply(554, "5.7.1", "Mail from your address is refused here")
STOPPING = reply(421, "4.3.2", "shutting down")
TOO_MANY_CONNECTIONS = reply(421, "4.7.0", "Too many connections, try again later")
TOO_MANY_FROM_PEER = reply(421, "4.7.0", "Too many connections from your address, try again later")
