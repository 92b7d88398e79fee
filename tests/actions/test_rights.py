"""Who an inbox belongs to, and who may do what with it."""

import pytest

from mailsockd.actions.ports import Selection
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.rights import Rights
from mailsockd.state.accounts import Account
from mailsockd.state.addresses import Address, AddressBook
from mailsockd.state.domains import Domain, Domains

ADA, BOB, EVE = (Account(name, 1.0, 1.0) for name in ("ada", "bob", "eve"))
ADMIN = Account("admin", 1.0, 1.0, admin=True)
CALLERS = (ADA, BOB, EVE, ADMIN)


@pytest.fixture
def rights() -> Rights:
    """open.test and shut.test are configured, own.test and shown.test are bob's, claim.test is not proved."""
    domains = [
        Domain("open.test", "admin", 1.0, 1.0, configured=True, verified=True),
        Domain("shut.test", "admin", 1.0, 1.0, configured=True, verified=True, is_private=True),
        Domain("own.test", "bob", 1.0, 1.0, verified=True, is_private=True),
        Domain("shown.test", "bob", 1.0, 1.0, verified=True),
        Domain("claim.test", "eve", 1.0, 1.0, is_private=True),
    ]
    names = ("ada@open.test", "ada@shut.test")
    return Rights(AddressBook(b"s", [Address(name, "ada", 1.0, 1.0) for name in names]), Domains(domains))


@pytest.mark.parametrize(
    ("inbox", "owner", "reserver", "implicit", "governs"),
    [
        ("ada@open.test", "ada", "ada", [], ["ada"]),
        ("any@open.test", "", "", [], ["admin"]),
        ("ada@shut.test", "ada", "ada", [], ["ada"]),
        ("any@shut.test", "admin", "", ["admin"], ["admin"]),
        ("any@own.test", "bob", "bob", ["bob"], ["bob"]),
        ("any@shown.test", "", "bob", ["bob"], ["bob", "admin"]),
        ("any@claim.test", "", "", [], ["admin"]),
        ("any@sub.own.test", "", "", [], ["admin"]),
        ("any@elsewhere.test", "", "", [], ["admin"]),
    ],
)
def test_whose_an_inbox_is(
    rights: Rights, inbox: str, owner: str, reserver: str, implicit: list[str], governs: list[str]
) -> None:
    """Reservation comes before domain; a private domain keeps unreserved inboxes, and a mere claim gives nothing."""
    assert (rights.owner(inbox), rights.reserver(inbox)) == (owner, reserver)
    assert [caller.name for caller in CALLERS if rights.implicit(caller, inbox)] == implicit
    assert [caller.name for caller in CALLERS if rights.governs(caller, inbox)] == governs


def test_what_is_selected(rights: Rights) -> None:
    """A caller reads public inboxes and the caller's own; without a key, public ones only."""
    assert rights.selection(ADA, "ada@open.test") == Selection("ada@open.test", "ada")
    assert rights.selection("bob", "any@open.test") == Selection("any@open.test", "bob")
    assert rights.selection(None, "any@open.test") == Selection("any@open.test", None)
    assert rights.selection(ADMIN, "any@shut.test") == Selection("any@shut.test", "admin")


@pytest.mark.parametrize(
    ("caller", "status", "message", "answer"),
    [
        (BOB, 403, "", (403, "ada@open.test is owned by another account.")),
        (ADMIN, 403, "", (403, "ada@open.test is owned by another account.")),
        (BOB, 404, "Not to be seen", (404, "Not to be seen")),
        (None, 403, "", (401, "Not authorized. You may need to log in first.")),
        (None, 404, "Not to be seen", (404, "Not to be seen")),
    ],
)
def test_what_is_not_selected(
    rights: Rights, caller: Account | None, status: int, message: str, answer: tuple[int, str]
) -> None:
    """Another's inbox is refused as the route wants it, to an administrator too; without a key it takes a key."""
    with pytest.raises(Refusal) as raised:
        rights.selection(caller, "ada@open.test", status, message)
    assert (raised.value.status, raised.value.message) == answer


def test_domains_of_the_caller(rights: Rights) -> None:
    """A domain is found in any spelling by its owner; unknown ones and another's are refused alike."""
    assert rights.domain(BOB, "OWN.test.").name == "own.test"
    assert rights.domain(ADMIN, "open.test").name == "open.test"
    for name in ("own.test", "nobody.test", "test"):
        with pytest.raises(Refusal) as raised:
            rights.domain(ADA, name)
        assert (raised.value.status, raised.value.message) == (404, f"The domain {name} was not found for this user.")
    with pytest.raises(Refusal) as raised:
        rights.domain(BOB, "a b")
    assert raised.value.status == 400
    assert raised.value.errors == (
        "domain: the domain has a label that is too long or has characters that no domain has",
    )


def test_the_field_of_a_wrong_address_is_named(rights: Rights) -> None:
    """What is no address is refused by the name under which it came."""
    with pytest.raises(Refusal) as raised:
        rights.inbox("nobody", "from")
    assert raised.value.errors == ("from: an address needs a local part, an @ and a domain",)
