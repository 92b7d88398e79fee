"""Whom mail is not taken from."""

import pytest

from mailsockd.state.denials import Denial, Denylist, InvalidDenial, denied_item, denied_items


def listed(*items: str, fixed: tuple[str, ...] = ()) -> Denylist:
    return Denylist([Denial(item, 1.0) for item in items], fixed)


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("Spam.Example", "spam.example"),
        (" spam.example. ", "spam.example"),
        ("@spam.example", "spam.example"),
        ("*.spam.example", "spam.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("localhost", "localhost"),
        ("Bob@Spam.Example", "bob@spam.example"),
        ("bob+x@spam.example", "bob+x@spam.example"),
        ("a/b@spam.example", "a/b@spam.example"),
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1/32", "192.0.2.1"),
        ("192.0.2.0/24", "192.0.2.0/24"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("2001:DB8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
        ("::/0", "::/0"),
    ],
)
def test_items_have_one_form(text: str, item: str) -> None:
    """What means the same is the same item."""
    assert denied_item(text) == item
    assert denied_item(item) == item


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", " is no domain and no address: the domain is empty"),
        ("@", "@ is no domain and no address: the domain is empty"),
        ("a b.example", "a b.example is no domain and no address: the domain has a label that is too long or has "),
        ("bob@", "bob@ is no domain and no address: the domain is empty"),
        ("bo b@spam.example", "bo b@spam.example is no domain and no address: the local part contains a character "),
        ("192.0.2.300", "192.0.2.300 is no IP address and no network: it is like neither 192.0.2.1, "),
        ("192.0.2.1/24", "192.0.2.1/24 is no IP address and no network: write 192.0.2.0/24"),
        ("192.0.2.0/33", "192.0.2.0/33 is no IP address and no network: it is like neither"),
        ("2001:db8::1/32", "2001:db8::1/32 is no IP address and no network: write 2001:db8::/32"),
        ("https://spam.example", "https://spam.example is no IP address and no network: it is like neither"),
        ("1.2", "1.2 is no IP address and no network: it is like neither"),
    ],
)
def test_what_is_no_item_is_refused_with_a_reason(text: str, reason: str) -> None:
    """Neither a domain, an address nor a network: the reason says what it should look like."""
    with pytest.raises(InvalidDenial) as raised:
        denied_item(text)
    assert str(raised.value).startswith(reason)


def test_a_file_has_an_item_a_line() -> None:
    """Comments and empty lines say nothing; the number of a bad line is named."""
    assert denied_items("# spam\nspam.example # why\n\n 192.0.2.0/24\r\n") == [(2, "spam.example"), (4, "192.0.2.0/24")]
    with pytest.raises(InvalidDenial, match=r"\A3: 192\.0\.2\.1/24 is no IP address"):
        denied_items("a.example\n\n192.0.2.1/24\n")


@pytest.mark.parametrize(
    ("ip", "item"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("192.0.3.1", None),
        ("198.51.100.7", "198.51.100.7"),
        ("198.51.100.8", None),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8::77", "2001:db8::/32"),
        ("2001:db9::77", None),
        ("2001:db8::77%eth0", "2001:db8::/32"),
        ("fe80::1%eth0", None),
        ("", None),
        ("spam.example", None),
    ],
)
def test_peers(ip: str, item: str | None) -> None:
    """An address is denied by itself or by a network that it is in, the IPv4 form of IPv6 too."""
    assert listed("192.0.2.0/24", "198.51.100.7", "2001:db8::/32", "spam.example").peer(ip) == item


def test_whole_families() -> None:
    """All of IPv4 is not all of IPv6."""
    assert listed("0.0.0.0/0").peer("192.0.2.1") == "0.0.0.0/0"
    assert listed("0.0.0.0/0").peer("2001:db8::1") is None
    assert listed("::/0").peer("2001:db8::1") == "::/0"
    assert listed("::/0").peer("192.0.2.1") is None


@pytest.mark.parametrize(
    ("sender", "item"),
    [
        ("any@spam.example", "spam.example"),
        ("any@deep.under.spam.example", "spam.example"),
        ("any@notspam.example", None),
        ("any@example", None),
        ("bob@good.example", "bob@good.example"),
        ("bob+shop@good.example", "bob@good.example"),
        ("eve+shop@good.example", "eve+shop@good.example"),
        ("eve@good.example", None),
        ("bob@sub.good.example", None),
        ("spam.example@good.example", None),
        ("any@[192.0.2.1]", None),
        ("", None),
    ],
)
def test_senders(sender: str, item: str | None) -> None:
    """A sender is denied by the address, by the one without its tag, or by the domain or one above it."""
    denied = listed("spam.example", "bob@good.example", "eve+shop@good.example", "192.0.2.0/24")
    assert denied.sender(sender) == item


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("spam.example", "spam.example"),
        ("WWW.Spam.Example", "spam.example"),
        ("https://spam.example", "spam.example"),
        ("https://user:pass@www.spam.example:8443/path?query#x", "spam.example"),
        ("http://[2001:db8::7]:80/", "2001:db8::/32"),
        ("ftp://192.0.2.9", "192.0.2.0/24"),
        ("192.0.2.9", "192.0.2.0/24"),
        ("192.0.2.0/24", "192.0.2.0/24"),
        ("192.0.2.0/25", None),
        ("bob@good.example", "bob@good.example"),
        ("any@spam.example", "spam.example"),
        ("good.example", None),
        ("https://google.com", None),
        ("no host at all", None),
        ("https://", None),
        ("", None),
        ("\ud800", None),
    ],
)
def test_what_clients_ask_about(text: str, item: str | None) -> None:
    """A domain, an address, an IP address or a URL of one is looked up as mail from there would be."""
    assert listed("spam.example", "bob@good.example", "192.0.2.0/24", "2001:db8::/32").find(text) == item


def test_what_was_added_can_be_removed() -> None:
    """An item that is removed denies nothing more, others of its kind still do."""
    denied = listed("192.0.2.0/24", "198.51.100.0/24", "a.example", "b.example")
    denied.put(Denial("a.example", 2.0, "again"))
    assert list(denied) == ["192.0.2.0/24", "198.51.100.0/24", "a.example", "b.example"]
    assert denied.get("a.example") == Denial("a.example", 2.0, "again")
    for item in ("192.0.2.0/24", "a.example", "never.example"):
        denied.remove(item)
    assert list(denied) == ["198.51.100.0/24", "b.example"]
    assert (denied.peer("192.0.2.1"), denied.peer("198.51.100.1")) == (None, "198.51.100.0/24")
    assert (denied.sender("x@a.example"), denied.sender("x@b.example")) == (None, "b.example")
    denied.remove("198.51.100.0/24")
    assert denied.peer("198.51.100.1") is None


def test_what_the_file_has_stays() -> None:
    """Removing does not take an item out of the operator's file."""
    denied = listed("a.example", fixed=("a.example", "192.0.2.1"))
    assert denied.fixed("a.example") and not denied.fixed("b.example")
    denied.remove("a.example")
    denied.remove("192.0.2.1")
    assert list(denied) == ["192.0.2.1", "a.example"]
    assert denied.get("a.example") is None
    assert "a.example" in denied
    assert (denied.sender("x@a.example"), denied.peer("192.0.2.1")) == ("a.example", "192.0.2.1")


def test_what_the_file_has_can_be_replaced() -> None:
    """What is in the file no longer is not denied any more, unless it was added beside it; the new items are."""
    added = [Denial("both.test", 1.0), Denial("added.test", 2.0)]
    denylist = Denylist(added, ["both.test", "old.test", "192.0.2.0/24"])
    denylist.fix(["new.test", "198.51.100.7"])
    assert list(denylist) == ["198.51.100.7", "added.test", "both.test", "new.test"]
    assert [denylist.sender(f"a@{name}.test") for name in ("both", "added", "new", "old")] == [
        "both.test",
        "added.test",
        "new.test",
        None,
    ]
    assert (denylist.peer("192.0.2.1"), denylist.peer("198.51.100.7")) == (None, "198.51.100.7")
    assert not denylist.fixed("both.test")
