"""Ports that are listened on."""

import socket

from twisted.internet.protocol import Factory
from twisted.internet.testing import MemoryReactor

from mailsockd.listen import bind
from mailsockd.listening import Listening


def test_ipv4_and_ipv6_of_one_port_are_apart() -> None:
    """0.0.0.0 and [::] can be listened on side by side."""
    with socket.socket(socket.AF_INET) as four, socket.socket(socket.AF_INET6) as six:
        bind(four, "0.0.0.0", 0)
        port = four.getsockname()[1]
        four.listen()
        bind(six, "::", port)
        six.listen()
        assert six.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) == 1


class Adopting(MemoryReactor):
    """A reactor in memory that looks at the socket that it is given."""

    only: int = -1

    def adoptStreamPort(self, fileno: int, family: int, factory: Factory) -> object:
        with socket.socket(fileno=socket.dup(fileno)) as listener:
            self.only = listener.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
            assert listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1
        return super().adoptStreamPort(fileno, family, factory)


def test_an_ipv6_listener_takes_no_ipv4() -> None:
    """The socket that the reactor adopts is of IPv6 alone, and listens."""
    reactor = Adopting()
    service = Listening(reactor, "tcp6:0:interface=\\:\\:1", Factory(), "smtp.listen", "[::1]:0")
    service.privilegedStartService()
    assert reactor.only == 1
    assert service.up
