"""
Connections to servers that users named: to the very address that was checked, never to one looked up again.

Every address of a name is checked, so that a name with a public and a private address leads nowhere. The certificate
is held against the name. A connection ends for certain, and brings a bounded number of bytes.
"""

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP6ClientEndpoint, wrapClientTLS
from twisted.internet.error import ConnectError
from twisted.internet.interfaces import IProtocolFactory, IStreamClientEndpoint
from twisted.internet.ssl import optionsForClientTLS
from zope.interface import implementer

from mailsockd.delivery.capped import CappedFactory
from mailsockd.delivery.limits import ADDRESSES_TRIED, CONNECT_SECONDS, TLS_HOSTS, TLS_SECONDS
from mailsockd.delivery.lookups import Lookups, NotFound
from mailsockd.delivery.networks import IP
from mailsockd.delivery.reach import OutOfReach, Reach
from mailsockd.delivery.target import Target


class Connector:
    """
    Makes endpoints that connect to a target. `in_thread` runs what takes long; `tls` makes what is handed to TLS for a
    host, with the authorities and the name that its certificate must have.
    """

    def __init__(
        self,
        reactor: Any,
        reach: Reach,
        lookups: Lookups,
        in_thread: Callable[..., "Deferred[Any]"],
        tls: Callable[[str], Any] = optionsForClientTLS,
    ) -> None:
        self._reactor = reactor
        self._reach = reach
        self._lookups = lookups
        self._in_thread = in_thread
        self._tls = tls
        self._kept: dict[str, tuple[float, Any]] = {}

    def endpoint(self, target: Target, seconds: float) -> IStreamClientEndpoint:
        """Give the endpoint of a target; its connection ends after so many seconds, whatever it does."""
        return _Checked(self, target, seconds)

    async def connect(self, target: Target, factory: IProtocolFactory, seconds: float) -> Any:
        """
        Connect, and give the protocol that the factory made.

        Raises NotFound, OutOfReach, and Twisted's ConnectError when no address takes the connection.
        """
        self._reach.check_port(target.port)
        addresses = [target.literal] if target.literal else await self._lookups.addresses(target.host)
        for address in addresses:
            self._reach.check(address)
        options = await self._options(target.host) if target.scheme == "https" else None
        tried = addresses[:ADDRESSES_TRIED]
        trouble: ConnectError | NotFound = NotFound(f"the name {target.host} has no address")
        for address in tried:
            endpoint = self._to(address, target.port, CONNECT_SECONDS / len(tried))
            if options is not None:
                endpoint = wrapClientTLS(options, endpoint)
            try:
                capped: Any = await endpoint.connect(CappedFactory(factory, self._reactor, seconds))
            except ConnectError as error:
                trouble = error
            else:
                return capped.wrappedProtocol
        raise trouble

    def _to(self, address: IP, port: int, seconds: float) -> IStreamClientEndpoint:
        kind = TCP6ClientEndpoint if address.version == 6 else TCP4ClientEndpoint
        endpoint: IStreamClientEndpoint = kind(self._reactor, str(address), port, timeout=seconds)
        return endpoint

    async def _options(self, host: str) -> Any:
        now = self._reactor.seconds()
        made, options = self._kept.get(host, (0.0, None))
        if options is None or now - made > TLS_SECONDS:
            try:
                options = await self._in_thread(self._tls, host)
            except UnicodeError as error:  # IDNA's, of a name such as my_app
                raise OutOfReach("is a name that no certificate can have") from error
            if len(self._kept) >= TLS_HOSTS:
                self._kept.clear()
            self._kept[host] = now, options
        return options


@implementer(IStreamClientEndpoint)
class _Checked:
    """The endpoint of one target."""

    def __init__(self, connector: Connector, target: Target, seconds: float) -> None:
        self._connector = connector
        self._target = target
        self._seconds = seconds

    def connect(self, factory: IProtocolFactory) -> "Deferred[Any]":
        """Connect."""
        return ensureDeferred(self._connector.connect(self._target, factory, self._seconds))
