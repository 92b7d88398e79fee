"""The channel to web hooks: what is sent, and what an answer means for a delivery."""

import base64
import hashlib
import hmac
import json
from http import HTTPStatus
from typing import Any

import attrs
import pytest
from twisted.internet.defer import Deferred, ensureDeferred, succeed
from twisted.internet.error import ConnectionRefusedError

from mailsockd.delivery.channel import Delivered, Outcome, Parcel, Postponed, Undeliverable
from mailsockd.delivery.webhook import WebhookChannel
from mailsockd.mail.message import parse
from mailsockd.mail.stored import summary_of
from mailsockd.state.addresses import Address
from mailsockd.state.deliveries import Delivery, Trial
from tests.delivery.outgoing import NOW, Outside, Wire, at_once
from tests.fakes import stored

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
URL = "http://hook.test/mail"
TOO_LARGE = HTTPStatus(413).phrase  # another since Python 3.13, which follows the registry
MAIL = b"From: robot@shop.test\r\nSubject: Code\r\n\r\nCode 1234\r\n"
ADDRESS = Address("a@b.test", "ada", NOW, NOW, settings={"webhook": URL})


@attrs.define
class Hooks:
    """The channel before an outside that knows hook.test."""

    outside: Outside = attrs.Factory(lambda: Outside({"hook.test": [["1.2.3.4"]]}))
    threads: list[Any] = attrs.Factory(list)
    channel: WebhookChannel = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        def in_thread(function: Any, *arguments: Any) -> "Deferred[Any]":
            self.threads.append(function)
            return at_once(function, *arguments)

        self.channel = WebhookChannel(
            self.outside.http,
            self.outside.reach,
            lambda address: succeed((SECRET,)),
            in_thread,
            alias=lambda inbox: f"alias of {inbox}",
            hostname="mx.test",
            now=lambda: NOW,
        )

    def send(self, content: bytes = MAIL, url: str = URL) -> list[Outcome]:
        """Begin to send; gives the list that the outcome comes into."""
        message = stored("m-0", owner="ada", seq=3, size=len(content), summary=summary_of(parse(content), ""))
        delivery = Delivery("m-0", 3, "webhook", url, "ada", "a@b.test", NOW, NOW, id=7)
        found: list[Outcome] = []
        sending = ensureDeferred(self.channel.send(Parcel(delivery, ADDRESS, message, content)))
        sending.addCallback(found.append)
        return found

    def answered(self, answer: bytes) -> Outcome:
        """Give what an answer means."""
        found = self.send()
        self.outside.answer(answer)
        (outcome,) = found
        return outcome

    def sent(self) -> tuple[dict[str, str], bytes]:
        """Have the connection be made; gives the fields, by lower-case name, and the body."""
        _, wire = self.outside.accept()
        return request_of(wire)


def request_of(wire: Wire) -> tuple[dict[str, str], bytes]:
    head, _, body = wire.value().partition(b"\r\n\r\n")
    fields = (line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    return {name.lower(): value for name, value in fields}, body


@pytest.fixture
def hooks() -> Hooks:
    return Hooks()


def signed(headers: dict[str, str], body: bytes) -> bool:
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = base64.b64encode(hmac.new(b"k" * 32, text, hashlib.sha256).digest()).decode()
    return headers["webhook-signature"] == f"v1,{digest}"


def test_the_message_is_posted_signed(hooks: Hooks) -> None:
    """Body and headers are as they should be; the id is the delivery's, so that every try has the same one."""
    hooks.send()
    headers, body = hooks.sent()
    message = json.loads(body)
    assert (message["_id"], message["subject"], message["text"]) == ("m-0", "Code", "Code 1234")
    assert message["encryptedInbox"] == "alias of a@b.test"
    assert message["raw"].startswith("Received: from client.test ([192.0.2.1])\r\n by mx.test ")
    assert body.startswith(b'{"_id":"m-0","to":[],"from":[{')
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("m-0-7", "1800000000")
    assert signed(headers, body)
    assert hooks.threads == []


def test_large_mail_is_made_ready_in_a_thread(hooks: Hooks) -> None:
    """What would hold the reactor is parsed, encoded and signed elsewhere, and is the same."""
    hooks.send(MAIL + b"x" * 100_000)
    assert len(hooks.threads) == 1
    _, wire = hooks.outside.accept()
    hooks.outside.reactor.pump([0] * 100)
    headers, body = request_of(wire)
    assert json.loads(body)["text"] == "Code 1234\n" + "x" * 100_000
    assert signed(headers, body)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (b"200 OK\r\nContent-Length: 2\r\n\r\nok", Delivered("it answered 200 OK")),
        (b"204 X\r\n\r\n", Delivered("it answered 204 No Content")),
        (b"299 X\r\nContent-Length: 0\r\n\r\n", Delivered("it answered 299")),
        (b"301 X\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n",
         Undeliverable("it answered 301 Moved Permanently, and redirects are not followed")),
        (b"303 X\r\nLocation: https://hook.test/\r\nContent-Length: 1\r\n\r\n!",
         Undeliverable("it answered 303 See Other, and redirects are not followed", "!")),
        (b"400 X\r\nContent-Length: 3\r\n\r\nbad", Postponed("it answered 400 Bad Request", None, "bad")),
        (b"401 X\r\nContent-Length: 0\r\n\r\n", Postponed("it answered 401 Unauthorized")),
        (b"404 X\r\nContent-Length: 0\r\n\r\n", Postponed("it answered 404 Not Found")),
        (b"408 X\r\nContent-Length: 0\r\n\r\n", Postponed("it answered 408 Request Timeout")),
        (b"410 X\r\nContent-Length: 4\r\n\r\ngone", Undeliverable("it answered 410 Gone", "gone")),
        (b"413 X\r\nContent-Length: 0\r\n\r\n", Undeliverable(f"it answered 413 {TOO_LARGE}")),
        (b"425 X\r\nContent-Length: 0\r\n\r\n", Postponed("it answered 425 Too Early")),
        (b"429 X\r\nContent-Length: 0\r\nRetry-After: 30\r\n\r\n",
         Postponed("it answered 429 Too Many Requests", 30.0)),
        (b"500 X\r\nContent-Length: 5\r\n\r\nno db",
         Postponed("it answered 500 Internal Server Error", None, "no db")),
        (b"503 X\r\nContent-Length: 0\r\nRetry-After: Fri, 15 Jan 2027 08:02:00 GMT\r\n\r\n",
         Postponed("it answered 503 Service Unavailable", 120.0)),
        (b"999 X\r\nContent-Length: 0\r\n\r\n", Postponed("it answered 999")),
    ],
)  # fmt: skip
def test_what_an_answer_means(hooks: Hooks, answer: bytes, outcome: Outcome) -> None:
    """2xx is delivered; redirects, 410 and 413 end it; everything else is tried again, later when it says so."""
    assert hooks.answered(b"HTTP/1.1 " + answer) == outcome


def test_no_answer_is_tried_again(hooks: Hooks) -> None:
    """Silence, a refused connection and a name without an address are what may be otherwise later."""
    found = hooks.send()
    hooks.outside.refuse(ConnectionRefusedError())
    assert found == [Postponed("the connection was refused")]
    found = hooks.send()
    hooks.outside.reactor.advance(10.1)
    assert found == [Postponed("there was no answer within 10 seconds")]
    assert hooks.send(url="http://unknown.test/") == [Postponed("the name unknown.test has no address")]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://10.0.0.1/",
         "the URL leads to 10.0.0.1, a private address, which the operator's setting webhook.allow does not list"),
        ("http://hook.test:25/",
         "the URL leads to port 25, and the operator's setting webhook.ports has 80, 443, 8080, 8443"),
        ("http://inside.test/",
         "inside.test leads to 10.0.0.1, a private address, which the operator's setting webhook.allow does not list"),
        ("nonsense", "the URL must be an http or https URL, such as https://example.org/mail"),
    ],
)  # fmt: skip
def test_what_may_not_be_reached_is_given_up(hooks: Hooks, url: str, reason: str) -> None:
    """An URL that leads where nothing is sent ends the delivery, with the setting that would let it."""
    hooks.outside.names["inside.test"] = [["1.1.1.1", "10.0.0.1"]]
    assert hooks.send(url=url) == [Undeliverable(reason)]
    assert hooks.outside.connections == []


def test_the_setting_is_checked(hooks: Hooks) -> None:
    """An URL is kept as it was given, nothing clears it, and what leads nowhere is refused with a sentence."""
    (setting,) = hooks.channel.settings
    assert setting.setting == "webhook"
    assert setting.check("https://Hook.test/x", "ada") == "https://Hook.test/x"
    assert setting.check("", "ada") is None and setting.check(None, "ada") is None
    for value, reason in (
        (1, "must be an URL as text, or null for none"),
        (["https://hook.test/"], "must be an URL as text, or null for none"),
        ("hook.test", "must be an http or https URL, such as https://example.org/mail"),
    ):
        with pytest.raises(ValueError) as caught:
            setting.check(value, "ada")
        assert str(caught.value) == reason
    assert hooks.channel.target(ADDRESS) == URL
    assert hooks.channel.target(attrs.evolve(ADDRESS, settings={"webhook": True})) is None
    assert hooks.channel.target(attrs.evolve(ADDRESS, settings={})) is None


@pytest.mark.parametrize(
    ("answer", "trial"),
    [
        (b"200 OK\r\nContent-Length: 2\r\n\r\nok", Trial(True, 200, 0, "it answered 200 OK")),
        (b"500 X\r\nContent-Length: 5\r\n\r\nno db",
         Trial(False, 500, 0, "it answered 500 Internal Server Error: no db")),
        (b"302 X\r\nContent-Length: 0\r\n\r\n",
         Trial(False, 302, 0, "it answered 302 Found, and redirects are not followed")),
    ],
)  # fmt: skip
def test_a_web_hook_is_tried_out(hooks: Hooks, answer: bytes, trial: Trial) -> None:
    """A made-up message is sent and signed like any other; what came of it is told."""
    found: list[Trial] = []
    ensureDeferred(hooks.channel.test(ADDRESS)).addCallback(found.append)
    protocol, wire = hooks.outside.accept()
    headers, body = request_of(wire)
    message = json.loads(body)
    assert (message["inbox"], message["subject"], message["seq"]) == ("a@b.test", "Test of the web hook", 0)
    assert headers["webhook-id"] == message["_id"] and message["_id"].startswith("test")
    assert signed(headers, body)
    protocol.dataReceived(b"HTTP/1.1 " + answer)
    assert found == [trial]


def test_a_test_without_an_answer_says_why(hooks: Hooks) -> None:
    """There is no status then."""
    found: list[Trial] = []
    ensureDeferred(hooks.channel.test(ADDRESS)).addCallback(found.append)
    hooks.outside.refuse(ConnectionRefusedError())
    assert found == [Trial(False, None, 0, "the connection was refused")]
