"""Which URLs and addresses the server sends to: everything that must be refused, written out."""

from ipaddress import ip_address, ip_network

import pytest

from mailsockd.delivery.networks import special
from mailsockd.delivery.reach import OutOfReach, Reach, own
from mailsockd.delivery.target import InvalidTarget, Target, target

INTERNET = Reach(own=lambda address: False)

# Not one of these is an URL that two readers read in the same way.
INVALID = {
    "": "must be an http or https URL, such as https://example.org/mail",
    "example.org": "must be an http or https URL, such as https://example.org/mail",
    "//example.org/": "must be an http or https URL, such as https://example.org/mail",
    "ftp://example.org/": "must be an http or https URL, such as https://example.org/mail",
    "file:///etc/passwd": "must be an http or https URL, such as https://example.org/mail",
    "gopher://example.org/": "must be an http or https URL, such as https://example.org/mail",
    "javascript:alert(1)": "must be an http or https URL, such as https://example.org/mail",
    "unix:///run/x.sock": "must be an http or https URL, such as https://example.org/mail",
    "https:example.org/": "must be an http or https URL, such as https://example.org/mail",
    "https:/example.org/": "must be an http or https URL, such as https://example.org/mail",
    "http://": "names no host",
    "http:///x": "names no host",
    "http://:80/": "names no host",
    "http://127.1/": "has a host that is neither a name nor four decimal numbers, such as 192.0.2.1",
    "http://0/": "has a host that is neither a name nor four decimal numbers, such as 192.0.2.1",
    "http://0x7f.1/": "has a host that is neither a name nor four decimal numbers, such as 192.0.2.1",
    "http://0x7f000001/": "has a host that is neither a name nor four decimal numbers, such as 192.0.2.1",
    "http://2130706433/": "has a host that is neither a name nor four decimal numbers, such as 192.0.2.1",
    "http://0177.0.0.1/": "has a host that is neither a name nor four decimal numbers, such as 192.0.2.1",
    "http://127.0.0.01/": "has a host that is neither a name nor four decimal numbers, such as 192.0.2.1",
    "http://1.2.3.4.5/": "has a host that is neither a name nor four decimal numbers, such as 192.0.2.1",
    "http://256.0.0.1/": "has a host that is neither a name nor four decimal numbers, such as 192.0.2.1",
    "http://example.0x/": "has a host that is neither a name nor four decimal numbers, such as 192.0.2.1",
    "http://①②⑦.⓪.⓪.①/": "has no valid host: the domain is not a valid international domain name",
    "http://１２７.0.0.1/": "has no valid host: the domain is not a valid international domain name",
    "http://127。0。0。1/": "has no valid host: the domain is not a valid international domain name",
    "http://ⓛocalhost/": "has no valid host: the domain is not a valid international domain name",
    "http://127.0.0.1./": "has a host with a dot at its end",
    "http://localhost./": "has a host with a dot at its end",
    "http://example..org/": "has no valid host: the domain has an empty label",
    "http://127.0.0.1%2f@x/": "must not have a user name or password in it",
    "http://user@example.org/": "must not have a user name or password in it",
    "http://user:secret@example.org/": "must not have a user name or password in it",
    "http://example.org@127.0.0.1/": "must not have a user name or password in it",
    "http://evil\\@127.0.0.1/": "has a backslash in it",
    "http:\\\\127.0.0.1\\": "has a backslash in it",
    "http://example.org\\.evil.test/": "has a backslash in it",
    "http://127.0.0.1\t/": "has a space or a control character in it",
    "http://example.org/\r\nX-Injected: 1": "has a space or a control character in it",
    " http://example.org/": "has a space or a control character in it",
    "http://example.org/\u2028": "has a space or a control character in it",
    "http://example.org/\x00": "has a space or a control character in it",
    "http://example.org/#x": "must not have a fragment (#…)",
    "http://example.org/ü": "has characters behind the host that must be written as %XX",
    "http://example.org/%zz": "has characters behind the host that must be written as %XX",
    'http://example.org/"': "has characters behind the host that must be written as %XX",
    "http://example.org:0/": "must name a host and, if any, a port from 1 to 65535",
    "http://example.org:65536/": "must name a host and, if any, a port from 1 to 65535",
    "http://example.org:x/": "must name a host and, if any, a port from 1 to 65535",
    "http://example.org:-80/": "must name a host and, if any, a port from 1 to 65535",
    "http://example.org:８０/": "must name a host and, if any, a port from 1 to 65535",
    "http://1.1.1.1:80:80/": "must name a host and, if any, a port from 1 to 65535",
    "http://::1/": "must name a host and, if any, a port from 1 to 65535",
    "http://[::1/": "must name a host and, if any, a port from 1 to 65535",
    "http://[::1]x/": "must name a host and, if any, a port from 1 to 65535",
    "http://[]/": "has no IPv6 address between its brackets",
    "http://[127.0.0.1]/": "has no IPv6 address between its brackets",
    "http://[v1.x]/": "has no IPv6 address between its brackets",
    "http://[fe80::1%25eth0]/": "names an interface with its IPv6 address",
    "http://exa%6dple.org/": "has no valid host: the domain has a label that is too long or has characters that no "
    "domain has",
    f"http://example.org/{'x' * 2000}": "is longer than 2000 characters",
}

# Each of these is an address that is nobody's in the Internet, in every spelling that is one.
SPECIAL = {
    "127.0.0.1": "a loopback address",
    "127.255.255.254": "a loopback address",
    "::1": "a loopback address",
    "0.0.0.0": "an address that means this machine",
    "0.1.2.3": "an address that means this machine",
    "::": "an address that means this machine",
    "10.0.0.1": "a private address",
    "172.16.0.1": "a private address",
    "172.31.255.255": "a private address",
    "192.168.1.1": "a private address",
    "fc00::1": "a private address",
    "fdff::1": "a private address",
    "fec0::1": "a private address",
    "169.254.169.254": "the address that cloud machines get their secrets from",
    "fd00:ec2::254": "the address that cloud machines get their secrets from",
    "169.254.1.1": "a link-local address",
    "fe80::1": "a link-local address",
    "100.64.0.1": "an address behind a provider's NAT",
    "100.100.100.200": "an address behind a provider's NAT",
    "100.127.255.255": "an address behind a provider's NAT",
    "192.0.2.1": "an address for documents",
    "198.51.100.1": "an address for documents",
    "203.0.113.1": "an address for documents",
    "2001:db8::1": "an address for documents",
    "3fff::1": "an address for documents",
    "198.18.0.1": "an address for benchmarks",
    "198.19.255.255": "an address for benchmarks",
    "2001:2::1": "an address for benchmarks",
    "224.0.0.1": "a multicast address",
    "239.255.255.250": "a multicast address",
    "ff02::1": "a multicast address",
    "240.0.0.1": "a broadcast or reserved address",
    "255.255.255.255": "a broadcast or reserved address",
    "192.88.99.1": "an address of a transition from IPv4 to IPv6",
    "::ffff:127.0.0.1": "an address of a transition from IPv4 to IPv6",
    "::ffff:8.8.8.8": "an address of a transition from IPv4 to IPv6",
    "::ffff:0:127.0.0.1": "an address of a transition from IPv4 to IPv6",
    "::127.0.0.1": "an address of a transition from IPv4 to IPv6",
    "64:ff9b::7f00:1": "an address of a transition from IPv4 to IPv6",
    "64:ff9b:1::1": "an address of a transition from IPv4 to IPv6",
    "2001::1": "an address of a transition from IPv4 to IPv6",
    "2002:7f00:1::": "an address of a transition from IPv4 to IPv6",
    "192.0.0.1": "an address for protocols",
    "192.31.196.1": "an address for protocols",
    "192.52.193.1": "an address for protocols",
    "192.175.48.1": "an address for protocols",
    "100::1": "an address for protocols",
    "2001:10::1": "an address for protocols",
    "2001:20::1": "an address for protocols",
    "2620:4f:8000::1": "an address for protocols",
    "3ffe::1": "an address for protocols",
    "5f00::1": "an address for protocols",
    "1::1": "an address that was never given out",
    "4000::1": "an address that was never given out",
    "8000::1": "an address that was never given out",
}


@pytest.mark.parametrize("text", INVALID)
def test_what_could_be_read_in_two_ways_is_no_url(text: str) -> None:
    """Odd spellings of hosts, other schemes, credentials and control characters are refused with a sentence."""
    with pytest.raises(InvalidTarget) as caught:
        INTERNET.target(text)
    assert str(caught.value) == INVALID[text]


@pytest.mark.parametrize("text", SPECIAL)
def test_addresses_that_are_not_of_the_internet_are_refused(text: str) -> None:
    """Every network of the registries is refused, as it is written in an URL and as it is found for a name."""
    address = ip_address(text)
    assert special(address) == SPECIAL[text]
    sentence = f"leads to {address}, {SPECIAL[text]}, which the operator's setting webhook.allow does not list"
    with pytest.raises(OutOfReach) as caught:
        INTERNET.target(f"https://[{text}]/" if address.version == 6 else f"https://{text}/")
    assert str(caught.value) == sentence
    with pytest.raises(OutOfReach) as caught:
        INTERNET.check(address)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    "text", ["1.1.1.1", "9.255.255.255", "11.0.0.0", "172.32.0.1", "100.63.0.1", "100.128.0.1", "2606:4700::1"]
)
def test_neighbours_of_refused_networks_are_reached(text: str) -> None:
    """An address right beside a refused network is one of the Internet's."""
    INTERNET.check(ip_address(text))


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "a.localhost"])
def test_localhost_is_known_without_looking_it_up(host: str) -> None:
    """The name that always means this machine is refused when it is set."""
    with pytest.raises(OutOfReach, match=r"127\.0\.0\.1, a loopback address, .* webhook\.allow"):
        INTERNET.target(f"http://{host}/")
    Reach([ip_network("127.0.0.0/8")], own=lambda address: False).target(f"http://{host}/")


def test_networks_of_the_setting_are_reached_and_no_others() -> None:
    """What webhook.allow lists may be reached; another spelling of it is another network."""
    reach = Reach.of(["127.0.0.0/8", "::1/128", "10.1.0.0/16"], [80])
    for text in ("127.0.0.1", "127.1.2.3", "::1", "10.1.2.3"):
        reach.check(ip_address(text))
    for text in ("10.2.0.1", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "192.168.0.1", "fe80::1"):
        with pytest.raises(OutOfReach):
            reach.check(ip_address(text))


def test_ports_are_those_of_the_setting() -> None:
    """By default four ports are reached; the refusal names the setting and what it has."""
    for url in ("http://example.org/", "https://example.org/", "http://example.org:8080/", "http://example.org:8443/"):
        INTERNET.target(url)
    with pytest.raises(OutOfReach) as caught:
        INTERNET.target("http://example.org:25/")
    assert str(caught.value) == "leads to port 25, and the operator's setting webhook.ports has 80, 443, 8080, 8443"
    reach = Reach.of([], [443, "3000-3999"])
    for port in (443, 3000, 3999):
        reach.check_port(port)
    for port in (80, 2999, 4000):
        with pytest.raises(OutOfReach, match=f"leads to port {port}, .* has 443, 3000-3999$"):
            reach.check_port(port)


def test_an_address_of_this_machine_is_refused_whatever_it_is() -> None:
    """A public address that is this machine's own is no way to its other ports."""
    mine = ip_address("1.2.3.4")
    with pytest.raises(OutOfReach, match=r"leads to 1\.2\.3\.4, an address of this server itself, which .*allow"):
        Reach(own=lambda address: address == mine).check(mine)
    Reach([ip_network("1.2.3.0/24")], own=lambda address: True).check(mine)


def test_the_machine_knows_its_own_addresses() -> None:
    """Loopback is this machine's; an address that is somebody else's is not."""
    assert own(ip_address("127.0.0.1"))
    assert not own(ip_address("192.0.2.254"))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("http://example.org", Target("http", "example.org", 80, "/")),
        ("HTTPS://Example.ORG/Mail?x=1&y=%20", Target("https", "example.org", 443, "/Mail?x=1&y=%20")),
        ("https://example.org:8443?a", Target("https", "example.org", 8443, "/?a")),
        ("https://bücher.example/", Target("https", "xn--bcher-kva.example", 443, "/")),
        ("http://my_app/", Target("http", "my_app", 80, "/")),
        ("http://8.8.8.8/", Target("http", "8.8.8.8", 80, "/", ip_address("8.8.8.8"))),
        ("http://[2606:4700:0::1]:8080/", Target("http", "2606:4700::1", 8080, "/", ip_address("2606:4700::1"))),
    ],
)
def test_an_url_is_read(text: str, wanted: Target) -> None:
    """Scheme, host, port and the rest are taken apart once."""
    assert target(text) == wanted


@pytest.mark.parametrize(
    ("text", "url", "authority"),
    [
        ("https://Example.org:443/a", "https://example.org/a", "example.org"),
        ("https://example.org:80/a", "https://example.org:80/a", "example.org:80"),
        ("http://[2606:4700:0::1]/", "http://[2606:4700::1]/", "[2606:4700::1]"),
        ("http://[2606:4700:0::1]:8080", "http://[2606:4700::1]:8080/", "[2606:4700::1]:8080"),
    ],
)
def test_an_url_is_sent_in_one_spelling(text: str, url: str, authority: str) -> None:
    """The URL that is sent has a canonical host, and the Host header is right for IPv6 as well."""
    assert (target(text).url, target(text).authority) == (url, authority)
    assert target(target(text).url) == target(text)
