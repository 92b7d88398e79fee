"""The one way in which the server asks something of another by HTTP: one POST, no redirects, no cookies, no proxy."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from io import BytesIO
from typing import Any

import attrs
from OpenSSL.SSL import Error as TLSError
from service_identity import VerificationError
from treq.client import HTTPClient
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectError, ConnectionRefusedError
from twisted.internet.error import TimeoutError as ConnectTimeout
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.protocol import Protocol
from twisted.internet.task import Cooperator
from twisted.python.failure import Failure
from twisted.web.client import Agent, FileBodyProducer, HTTPConnectionPool, ResponseFailed, ResponseNeverReceived
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgent, IAgentEndpointFactory
from zope.interface import implementer

from mailsockd.delivery.capped import Unbearable
from mailsockd.delivery.connector import Connector
from mailsockd.delivery.limits import BYTES_A_SECOND, LONGEST_RETRY_AFTER, SHOWN, TOTAL_SECONDS
from mailsockd.delivery.lookups import NotFound
from mailsockd.delivery.reach import OutOfReach
from mailsockd.delivery.target import Target
from mailsockd.mail.headers import date

NOWHERE = "http://target.invalid/"


@attrs.frozen
class Answer:
    """
    What the other side answered. `text` is the beginning of the body, fit to be shown.

    `retry_after` is how many seconds it asked to be left alone, None when it did not.
    """

    status: int
    text: str
    retry_after: float | None
    milliseconds: int

    @property
    def words(self) -> str:
        """The status with its name, as the registry has it: what the other side calls it is not repeated."""
        try:
            return f"{self.status} {HTTPStatus(self.status).phrase}"
        except ValueError:
            return str(self.status)


class NotSent(Exception):
    """There is no answer; the message says why. `for_good` when there never will be one as things are set."""

    def __init__(self, reason: str, for_good: bool = False) -> None:
        super().__init__(reason)
        self.for_good = for_good


class OutgoingHTTP:
    """
    Sends by a connector. `name` is what the server calls itself (User-Agent); `now` gives UTC seconds, for a
    Retry-After that is a date.
    """

    def __init__(self, reactor: Any, connector: Connector, name: str, now: Callable[[], float]) -> None:
        self._reactor = reactor
        self._connector = connector
        self._name = name
        self._now = now
        # A large body is sent in turns of the reactor.
        self._cooperator = Cooperator(scheduler=lambda step: reactor.callLater(0, step))

    async def post(self, target: Target, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send JSON, and give the answer, whatever its status. Raises NotSent."""
        started = self._reactor.seconds()
        seconds = TOTAL_SECONDS + len(body) / BYTES_A_SECOND
        endpoint = self._connector.endpoint(target, seconds)
        pool = HTTPConnectionPool(self._reactor, persistent=False)
        agent = _Plain(Agent.usingEndpointFactory(self._reactor, _Only(endpoint), pool), target)
        sent = {"Content-Type": "application/json", "User-Agent": self._name, **headers}
        # A client of its own for each request: one client keeps the cookies of all.
        asked = HTTPClient(agent).request(
            "POST",
            NOWHERE,
            headers=Headers({name: [value] for name, value in sent.items()}),
            data=FileBodyProducer(BytesIO(body), self._cooperator),
            allow_redirects=False,
            unbuffered=True,
            reactor=self._reactor,
        )
        try:
            response = await asked.addTimeout(seconds, self._reactor, _late)
        except NotSent:
            raise
        except OutOfReach as error:
            raise NotSent(f"{'the URL' if target.literal else target.host} {error}", for_good=True) from error
        except NotFound as error:
            raise NotSent(str(error)) from error
        except Exception as error:
            raise NotSent(_words(error)) from error
        left = max(0.0, started + seconds - self._reactor.seconds())
        text = await _beginning(response).addTimeout(left, self._reactor)
        return Answer(
            response.code,
            _shown(text),
            _seconds(response.headers.getRawHeaders(b"retry-after", [b""])[0], self._now()),
            round(1000 * (self._reactor.seconds() - started)),
        )


def _late(result: Any, seconds: float) -> Failure:
    return Failure(NotSent(f"there was no answer within {seconds:.0f} seconds"))


@implementer(IAgentEndpointFactory)
class _Only:
    """Gives one endpoint, whatever the URL: nobody reads the URL a second time to learn where to connect."""

    def __init__(self, endpoint: IStreamClientEndpoint) -> None:
        self._endpoint = endpoint

    def endpointForURI(self, uri: Any) -> IStreamClientEndpoint:
        """Give it."""
        return self._endpoint


@implementer(IAgent)
class _Plain:
    """
    An agent that asks for no compression, and hides of the answer's headers all that nobody here reads.

    What treq would do with them is work for a stranger: unpack a bomb, keep cookies. The URL is the target's and not
    what treq makes of one: it takes no IPv6 address and no underscore for a host.
    """

    def __init__(self, agent: Any, target: Target) -> None:
        self._agent = agent
        self._target = target

    def request(self, method: bytes, uri: bytes, headers: Headers | None = None, bodyProducer: Any = None) -> Any:
        """Ask."""
        sent = Headers() if headers is None else headers.copy()
        sent.setRawHeaders(b"accept-encoding", [b"identity"])
        sent.setRawHeaders(b"host", [self._target.authority.encode("ascii")])
        asked = self._agent.request(method, self._target.url.encode("ascii"), sent, bodyProducer)
        return asked.addCallback(self._bare)

    @staticmethod
    def _bare(response: Any) -> Any:
        after = response.headers.getRawHeaders(b"retry-after", [])[:1]
        response.headers = Headers({b"retry-after": after} if after else {})
        return response


class _Beginning(Protocol):
    """Reads a body to its end, and keeps the beginning."""

    def __init__(self) -> None:
        self.read = b""
        self.done: Deferred[bytes] = Deferred(self._stop)

    def dataReceived(self, data: bytes) -> None:
        """Keep what may be shown."""
        self.read += data[: 4 * SHOWN - len(self.read)]

    def connectionLost(self, reason: Failure | None = None) -> None:
        """Give it: an answer whose body ends too early has been given all the same."""
        if not self.done.called:
            self.done.callback(self.read)

    def _stop(self, done: "Deferred[bytes]") -> None:
        done.callback(self.read)
        transport: Any = self.transport
        if transport is not None:
            transport.stopProducing()


def _beginning(response: Any) -> "Deferred[bytes]":
    reading = _Beginning()
    response.deliverBody(reading)
    return reading.done


def _shown(text: bytes) -> str:
    words = "".join(character if character.isprintable() else " " for character in text.decode("utf-8", "replace"))
    return " ".join(words.split())[:SHOWN]


def _seconds(text: bytes, now: float) -> float | None:
    """Read Retry-After, seconds or a date (RFC 9110 section 10.2.3)."""
    word = text.decode("latin-1").strip()[:64]
    if word.isascii() and word.isdigit():
        return min(float(word), LONGEST_RETRY_AFTER)
    at = date(word) if word else None
    return None if at is None else min(max(at - now, 0.0), LONGEST_RETRY_AFTER)


def _words(error: BaseException) -> str:
    """Say in words why there was no answer."""
    for reason in _reasons(error):
        if isinstance(reason, ConnectionRefusedError):
            return "the connection was refused"
        if isinstance(reason, ConnectTimeout):
            return "no connection could be made in time"
        if isinstance(reason, ConnectError):
            return f"no connection could be made: {reason.osError or 'the network said no'}"
        if isinstance(reason, VerificationError):
            return "the certificate is not for this host"
        if isinstance(reason, TLSError):
            return f"TLS failed: {_tls_words(reason)}"
        if isinstance(reason, Unbearable):
            return str(reason)
    if isinstance(error, ResponseNeverReceived):
        return "the connection was closed before there was an answer"
    if isinstance(error, ResponseFailed):
        return "the answer is no proper HTTP"
    return f"it went wrong ({type(error).__name__})"


def _reasons(error: BaseException) -> list[Any]:
    return [error, *(failure.value for failure in getattr(error, "reasons", []) if isinstance(failure, Failure))]


def _tls_words(error: TLSError) -> str:
    reasons = error.args[0] if error.args and isinstance(error.args[0], list) else []
    return "; ".join(str(reason[-1]) for reason in reasons) or "the other side ended it"
