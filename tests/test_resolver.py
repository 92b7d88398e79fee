"""What is understood of the answers of a real DNS server on loopback."""

import socket
from collections.abc import Iterator

import pytest

from mailsockd.resolver import Resolver
from mailsockd.state.proof import Answers
from tests.nameserver import Nameserver

ZONE = """
shop.test. 5 IN TXT "v=spf1 -all"
shop.test. 5 IN TXT "mailsockd_AbCd" "EfGhIjKlMnOpQrStUvWx"
shop.test. 5 IN MX 20 second.test.
shop.test. 5 IN MX 10 MX.Mail.test.
nowhere.test. 5 IN MX 0 .
raw.test. 5 IN TXT "\\255\\195\\164"
www.test. 5 IN CNAME far.test.
far.test. 5 IN TXT "of another"
far.test. 5 IN MX 5 mx.far.test.
10.2.0.192.in-addr.arpa. 5 IN PTR MX.Mail.test.
1.2.0.192.in-addr.arpa. 5 IN CNAME 1.0-25.2.0.192.in-addr.arpa.
1.0-25.2.0.192.in-addr.arpa. 5 IN PTR b.test.
1.0-25.2.0.192.in-addr.arpa. 5 IN PTR a.test.
"""


@pytest.fixture
def server() -> Iterator[Nameserver]:
    with Nameserver(ZONE) as running:
        yield running


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "shop.test",
            Answers(
                txt=("mailsockd_AbCdEfGhIjKlMnOpQrStUvWx", "v=spf1 -all"),
                mx=((10, "mx.mail.test"), (20, "second.test")),
            ),
        ),
        ("nowhere.test", Answers(txt=(), mx=((0, "."),))),
        ("raw.test", Answers(txt=("\N{REPLACEMENT CHARACTER}ä",), mx=())),
        ("missing.test", Answers(txt=(), mx=())),
        ("www.test", Answers(txt=(), mx=((5, "mx.far.test"),), alias="far.test")),
        (
            "broken.test",
            Answers(
                txt=None,
                mx=None,
                txt_trouble="the DNS could not say (SERVFAIL)",
                mx_trouble="the DNS could not say (SERVFAIL)",
            ),
        ),
    ],
)
def test_what_the_dns_says(server: Nameserver, name: str, expected: Answers) -> None:
    """
    Parts of a record are one text, hosts are in lower case, the lowest preference comes first.

    A name that is not there has no records; a server that cannot say is trouble, and what is found behind an alias is
    not the domain's own.
    """
    found = Resolver([server.address], 5.0, lambda: 0.0).look(name)
    assert sorted(found.txt or ()) == sorted(expected.txt or ())
    assert (found.txt is None, found.mx, found.alias) == (expected.txt is None, expected.mx, expected.alias)
    assert (found.txt_trouble, found.mx_trouble) == (expected.txt_trouble, expected.mx_trouble)


@pytest.mark.parametrize(
    ("address", "names"),
    [("192.0.2.10", ("mx.mail.test",)), ("192.0.2.1", ("a.test", "b.test")), ("2001:db8::1", ())],
)
def test_names_of_an_address(server: Nameserver, address: str, names: tuple[str, ...]) -> None:
    """All of its PTR records count, also behind the alias of a network smaller than its zone."""
    assert Resolver([server.address], 5.0, lambda: 0.0).names_of(address) == (names, "")


def test_names_that_the_dns_cannot_say(server: Nameserver) -> None:
    """They are None, and the reason is in words."""
    server.broken = True
    assert Resolver([server.address], 5.0, lambda: 0.0).names_of("192.0.2.10") == (
        None,
        "the DNS could not say (SERVFAIL)",
    )


def test_a_server_that_says_nothing_is_not_waited_for_long(server: Nameserver) -> None:
    """Both questions together take about the time that was set, and the trouble says so."""
    found = Resolver([server.address], 0.3, lambda: 0.0).look("silent.test")
    assert (found.txt, found.mx) == (None, None)
    assert found.txt_trouble == found.mx_trouble == "no DNS server answered within 0.3 seconds"


def test_a_server_that_is_not_there_is_trouble() -> None:
    """Nothing listens at that port: no answer, and no error that nobody catches."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
    found = Resolver([address], 0.3, lambda: 0.0).look("shop.test")
    assert (found.txt, found.mx) == (None, None)
    assert found.txt_trouble
