"""How one mail is handed to a relay: greeting, TLS, sign-in, envelope, content (RFC 5321, 3207, 4954)."""

from base64 import b64encode
from typing import Any

import attrs

from mailsockd.delivery.relay_limits import FINAL_SECONDS, PIECE_SECONDS
from mailsockd.delivery.smtp_client import SMTPClient
from mailsockd.delivery.smtp_replies import Reply
from mailsockd.delivery.stuffing import stuffed
from mailsockd.mail.lines import line_octets

# Answers to the envelope that are about signing in, which the operator can put right (RFC 4954 section 6).
_SIGN_IN = frozenset((530, 534, 535, 538))


@attrs.frozen
class Letter:
    """
    What is handed over: canonical addresses, the sender "" for the null sender, and the bytes.

    `octets` is how many these are in CRLF lines, `ascii` whether they are all ASCII.
    """

    sender: str
    recipient: str
    content: bytes
    octets: int
    ascii: bool


def letter(sender: str, recipient: str, content: bytes) -> Letter:
    """Make a letter. For large content this takes too long for the reactor."""
    return Letter(sender, recipient, content, line_octets(content), content.isascii())


@attrs.frozen
class Manners:
    """
    How the relay is spoken to. `tls` is starttls, opportunistic, implicit or none; `seconds` is for each answer.

    `hello` is what this server calls itself; without a `username` it does not sign in.
    """

    hello: str
    tls: str = "starttls"
    username: str = ""
    password: str = attrs.field(default="", repr=False)
    seconds: float = 60.0


class NotTaken(Exception):
    """The relay did not take the mail; the message says why, in its words. `for_good`: it never will."""

    def __init__(self, reason: str, for_good: bool = False) -> None:
        super().__init__(reason)
        self.for_good = for_good


async def hand_over(client: SMTPClient, letter: Letter, manners: Manners, tls: Any) -> str:
    """
    Hand over one mail on a new connection, and give the relay's answer. `tls` are the settings for startTLS.

    Raises NotTaken, and what the client raises.
    """
    _expect(await client.reply(manners.seconds), 220, "the connection")
    extensions = await _hello(client, manners)
    if manners.tls in ("starttls", "opportunistic"):
        extensions = await _secured(client, manners, extensions, tls)
    if manners.username:
        await _sign_in(client, manners, extensions.get("AUTH", ""))
    options = _options(letter, extensions)
    for line, code in ((f"MAIL FROM:<{letter.sender}>{options}", 250), (f"RCPT TO:<{letter.recipient}>", 250)):
        _accepted(await client.ask(line, manners.seconds), code)
    _accepted(await client.ask("DATA", manners.seconds), 354)
    reply = await client.send(stuffed(letter.content), PIECE_SECONDS, max(FINAL_SECONDS, manners.seconds))
    _accepted(reply, 250)
    return reply.words


async def _hello(client: SMTPClient, manners: Manners) -> dict[str, str]:
    """Give the extensions by name, each with its parameters."""
    reply = await client.ask(f"EHLO {manners.hello}", manners.seconds)
    if reply.code // 100 == 5 and manners.tls in ("none", "opportunistic") and not manners.username:
        _expect(await client.ask(f"HELO {manners.hello}", manners.seconds), 250, "HELO")
        return {}
    _expect(reply, 250, "EHLO")
    found = (line.partition(" ") for line in reply.lines[1:])
    return {name.upper(): parameters.upper() for name, _, parameters in found}


async def _secured(client: SMTPClient, manners: Manners, extensions: dict[str, str], tls: Any) -> dict[str, str]:
    if "STARTTLS" not in extensions:
        if manners.tls == "opportunistic":
            return extensions
        raise NotTaken("it does not offer STARTTLS, and relay.tls is starttls")
    reply = await client.ask("STARTTLS", manners.seconds)
    if reply.code != 220 and manners.tls == "opportunistic":
        return extensions
    _expect(reply, 220, "STARTTLS")
    client.start_tls(tls)
    return await _hello(client, manners)  # RFC 3207 section 4.2: what was said before counts for nothing


async def _sign_in(client: SMTPClient, manners: Manners, mechanisms: str) -> None:
    known = mechanisms.split()
    user, password = manners.username.encode(), manners.password.encode()
    if "PLAIN" in known:
        line = f"AUTH PLAIN {_base64(b'%b%b%b%b' % (bytes(1), user, bytes(1), password))}"
        reply = await client.ask(line, manners.seconds, "AUTH")
    elif "LOGIN" in known:
        _expect(await client.ask("AUTH LOGIN", manners.seconds, "AUTH"), 334, "AUTH LOGIN")
        _expect(await client.ask(_base64(user), manners.seconds, "AUTH"), 334, "AUTH LOGIN")
        reply = await client.ask(_base64(password), manners.seconds, "AUTH")
    else:
        raise NotTaken("it offers neither AUTH PLAIN nor AUTH LOGIN, and relay.username is set")
    _expect(reply, 235, "relay.username and its password")


def _options(letter: Letter, extensions: dict[str, str]) -> str:
    """Give what MAIL says beside the sender (RFC 1870, 6152, 6531)."""
    options = ""
    if "SIZE" in extensions:
        size, most = letter.octets, extensions["SIZE"]
        if most.isascii() and most.isdigit() and len(most) < 20 and 0 < int(most) < size:
            raise NotTaken(f"the mail has {size} bytes, and it takes at most {int(most)}", for_good=True)
        options += f" SIZE={size}"
    if not (letter.sender.isascii() and letter.recipient.isascii()):
        if "SMTPUTF8" not in extensions:
            raise NotTaken("it does not take addresses that are not ASCII (SMTPUTF8)", for_good=True)
        options += " SMTPUTF8"
    if not letter.ascii:
        if "8BITMIME" not in extensions:
            raise NotTaken("it does not take mail that is not ASCII (8BITMIME)", for_good=True)
        options += " BODY=8BITMIME"
    return options


def _expect(reply: Reply, code: int, what: str) -> None:
    """Check an answer that is not about the mail: what is wrong there, somebody may put right."""
    if reply.code != code:
        raise NotTaken(f"it answered {what} with {reply.words}")


def _accepted(reply: Reply, code: int) -> None:
    """Check an answer that is about the mail."""
    if reply.code != code and not (code == 250 and reply.code == 251):
        raise NotTaken(reply.words, for_good=reply.code // 100 == 5 and reply.code not in _SIGN_IN)


def _base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")
