"""The relay: what comes of trouble on the way, how many connections there are, and how its certificate is checked."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from OpenSSL import SSL
from twisted.internet.defer import Deferred, ensureDeferred, fail, maybeDeferred
from twisted.internet.error import ConnectionRefusedError, DNSLookupError, TimeoutError
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.protocols.tls import TLSMemoryBIOFactory

from mailsockd.delivery.channel import Delivered, Outcome, Postponed, Undeliverable
from mailsockd.delivery.relay import Relay, RelaySettings
from mailsockd.delivery.relaying import Letter, Manners, letter
from tests.delivery.relay_talk import MAIL, Line
from tests.integration.certificates import make

LETTER = letter("a@b.test", "c@d.test", MAIL)


class Place:
    """An endpoint whose connections a test holds; `trouble` is why there are none."""

    def __init__(self) -> None:
        self.trouble: Exception | None = None
        self.held = False
        self.waiting: list[Deferred[Any]] = []
        self.connections: list[tuple[Any, Line]] = []

    def connect(self, factory: Any) -> "Deferred[Any]":
        connecting: Deferred[Any] = Deferred()
        self.waiting.append(connecting)
        if self.trouble is not None:
            return fail(self.trouble)
        protocol, line = factory.buildProtocol(None), Line()
        if not self.held:
            protocol.makeConnection(line)
            self.connections.append((protocol, line))
            connecting.callback(protocol)
        return connecting


class Desk:
    """A relay at a place, on a clock that tests turn."""

    def __init__(self, tls: str = "none", **settings: Any) -> None:
        self.place = Place()
        self.clock = Clock()
        self.threads = 0
        values = RelaySettings("relay.test", 25, Manners("mx.b.test", tls), **settings)
        self.relay = Relay(values, self.clock, self.in_thread, self.place)  # type: ignore[arg-type]

    def in_thread(self, function: Callable[..., Any], *arguments: Any) -> "Deferred[Any]":
        self.threads += 1
        return maybeDeferred(function, *arguments)

    def send(self, mail: Letter = LETTER) -> "tuple[Deferred[Outcome], list[Outcome]]":
        found: list[Outcome] = []
        sending = ensureDeferred(self.relay.send(mail))
        sending.addCallback(found.append)
        return sending, found

    def answer(self, number: int, *lines: str) -> None:
        for line in lines:
            self.place.connections[number][0].dataReceived(f"{line}\r\n".encode())


YES = ("220 x", "250 x", "250 x", "250 x", "354 x", "250 taken")


def test_a_mail_that_is_taken() -> None:
    """The relay's answer is the detail, and the connection is closed."""
    desk = Desk()
    _, found = desk.send()
    desk.answer(0, *YES)
    assert found == [Delivered("250 taken")]
    assert desk.place.connections[0][1].disconnecting


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        (("220 x", "250 x", "550 no"), Undeliverable("the relay relay.test refused: 550 no")),
        (("220 x", "250 x", "450 no"), Postponed("the relay relay.test refused: 450 no")),
        (("SSH-2.0",), Postponed("the relay relay.test: it does not speak SMTP")),
    ],
)
def test_a_mail_that_is_not_taken(lines: tuple[str, ...], outcome: Outcome) -> None:
    """What is for good ends the delivery; all else is tried again, with the relay's name and words."""
    desk = Desk()
    _, found = desk.send()
    desk.answer(0, *lines)
    assert found == [outcome]


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (ConnectionRefusedError(), "the relay relay.test: no connection could be made (the network said no)"),
        (ConnectionRefusedError(osError="111: no"), "the relay relay.test: no connection could be made (111: no)"),
        (TimeoutError(), "the relay relay.test: no connection could be made in time"),
        (DNSLookupError(), "the name of the relay, relay.test, has no address"),
    ],
)
def test_no_connection(trouble: Exception, reason: str) -> None:
    """Trouble with the network may pass; the next mail is tried as well."""
    desk = Desk(connections=1)
    desk.place.trouble = trouble
    for _ in range(2):
        _, found = desk.send()
        assert found == [Postponed(reason)]


def test_connections_are_counted() -> None:
    """No more than were allowed are open, and who waits has its turn when one ends, however it ends."""
    desk = Desk(connections=2)
    sent = [desk.send() for _ in range(4)]
    assert len(desk.place.connections) == 2
    desk.answer(0, *YES)
    assert len(desk.place.connections) == 3
    sent[1][0].addErrback(lambda failure: None)
    sent[1][0].cancel()
    assert desk.place.connections[1][1].aborted
    assert len(desk.place.connections) == 4
    desk.place.connections[2][0].connectionLost()
    desk.answer(3, *YES)
    assert [found for _, found in sent] == [
        [Delivered("250 taken")],
        [],
        [Postponed("the relay relay.test: the connection was closed")],
        [Delivered("250 taken")],
    ]


def test_giving_up_while_waiting_for_a_connection() -> None:
    """Who stops waiting for its turn, or for the network, leaves nothing behind."""
    desk = Desk(connections=1)
    desk.place.held = True
    first, second = desk.send(), desk.send()
    for sending, _ in (second, first):
        sending.addErrback(lambda failure: None)
        sending.cancel()
    desk.place.held = False
    _, found = desk.send()
    desk.answer(0, *YES)
    assert found == [Delivered("250 taken")]
    assert len(desk.place.waiting) == 2


def test_domains_that_may_be_sent_to() -> None:
    """A recipient elsewhere is refused before anything is connected to, those of domains below too."""
    desk = Desk(domains=["d.test"])
    assert desk.relay.refusal("c@d.test") == ""
    for recipient in ("c@e.test", "c@sub.d.test", "c@d.test.e.test"):
        _, found = desk.send(letter("a@b.test", recipient, MAIL))
        assert found == [Undeliverable("mail leaves only for d.test (relay.domains)")]
    assert desk.place.waiting == []


def test_settings_of_tls_are_made_once_an_hour() -> None:
    """They are made in a thread, kept, and made again after an hour, when the authorities may be others."""
    desk = Desk("opportunistic", verify=False)
    for seconds, threads in ((0, 1), (3600, 1), (1, 2)):
        desk.clock.advance(seconds)
        desk.send()
        desk.answer(-1, *YES)
        assert desk.threads == threads


def handshake(settings: RelaySettings, certificate: tuple[Path, Path]) -> str:
    """Shake hands in memory with a server of that certificate; gives the name asked for, or what went wrong."""
    desk = Desk("starttls")
    made: list[Any] = []
    ensureDeferred(Relay(settings, desk.clock, desk.in_thread, desk.place)._options()).addCallback(  # type: ignore[arg-type]
        made.append
    )
    client: Any = TLSMemoryBIOFactory(made[0], True, Factory.forProtocol(Protocol)).buildProtocol(None)
    ours = made[0].clientConnectionForTLS(client)
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.use_certificate_file(str(certificate[0]))
    context.use_privatekey_file(str(certificate[1]))
    theirs = SSL.Connection(context, None)
    ours.set_connect_state()
    theirs.set_accept_state()
    for _ in range(6):
        for one, other in ((ours, theirs), (theirs, ours)):
            try:
                with suppress(SSL.WantReadError):
                    one.do_handshake()
            except SSL.Error as error:
                return str(error)
            with suppress(SSL.WantReadError):
                other.bio_write(one.bio_read(65_536))
    return (theirs.get_servername() or b"").decode()


def test_certificates(tmp_path: Path) -> None:
    """Without a check any certificate does, and the host's name is asked for; else it must be of the authorities."""
    good, other = make(tmp_path, "good", "relay.test"), make(tmp_path, "other", "relay.test")
    manners = Manners("mx.b.test")
    assert handshake(RelaySettings("relay.test", 25, manners, verify=False), other) == "relay.test"
    assert handshake(RelaySettings("127.0.0.1", 25, manners, verify=False), other) == ""
    pem = good[0].read_text()
    assert handshake(RelaySettings("relay.test", 25, manners, authorities=pem), good) == "relay.test"
    assert "certificate verify failed" in handshake(RelaySettings("relay.test", 25, manners, authorities=pem), other)
    assert "certificate verify failed" in handshake(RelaySettings("relay.test", 25, manners), good)
