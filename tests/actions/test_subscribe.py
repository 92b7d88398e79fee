"""What a caller may listen to."""

from mailsockd.actions.subscribe import admit
from mailsockd.state.accounts import Account
from mailsockd.state.addresses import Address, AddressBook
from mailsockd.state.domains import Domains
from mailsockd.state.subscriptions import Admission


def test_an_alias_is_told_apart_by_its_owner_alone() -> None:
    """The owner listens under an alias to the address; others are refused under the name they know."""
    book = AddressBook(b"secret", [Address("secret@b.test", "ada", 1.0, 1.0, settings={"enablews": True})])
    asked = f"{book.alias('secret@b.test')}@b.test"
    ada, bob = Account("ada", 1.0, 1.0), Account("bob", 1.0, 1.0)
    assert admit(ada, [asked], book, Domains()) == Admission(addresses=("secret@b.test",))
    assert admit(bob, [asked], book, Domains()) == Admission(
        rejected=((asked, f"{asked} is not owned by this account"),)
    )
    assert admit(bob, ["Secret+tag@b.test"], book, Domains()).rejected == (
        ("Secret+tag@b.test", "secret@b.test is not owned by this account"),
    )
