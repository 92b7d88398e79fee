"""Whether addresses and hostname say each other, and what is advised when they do not."""

import socket
from collections.abc import Callable

import pytest

from mailsockd.config import Config, parse
from mailsockd.doctor.finding import Level
from mailsockd.doctor.pointers import pointers

EVERYWHERE = ("0.0.0.0:25", "[::]:25")


def config(host: str = "mx.one.test") -> Config:
    return parse(f"hostname: {host}\n", "x.yaml")


def said(names: tuple[str, ...] | str) -> Callable[[str], tuple[tuple[str, ...] | None, str]]:
    """The names that every address has, or the trouble in words."""
    return lambda address: (None, names) if isinstance(names, str) else (names, "")


def nobody(address: str) -> tuple[tuple[str, ...] | None, str]:
    raise AssertionError(address)


@pytest.mark.parametrize(
    ("address", "names", "level", "text", "fix"),
    [
        ("192.0.2.10", ("mx.one.test",), Level.GOOD, "it says mx.one.test", ""),
        ("192.0.2.10", ("a.test", "mx.one.test"), Level.GOOD, "it says mx.one.test", ""),
        (
            "192.0.2.10",
            (),
            Level.WARNING,
            "there is none",
            "whoever gives you the address, mostly the provider, adds: 10.2.0.192.in-addr.arpa. PTR mx.one.test.",
        ),
        (
            "192.0.2.10",
            ("host10.isp.test",),
            Level.WARNING,
            "it says host10.isp.test, and this server is mx.one.test",
            "whoever gives you the address, mostly the provider, changes it to: "
            "10.2.0.192.in-addr.arpa. PTR mx.one.test.",
        ),
        (
            "2001:db8::10",
            (),
            Level.WARNING,
            "there is none",
            "whoever gives you the address, mostly the provider, adds: "
            "0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. PTR mx.one.test.",
        ),
        (
            "192.0.2.10",
            "no DNS server answered within 5 seconds",
            Level.UNSURE,
            "no DNS server answered within 5 seconds",
            "check dns.resolvers, or /etc/resolv.conf",
        ),
    ],
)
def test_an_address_says_the_hostname(
    address: str, names: tuple[str, ...] | str, level: Level, text: str, fix: str
) -> None:
    """One of its names is the server's; else the record to be added is printed, and no answer is unsure."""
    (found,) = pointers(config(), EVERYWHERE, said(names), lambda host: [address])
    assert (found.what, found.level, found.text, found.fix) == (f"PTR of {address}", level, text, fix)


def test_an_address_that_is_listened_on_belongs_to_the_hostname() -> None:
    """Where the hostname does not lead to it, its record is advised, and its PTR is looked at too."""
    listeners = ("44.0.0.25:25", "44.0.0.26:25")
    found = pointers(config(), listeners, said(("mx.one.test",)), lambda host: ["44.0.0.25"])
    assert [(one.level, one.what, one.fix) for one in found] == [
        (Level.WARNING, "address 44.0.0.26", "add to the DNS: mx.one.test. A 44.0.0.26"),
        (Level.GOOD, "PTR of 44.0.0.25", ""),
        (Level.GOOD, "PTR of 44.0.0.26", ""),
    ]


def test_a_private_address_is_not_asked_about() -> None:
    """What the Internet sees in its place is not known here; loopback says nothing at all."""
    (found,) = pointers(config(), EVERYWHERE, nobody, lambda host: ["10.1.2.3", "127.0.1.1"])
    assert (found.level, found.what) == (Level.UNSURE, "PTR of 10.1.2.3")


def test_without_strangers_or_a_name_there_is_nothing_to_look_at() -> None:
    """A private server, a host without a dot and one without an address have other findings, or none."""

    def missing(host: str) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    assert pointers(config(), (), nobody, lambda host: ["192.0.2.10"]) == []
    assert pointers(config("localhost"), EVERYWHERE, nobody, lambda host: ["127.0.0.1"]) == []
    assert pointers(config(), EVERYWHERE, nobody, missing) == []
