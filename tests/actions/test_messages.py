"""What a caller who leaves does to the deletions that have begun."""

from typing import Any

import pytest
from twisted.internet.defer import CancelledError, Deferred

from mailsockd.actions.messages import Messages
from mailsockd.actions.rights import Rights
from mailsockd.state.accounts import Account
from mailsockd.state.addresses import Address, AddressBook
from mailsockd.state.domains import Domains
from tests.fakes import MemoryMailbox, stored

ADA = Account("ada", 0.0, 0.0)


@pytest.mark.parametrize("name", ["purge", "delete"])
def test_a_deletion_goes_on_when_nobody_waits(name: str) -> None:
    """Cancelling a request does not cancel what the disk is doing for it."""
    mailbox = MemoryMailbox()
    mailbox.append([stored(owner="ada")], b"")
    cancelled: list[Any] = []
    held: Deferred[Any] = Deferred(cancelled.append)
    setattr(mailbox, name, lambda *arguments, **named: held)
    book = AddressBook(b"secret", [Address("a@b.test", "ada", 0.0, 0.0)])
    messages = Messages(mailbox, Rights(book, Domains()), "mail.test")
    asked = messages.purge(ADA, "a@b.test") if name == "purge" else messages.delete(ADA, "a@b.test", "m-0")
    working: Deferred[Any] = Deferred.fromCoroutine(asked)  # type: ignore[arg-type]
    failures: list[Any] = []
    working.addErrback(failures.append)
    working.cancel()
    assert failures[0].check(CancelledError)
    assert cancelled == []
    held.callback(1)
