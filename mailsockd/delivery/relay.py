"""The relay: the one server by which mail leaves, for forward settings and outgoing mail of accounts alone."""

from collections.abc import Callable, Collection
from ipaddress import ip_address
from typing import Any

import attrs
from OpenSSL import SSL
from twisted.internet.defer import Deferred, DeferredSemaphore
from twisted.internet.endpoints import wrapClientTLS
from twisted.internet.error import ConnectError, DNSLookupError, TimeoutError
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator, IStreamClientEndpoint
from twisted.internet.protocol import Factory
from twisted.internet.ssl import (
    Certificate,
    CertificateOptions,
    TLSVersion,
    optionsForClientTLS,
    trustRootFromCertificates,
)
from zope.interface import implementer

from mailsockd.delivery.channel import Delivered, Outcome, Postponed, Undeliverable
from mailsockd.delivery.limits import ENCODED_IN_REACTOR
from mailsockd.delivery.lines import Lane
from mailsockd.delivery.relay_limits import TLS_SECONDS
from mailsockd.delivery.relaying import Letter, Manners, NotTaken, hand_over
from mailsockd.delivery.smtp_client import Lost, SMTPClient
from mailsockd.delivery.smtp_replies import Improper
from mailsockd.mail.address import domain_of

_BEGIN = "-----BEGIN CERTIFICATE-----"


@attrs.frozen
class RelaySettings:
    """
    Where the relay is and what may go there. `verify` says whether its certificate must be good.

    `authorities` is the PEM of those that the certificate may come from, "" for the system's. `sender` is the envelope
    sender of what is forwarded, "" for the address that forwards. `domains` may be sent to, None for any.
    """

    host: str
    port: int
    manners: Manners
    verify: bool = True
    authorities: str = ""
    sender: str = ""
    domains: Collection[str] | None = None
    connections: int = 4


class Relay:
    """
    Hands mail to the relay, each on a connection of its own, a few at a time.

    `in_thread` runs what takes long; `endpoint` connects to the relay.
    """

    def __init__(
        self,
        settings: RelaySettings,
        reactor: Any,
        in_thread: Callable[..., "Deferred[Any]"],
        endpoint: IStreamClientEndpoint,
    ) -> None:
        self.settings = settings
        self._reactor = reactor
        self._in_thread = in_thread
        self._endpoint = endpoint
        self.lane = Lane("relay", settings.connections)
        """What all that leaves shares, so that a slow relay holds up nothing else."""
        self._free = DeferredSemaphore(settings.connections)
        self._tls: tuple[float, Any] | None = None

    def refusal(self, recipient: str) -> str:
        """Give why a canonical recipient is not sent to, "" when it is."""
        domains = self.settings.domains
        if domains is None or domain_of(recipient) in domains:
            return ""
        return f"mail leaves only for {', '.join(domains) or 'no domain'} (relay.domains)"

    async def apart(self, content: bytes, work: Callable[..., Any], *arguments: Any) -> Any:
        """Have something done with content, in a thread when that is large."""
        if len(content) <= ENCODED_IN_REACTOR:
            return work(*arguments)
        return await self._in_thread(work, *arguments)

    async def send(self, letter: Letter) -> Outcome:
        """Hand over one mail. What is not about the mail itself may succeed later."""
        refusal = self.refusal(letter.recipient)
        if refusal:
            return Undeliverable(refusal)
        await self._free.acquire()
        try:
            return await self._send(letter)
        except NotTaken as error:
            reason = f"the relay {self.settings.host} refused: {error}"
            return Undeliverable(reason) if error.for_good else Postponed(reason)
        except (Lost, Improper) as error:
            return Postponed(f"the relay {self.settings.host}: {error}")
        except DNSLookupError:
            return Postponed(f"the name of the relay, {self.settings.host}, has no address")
        except TimeoutError:
            return Postponed(f"the relay {self.settings.host}: no connection could be made in time")
        except ConnectError as error:
            reason = error.osError or "the network said no"
            return Postponed(f"the relay {self.settings.host}: no connection could be made ({reason})")
        finally:
            self._free.release()

    async def _send(self, letter: Letter) -> Outcome:
        manners = self.settings.manners
        tls: Any = None if manners.tls == "none" else await self._options()
        endpoint = wrapClientTLS(tls, self._endpoint) if manners.tls == "implicit" else self._endpoint
        client: Any = await endpoint.connect(_Clients(self._reactor))
        try:
            return Delivered(await hand_over(client, letter, manners, tls))
        finally:
            client.end()

    async def _options(self) -> Any:
        now = self._reactor.seconds()
        if self._tls is None or now - self._tls[0] > TLS_SECONDS:
            self._tls = now, await self._in_thread(_options, self.settings)
        return self._tls[1]


class _Clients(Factory):
    """Makes clients on one clock."""

    noisy = False

    def __init__(self, clock: Any) -> None:
        self._clock = clock

    def buildProtocol(self, addr: Any) -> SMTPClient:
        """Make one."""
        return SMTPClient(self._clock)


def _trusted(certificates: list[Certificate]) -> Any:
    return trustRootFromCertificates(certificates)  # type: ignore[no-untyped-call]


def _options(settings: RelaySettings) -> Any:
    if not settings.verify:
        return _Unverified(settings.host)
    found = [Certificate.loadPEM((_BEGIN + part).encode()) for part in settings.authorities.split(_BEGIN)[1:]]
    return optionsForClientTLS(settings.host, _trusted(found) if found else None)


@implementer(IOpenSSLClientConnectionCreator)
class _Unverified:
    """TLS against those who listen only: no certificate is checked, which is why it is no default."""

    def __init__(self, host: str) -> None:
        self._context = CertificateOptions(raiseMinimumTo=TLSVersion.TLSv1_2).getContext()
        self._host = host

    def clientConnectionForTLS(self, tlsProtocol: Any) -> SSL.Connection:
        """Make the TLS side of one connection."""
        connection = SSL.Connection(self._context, None)
        try:
            ip_address(self._host)
        except ValueError:
            connection.set_tlsext_host_name(self._host.encode("ascii"))
        return connection
