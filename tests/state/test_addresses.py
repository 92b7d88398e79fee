"""Which inbox a recipient's mail belongs to."""

import attrs
import pytest

from mailsockd.state.addresses import Address, AddressBook, Destination

SECRET = b"0123456789abcdef"


def reserved(address: str, owner: str = "ada", **more: object) -> Address:
    return attrs.evolve(Address(address, owner, 1.0, 1.0), **more)


@pytest.fixture
def book() -> AddressBook:
    return AddressBook(SECRET, [reserved("a@b.test"), reserved("*@c.test", catch_all="c.test"), reserved("x@c.test")])


def test_find_exact_tagged_and_nobody(book: AddressBook) -> None:
    """A recipient is its own inbox, a tagged one its base, and one that nobody reserved has no address."""
    address = book.get("a@b.test")
    assert book.find("a@b.test") == Destination("a@b.test", "a@b.test", address, "a@b.test")
    assert book.find("a+tag@b.test") == Destination("a@b.test", "a+tag@b.test", address, "a@b.test")
    assert book.find("other@b.test") == Destination("other@b.test", "other@b.test", None, "other@b.test")


def test_catch_all_takes_what_nobody_reserved(book: AddressBook) -> None:
    """Mail for an unreserved address of the domain goes to `*@domain`; a reserved one keeps its own."""
    assert book.find("any@c.test").inbox == "*@c.test"
    assert book.find("any@c.test").original == "any@c.test"
    assert book.find("x+1@c.test").inbox == "x@c.test"


def test_alias_leads_to_its_address_at_any_domain(book: AddressBook) -> None:
    """The alias is 40 hex digits, the same each time, found at every domain, and gone with the address."""
    alias = book.alias("a@b.test")
    assert alias == AddressBook(SECRET).alias("a@b.test")
    assert alias.startswith("inbox-") and len(alias) == 46
    assert book.find(f"{alias}@elsewhere.test").inbox == "a@b.test"
    book.remove("a@b.test")
    assert book.find(f"{alias}@elsewhere.test").inbox == f"{alias}@elsewhere.test"


def test_alias_depends_on_the_secret() -> None:
    """Without the server's secret nobody can say which address an alias stands for."""
    assert AddressBook(b"one").alias("a@b.test") != AddressBook(b"two").alias("a@b.test")


def test_addresses_by_owner_follow_changes(book: AddressBook) -> None:
    """The list of an account follows reservations, changes of hands and releases."""
    assert [address.address for address in book.of("ada")] == ["*@c.test", "a@b.test", "x@c.test"]
    book.put(reserved("a@b.test", "bob"))
    assert [address.address for address in book.of("ada")] == ["*@c.test", "x@c.test"]
    assert book.count("bob") == 1
    book.remove("a@b.test")
    assert book.of("bob") == []
    book.remove("a@b.test")
    assert len(book) == 2


def test_web_socket_flag_is_off_unless_set() -> None:
    """Only the value true switches forwarding on."""
    assert not reserved("a@b.test").enablews
    assert reserved("a@b.test", settings={"enablews": True}).enablews
    assert not reserved("a@b.test", settings={"enablews": False}).enablews
