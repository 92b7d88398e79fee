"""Connections lead to the addresses that were checked, and to no others."""

from ipaddress import ip_network
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionRefusedError, TCPTimedOutError
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.ssl import optionsForClientTLS
from twisted.python.failure import Failure
from zope.interface import implementer

from mailsockd.delivery.connector import Connector
from mailsockd.delivery.limits import LOOKUPS, LOOKUPS_WAITING
from mailsockd.delivery.lookups import Lookups, NotFound
from mailsockd.delivery.outgoing_http import NotSent
from mailsockd.delivery.reach import Reach
from mailsockd.delivery.target import target
from tests.delivery.outgoing import Outside

LOOPBACK = Reach([ip_network("127.0.0.0/8")], own=lambda address: False)


def error_of(sending: "Deferred[Any]") -> NotSent:
    """Give why something was not sent."""
    failures: list[Failure] = []
    sending.addErrback(failures.append)
    assert len(failures) == 1, "it did not fail"
    assert isinstance(failures[0].value, NotSent)
    return failures[0].value


def test_the_connection_leads_to_the_address_that_was_checked() -> None:
    """A name is looked up once; the connection is asked for by address, and Host has the name."""
    outside = Outside({"hook.test": [["1.2.3.4"], ["127.0.0.1"]]})
    outside.post("http://hook.test/mail?x=1")
    assert (outside.looked_up, outside.connections) == (["hook.test"], [("1.2.3.4", 80)])
    _, wire = outside.accept()
    head = wire.value().split(b"\r\n")
    assert head[0] == b"POST /mail?x=1 HTTP/1.1" and b"Host: hook.test" in head
    assert outside.looked_up == ["hook.test"]


def test_a_name_that_is_bound_anew_is_checked_anew() -> None:
    """A name that had a public address at the last try and has a private one now leads nowhere."""
    outside = Outside({"hook.test": [["1.2.3.4"], ["127.0.0.1"]]})
    outside.post("http://hook.test/")
    error = error_of(outside.post("http://hook.test/"))
    assert str(error) == (
        "hook.test leads to 127.0.0.1, a loopback address, which the operator's setting webhook.allow does not list"
    )
    assert error.for_good
    assert outside.connections == [("1.2.3.4", 80)]


@pytest.mark.parametrize(
    "addresses",
    [
        ["1.2.3.4", "10.0.0.1"],
        ["10.0.0.1", "1.2.3.4"],
        ["2606:4700::1", "::1"],
        ["1.2.3.4", "::ffff:127.0.0.1"],
        ["1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4", "1.1.1.5", "169.254.169.254"],
        ["1.2.3.4", "fe80::1%eth0"],
    ],
)
def test_one_private_address_among_several_is_enough(addresses: list[str]) -> None:
    """Every answer is checked, also those that would never be tried."""
    outside = Outside({"hook.test": [addresses]})
    assert error_of(outside.post("http://hook.test/")).for_good
    assert outside.connections == []


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "169.254.169.254", "100.64.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fec0::1"],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_what_a_name_leads_to_is_checked_like_what_was_written(address: str, scheme: str) -> None:
    """No name leads to an address that would be refused in an URL, with and without TLS."""
    outside = Outside({"hook.test": [[address]]})
    assert error_of(outside.post(f"{scheme}://hook.test/")).for_good
    literal = f"[{address}]" if ":" in address else address
    assert error_of(outside.post(f"{scheme}://{literal}/")).for_good
    assert outside.connections == [] and outside.looked_up == ["hook.test"]


def test_ports_are_checked_at_every_try() -> None:
    """A port that the setting does not have any more is not connected to."""
    outside = Outside({"hook.test": [["1.2.3.4"]]})
    error = error_of(outside.post("http://hook.test:25/"))
    assert str(error) == (
        "hook.test leads to port 25, and the operator's setting webhook.ports has 80, 443, 8080, 8443"
    )
    assert outside.connections == []


def test_an_address_needs_no_look_up() -> None:
    """An URL with an address is connected to without asking anybody, IPv6 too."""
    outside = Outside(reach=LOOPBACK)
    outside.post("http://127.0.0.1:8080/")
    outside.post("http://[2606:4700::1]/")
    assert outside.connections == [("127.0.0.1", 8080), ("2606:4700::1", 80)]
    assert outside.looked_up == []
    _, wire = outside.accept()
    assert b"\r\nHost: [2606:4700::1]\r\n" in wire.value()


def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    """The addresses of a name are tried in turn, each for its share of five seconds, four at most."""
    outside = Outside({"hook.test": [["1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4", "1.1.1.5"]]})
    sending = outside.post("http://hook.test/")
    for error in (ConnectionRefusedError(), TCPTimedOutError(), ConnectionRefusedError()):
        outside.refuse(error)
    assert [host for host, _ in outside.connections] == ["1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4"]
    assert [client[3] for client in outside.reactor.tcpClients] == [1.25] * 4
    outside.refuse(ConnectionRefusedError())
    error = error_of(sending)
    assert (str(error), error.for_good) == ("the connection was refused", False)


def test_a_name_without_addresses_may_get_one_later() -> None:
    """What cannot be looked up is tried again, and is said in words."""
    outside = Outside({"empty.test": [[]]})
    for host in ("hook.test", "empty.test"):
        error = error_of(outside.post(f"http://{host}/"))
        assert (str(error), error.for_good) == (f"the name {host} has no address", False)


def test_look_ups_are_few_at_a_time() -> None:
    """A thread counts until it ends, also when nobody waits for it any more; what waits for one is bounded."""
    threads: list[Deferred[Any]] = []

    def in_thread(function: Any, *arguments: Any) -> "Deferred[Any]":
        threads.append(Deferred())
        return threads[-1]

    lookups = Lookups(in_thread)
    waiting = [lookups.addresses("hook.test") for _ in range(LOOKUPS)]
    for one in waiting:
        one.addErrback(lambda failure: None)
        one.cancel()
    queued = [lookups.addresses("hook.test") for _ in range(LOOKUPS_WAITING)]
    assert len(threads) == LOOKUPS
    with pytest.raises(NotFound, match="too many names are being looked up"):
        lookups.addresses("hook.test")
    threads[0].callback([])
    assert len(threads) == LOOKUPS + 1
    threads[-1].callback(["found"])
    found: list[Any] = []
    queued[0].addCallback(found.append)
    assert found == [["found"]]


def test_tls_is_made_for_the_name_and_kept_for_a_while() -> None:
    """SNI and certificate are of the name, not the address; the authorities are not read for each request."""
    made: list[str] = []

    @implementer(IOpenSSLClientConnectionCreator)
    class Creator:
        def clientConnectionForTLS(self, protocol: Any) -> Any:
            raise AssertionError("nobody connects here")

    def tls(host: str) -> Any:
        made.append(host)
        return Creator()

    outside = Outside({"hook.test": [["1.2.3.4"]], "other.test": [["1.2.3.5"]]}, tls=tls)
    sent = [outside.post(f"https://{host}.test/") for host in ("hook", "hook", "other")]
    assert made == ["hook.test", "other.test"]
    assert outside.connections == [("1.2.3.4", 443), ("1.2.3.4", 443), ("1.2.3.5", 443)]
    outside.reactor.advance(3601)
    assert [str(error_of(sending)) for sending in sent] == ["there was no answer within 10 seconds"] * 3
    outside.post("https://hook.test/")
    assert made == ["hook.test", "other.test", "hook.test"]


@pytest.mark.parametrize("host", ["my_app", "-x.test", "ab--c.test"])
def test_a_name_that_no_certificate_can_have_is_said_so(host: str) -> None:
    """Names of containers may have an underscore; over TLS they lead nowhere, without it they do."""
    outside = Outside({host: [["1.2.3.4"]]}, tls=optionsForClientTLS)
    error = error_of(outside.post(f"https://{host}/"))
    assert (str(error), error.for_good) == (f"{host} is a name that no certificate can have", True)
    outside.post(f"http://{host}/")
    assert outside.connections == [("1.2.3.4", 80)]


def test_the_authorities_are_those_of_the_system() -> None:
    """Without anything said, certificates are verified against the name by the system's authorities."""
    outside = Outside()
    connector = Connector(outside.reactor, outside.reach, Lookups(lambda *what: Deferred()), lambda *what: Deferred())
    options = connector._tls("hook.test")
    assert IOpenSSLClientConnectionCreator.providedBy(options)
    assert options._hostname == "hook.test"
    assert target("https://hook.test/").scheme == "https"
