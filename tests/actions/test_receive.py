"""Receiving: what is taken, what is stored, and in which order."""

from collections.abc import Callable, Sequence

import attrs
import pytest
from twisted.internet.defer import Deferred, ensureDeferred, succeed
from twisted.trial.unittest import SynchronousTestCase

from mailsockd.actions.onward import NOWHERE, Onward
from mailsockd.actions.ports import StorageFull, StorageTrouble
from mailsockd.actions.receive import PARSED_IN_REACTOR, Reception, Rejected
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import Registry
from mailsockd.actions.rights import Rights
from mailsockd.mail.envelope import Bytes, Content, Envelope
from mailsockd.mail.message import Mail, Person
from mailsockd.mail.stored import Message
from mailsockd.state.accounts import Accounts
from mailsockd.state.activity import ActivityLog, Event, Kind
from mailsockd.state.addresses import Address, AddressBook
from mailsockd.state.deliveries import Delivery
from mailsockd.state.domains import Domain, Domains
from tests.fakes import MemoryMailbox, MemoryStore

Parsed = tuple[bytes, Mail]

CONTENT = b"From: Robot <robot@shop.test>\r\nSubject: Your code\r\n\r\n1234\r\n"


def envelope(*recipients: str, sender: str = "env@shop.test") -> Envelope:
    return Envelope(sender, recipients, "192.0.2.9", "client", "127.0.0.1", 1795334470.0041, True)


class Planned:
    """Wants one delivery, of the first message; `told` is what was stored, and how much was published by then."""

    def __init__(self, published: Sequence[object]) -> None:
        self.told: list[tuple[str, int]] = []
        self._published = published

    def plan(self, messages: Sequence[Message], trail: tuple[str, ...] = ()) -> Sequence[Delivery]:
        first = messages[0]
        return [Delivery(first.id, first.seq, "webhook", "t", first.owner, first.inbox, created=1.0, due=1.0)]

    def stored(self, deliveries: Sequence[Delivery]) -> None:
        self.told += [(delivery.message, len(self._published)) for delivery in deliveries]


class ReceptionTests(SynchronousTestCase):
    def setUp(self) -> None:
        book = AddressBook(
            b"secret",
            [
                Address("a@b.test", "ada", 1.0, 1.0),
                Address("*@c.test", "ada", 1.0, 1.0, catch_all="c.test"),
            ],
        )
        domains = Domains(
            [
                Domain("b.test", "admin", 1.0, 1.0, configured=True),
                Domain("c.test", "ada", 1.0, 1.0, verified=True),
                Domain("claimed.test", "eve", 1.0, 1.0),
            ]
        )
        self.registry = Registry(Accounts(), book, domains, MemoryStore())
        self.mailbox = MemoryMailbox()
        self.activity = ActivityLog(lambda: 1.0)
        self.published: list[tuple[Sequence[Message], Mail, bytes]] = []
        self.publishing: Deferred[None] | None = None
        self.in_threads: list[Deferred[Parsed]] = []

    def publish(self, messages: Sequence[Message], mail: Mail, content: bytes) -> "Deferred[None] | None":
        self.published.append((messages, mail, content))
        return self.publishing

    def reception(self, *, any_domain: bool = False, unreserved: bool = True, onward: Onward = NOWHERE) -> Reception:
        return Reception(
            self.registry,
            Rights(self.registry.book, self.registry.domains),
            self.mailbox,
            self.publish,
            self.activity,
            self.thread,
            hostname="mx.mail.test",
            any_domain=any_domain,
            unreserved=unreserved,
            monotonic=lambda: 0.0,
            now=lambda: 1.0,
            onward=onward,
        )

    def thread(self, function: Callable[[Content], Parsed], content: Content) -> "Deferred[Parsed]":
        waiting: Deferred[Parsed] = Deferred()
        waiting.addCallback(lambda _: function(content))
        self.in_threads.append(waiting)
        return waiting

    def test_served_domains_take_every_address(self) -> None:
        """Mail to a served domain is taken, reserved or not, and for other domains it is refused by name."""
        reception = self.reception()
        reception.accept("a@b.test", "192.0.2.9")
        reception.accept("nobody@b.test", "192.0.2.9")
        with pytest.raises(Rejected, match=r"550 5.7.1 No mail for claimed.test here \(smtp.accept is domains\)"):
            reception.accept("x@claimed.test", "192.0.2.9")

    def test_any_domain_can_be_taken(self) -> None:
        """With smtp.accept: any, no domain is refused."""
        self.reception(any_domain=True).accept("x@elsewhere.test", "192.0.2.9")

    def test_unreserved_addresses_can_be_refused(self) -> None:
        """With inboxes.unreserved: reject, only reserved addresses and catch-alls take mail."""
        reception = self.reception(unreserved=False)
        reception.accept("a+tag@b.test", "192.0.2.9")
        reception.accept("whoever@c.test", "192.0.2.9")
        with pytest.raises(Rejected, match=r"550 5.1.1 No such address: nobody@b.test"):
            reception.accept("nobody@b.test", "192.0.2.9")

    def test_the_postmaster_is_always_taken(self) -> None:
        """Mail for this host's postmaster is taken, its name served or not, the address reserved or not."""
        self.reception(unreserved=False).accept("postmaster@mx.mail.test", "192.0.2.9")
        with pytest.raises(Rejected):
            self.reception(unreserved=False).accept("postmaster@b.test", "192.0.2.9")

    def test_one_copy_an_inbox(self) -> None:
        """Each distinct inbox gets one message, numbered, with its owner; content and summary are shared."""
        answer = self.reception().receive(envelope("a+x@b.test", "a@b.test", "n@b.test", "any@c.test"), Bytes(CONTENT))
        id = self.successResultOf(answer)
        self.assertEqual(
            [(m.id, m.seq, m.inbox, m.original, m.owner) for m in self.mailbox.messages],
            [
                (f"{id}-0", 1, "a@b.test", "a+x@b.test", "ada"),
                (f"{id}-1", 2, "n@b.test", "n@b.test", ""),
                (f"{id}-2", 3, "*@c.test", "any@c.test", "ada"),
            ],
        )
        first = self.mailbox.messages[0]
        self.assertEqual((first.received, first.size, first.ip, first.tls), (1795334470.004, 59, "192.0.2.9", True))
        self.assertEqual(first.summary.sender, (Person("robot@shop.test", "Robot"),))
        self.assertIs(first.summary, self.mailbox.messages[1].summary)
        self.assertEqual(self.mailbox.contents[f"{id}-1"], CONTENT)

    def test_commit_then_answer_then_publish(self) -> None:
        """Nothing is answered or published before the disk has it; the sender is answered first."""
        self.mailbox.held = []
        order: list[str] = []
        answer = self.reception().receive(envelope("a@b.test"), Bytes(CONTENT))
        answer.addCallback(lambda id: order.append(f"answered, {len(self.published)} published"))
        self.assertEqual((order, self.published), ([], []))
        self.mailbox.held[0].callback(None)
        self.assertEqual(order, ["answered, 0 published"])
        self.assertEqual([m.inbox for m in self.published[0][0]], ["a@b.test"])
        self.assertEqual([event.kind for event in self.activity], [Kind.STORED])

    def test_a_connection_is_recorded_with_its_first_mail(self) -> None:
        """What brought a mail is there before the mail, at the time when it connected; no second mail repeats it."""
        reception = self.reception()
        first = attrs.evolve(envelope("a@b.test"), session="s1", connected=0.5, helo="mx.shop.test")
        self.successResultOf(reception.receive(first, Bytes(CONTENT)))
        self.successResultOf(reception.receive(attrs.evolve(first, connected=None), Bytes(CONTENT)))
        connected, stored, second = self.activity
        assert connected == Event(
            Kind.CONNECTED, 0.5, "ada", peer="192.0.2.9", text="EHLO mx.shop.test, with TLS", session="s1"
        )
        assert [(event.kind, event.session) for event in (stored, second)] == [(Kind.STORED, "s1")] * 2

    def test_a_refusal_belongs_to_the_owner_of_the_address(self) -> None:
        """What was refused for an address, by whatever name, is found by its owner; the rest is nobody's."""
        reception = self.reception()
        for address in ("a@b.test", "a+tag@b.test", "x@c.test", "x@b.test", ""):
            reception.record(Kind.REJECTED, address=address, peer="192.0.2.9", text="552 5.3.4 Too big", session="s1")
        assert [(event.account, event.address) for event in self.activity] == [
            ("ada", "a@b.test"),
            ("ada", "a@b.test"),
            ("ada", "*@c.test"),
            ("", "x@b.test"),
            ("", ""),
        ]
        assert {(event.text, event.peer, event.session) for event in self.activity} == {
            ("552 5.3.4 Too big", "192.0.2.9", "s1")
        }

    def test_injected_mail_goes_the_same_way(self) -> None:
        """Mail that does not come by SMTP is stored and published by the same rules, and refused by them."""
        reception = self.reception()
        id = self.successResultOf(ensureDeferred(reception.inject("me@mail.test", "A@B.test", CONTENT)))
        (message,) = self.mailbox.messages
        self.assertEqual((message.id, message.inbox, message.ip), (f"{id}-0", "a@b.test", "127.0.0.1"))
        self.assertEqual(len(self.published), 1)
        for recipient in ("nobody", "x@elsewhere.test"):
            self.failureResultOf(ensureDeferred(reception.inject("", recipient, CONTENT)), Refusal)

    def test_one_mail_is_injected_for_several_recipients(self) -> None:
        """Each inbox has its copy under the one id; when one recipient is refused nobody has any."""
        reception = self.reception()
        recipients = ("a@b.test", "n@b.test", "any@c.test")
        id = self.successResultOf(ensureDeferred(reception.inject_for("me@mail.test", recipients, CONTENT)))
        self.assertEqual(
            [(message.id, message.inbox, message.sender) for message in self.mailbox.messages],
            [
                (f"{id}-0", "a@b.test", "me@mail.test"),
                (f"{id}-1", "n@b.test", "me@mail.test"),
                (f"{id}-2", "*@c.test", "me@mail.test"),
            ],
        )
        self.assertEqual(len(self.published), 1)
        refused = ensureDeferred(reception.inject_for("me@mail.test", ("a@b.test", "x@elsewhere.test"), CONTENT))
        failure = self.failureResultOf(refused, Refusal)
        self.assertEqual(failure.value.errors, ("to: No mail for elsewhere.test here (smtp.accept is domains)",))
        self.assertEqual(len(self.mailbox.messages), 3)

    def test_trouble_on_disk_is_the_answer(self) -> None:
        """A failed append fails the answer with its own error; nothing is published, and the reason is on record."""
        for trouble in (StorageTrouble("broken"), StorageFull("full")):
            self.mailbox.trouble = trouble
            self.failureResultOf(self.reception().receive(envelope("a@b.test"), Bytes(CONTENT)), type(trouble))
        self.assertEqual(self.published, [])
        texts = [(event.kind, event.peer, event.text) for event in self.activity]
        self.assertEqual(
            texts,
            [(Kind.TROUBLE, "192.0.2.9", "not stored: broken"), (Kind.TROUBLE, "192.0.2.9", "not stored: full")],
        )

    def test_a_fault_in_publishing_does_not_reach_the_sender(self) -> None:
        """The mail is stored: an exception while it is published is recorded, and the answer stays 250."""
        self.published = None  # type: ignore[assignment]
        self.successResultOf(self.reception().receive(envelope("a@b.test"), Bytes(CONTENT)))
        self.assertEqual([event.kind for event in self.activity], [Kind.STORED, Kind.TROUBLE])

    def test_large_content_is_parsed_in_threads_two_at_a_time(self) -> None:
        """Content above the bound is read and parsed away from the reactor, and a third waits for its turn."""
        large = Bytes(CONTENT + b"x" * PARSED_IN_REACTOR)
        reception = self.reception()
        answers = [reception.receive(envelope("a@b.test"), large) for _ in range(3)]
        self.assertEqual(len(self.in_threads), 2)
        self.in_threads[0].callback(None)  # type: ignore[arg-type]
        self.successResultOf(answers[0])
        self.assertEqual(len(self.in_threads), 3)
        self.assertNoResult(answers[1])

    def test_large_content_has_its_turn_until_it_is_published(self) -> None:
        """The sender is answered at once; what follows waits while the frames of a large mail are being made."""
        large = Bytes(CONTENT + b"x" * PARSED_IN_REACTOR)
        self.publishing = Deferred()
        reception = self.reception()
        answers = [reception.receive(envelope("a@b.test"), large) for _ in range(3)]
        self.in_threads[0].callback(None)  # type: ignore[arg-type]
        self.successResultOf(answers[0])
        self.assertEqual(len(self.in_threads), 2)
        self.publishing.callback(None)
        self.assertEqual(len(self.in_threads), 3)

    def test_trouble_with_large_content_is_answered(self) -> None:
        """When large content cannot be read back, the answer fails, and the next one has its turn."""
        large = Bytes(b"x" * (PARSED_IN_REACTOR + 1))
        reception = self.reception()
        answer = reception.receive(envelope("a@b.test"), large)
        self.in_threads[0].errback(OSError("gone"))
        self.failureResultOf(answer, OSError)
        reception.receive(envelope("a@b.test"), large)
        reception.receive(envelope("a@b.test"), large)
        self.assertEqual(len(self.in_threads), 3)

    def test_deliveries_are_stored_with_their_messages(self) -> None:
        """What the messages want is stored with them, and told before they are published."""
        onward = Planned(self.published)
        reception = self.reception(onward=onward)
        self.mailbox.held = []
        reception.receive(envelope("a@b.test", "n@b.test"), Bytes(CONTENT))
        assert [(one.message, one.id) for one in self.mailbox.deliveries] == [(self.mailbox.messages[0].id, 1)]
        assert onward.told == []
        self.mailbox.held[0].callback(None)
        assert onward.told == [(self.mailbox.messages[0].id, 0)]
        assert len(self.published) == 1

    def test_deliveries_of_what_was_not_stored(self) -> None:
        """When the disk refuses a mail, nobody is told of its deliveries."""
        onward = Planned(self.published)
        self.mailbox.trouble = StorageTrouble("no")
        answer = self.reception(onward=onward).receive(envelope("a@b.test"), Bytes(CONTENT))
        self.failureResultOf(answer, StorageTrouble)
        assert (onward.told, self.mailbox.deliveries) == ([], [])


def test_null_sender_without_from_has_an_empty_person() -> None:
    """Mail from `<>` without a From header is stored with one empty sender (contract section 1.1)."""
    mailbox = MemoryMailbox()
    registry = Registry(Accounts(), AddressBook(b"s"), Domains(), MemoryStore())
    reception = Reception(
        registry,
        Rights(registry.book, registry.domains),
        mailbox,
        lambda *what: None,
        ActivityLog(lambda: 1.0),
        lambda function, content: succeed(function(content)),
        hostname="mx.mail.test",
        any_domain=True,
        unreserved=True,
        monotonic=lambda: 0.0,
        now=lambda: 1.0,
    )
    reception.receive(envelope("a@b.test", sender=""), Bytes(b"hello\r\n"))
    assert mailbox.messages[0].summary.sender == (Person("", ""),)
