"""Forwarding: inside the house with everything that mail has, outside by the relay; loops; who may be sent to."""

from collections.abc import Sequence
from typing import Any

import attrs
import pytest
from twisted.internet.defer import Deferred, ensureDeferred, maybeDeferred, succeed
from twisted.internet.task import Clock

from mailsockd.actions.forward import Forwarding
from mailsockd.actions.ports import StorageFull
from mailsockd.actions.registry import Registry
from mailsockd.actions.rights import Rights
from mailsockd.delivery.channel import Delivered, Outcome, Parcel, Postponed, Undeliverable
from mailsockd.delivery.dispatch import Dispatch
from mailsockd.delivery.forward import ForwardChannel, ForwardSetting
from mailsockd.delivery.lines import Lane
from mailsockd.delivery.relay import Relay, RelaySettings
from mailsockd.delivery.relaying import Letter, Manners, letter
from mailsockd.delivery.sent import SentChannel
from mailsockd.mail.hops import forwarded_by, forwarded_header, servers_passed
from mailsockd.mail.stored import Message
from mailsockd.state.accounts import Accounts
from mailsockd.state.activity import ActivityLog
from mailsockd.state.addresses import Address, AddressBook
from mailsockd.state.deliveries import Delivery, Line, Status
from mailsockd.state.domains import Domain, Domains
from tests.fakes import MemoryMailbox, MemoryStore, stored

NOW = 1_800_000_000.0
CONTENT = b"Subject: Hello\r\n\r\nIt works.\r\n"


class Post(Relay):
    """A relay that keeps what it is handed, and gives the outcome that a test wants."""

    def __init__(self, **settings: Any) -> None:
        relay = RelaySettings("relay.test", 25, Manners("mx.b.test"), **settings)
        super().__init__(relay, Clock(), maybeDeferred, object())  # type: ignore[arg-type]
        self.letters: list[Letter] = []
        self.outcome: Outcome = Delivered("250 Ok")

    async def send(self, letter: Letter) -> Outcome:
        self.letters.append(letter)
        return self.outcome


class Desk:
    """Accounts ada and bob with some addresses at b.test; `relay` when mail may leave."""

    def __init__(self, relay: Post | None = None) -> None:
        self.book = AddressBook(b"secret")
        self.domains = Domains([Domain("b.test", "admin", NOW, NOW, configured=True)])
        self.mailbox = MemoryMailbox()
        self.activity = ActivityLog(lambda: NOW)
        self.published: list[Message] = []
        self.told: list[Delivery] = []
        registry = Registry(Accounts(), self.book, self.domains, MemoryStore())
        self.rights = Rights(self.book, self.domains)
        self.dispatch = Dispatch(self.book, lambda: NOW)
        self.dispatch.listen(self.told.extend)
        forwarding = Forwarding(
            self.mailbox,
            lambda messages, mail, content: self.published.extend(messages),
            self.activity,
            self.dispatch,
            lambda function, content: succeed(function(content)),
            monotonic=lambda: 0.0,
            now=lambda: NOW + 7,
        )
        self.setting = ForwardSetting(registry, self.rights, relay)
        self.channel = ForwardChannel(self.setting, forwarding, relay, self.activity, hostname="mx.b.test")
        self.dispatch.serve([self.channel])
        for address in ("a", "c", "e"):
            self.reserve(f"{address}@b.test")
        self.reserve("bobs@b.test", owner="bob")

    def reserve(self, address: str, forward: str | None = None, owner: str = "ada") -> None:
        settings = {"forward": forward} if forward else {}
        catch_all = address.removeprefix("*@") if address.startswith("*@") else None
        self.book.put(Address(address, owner, NOW, NOW, settings=settings, catch_all=catch_all))

    def mail(self, inbox: str = "a@b.test", content: bytes = CONTENT, **fields: Any) -> Message:
        """Store a mail with its deliveries, as reception does."""
        seq = self.mailbox.next_seq()
        message = stored(f"m{seq}-0", inbox=inbox, owner="ada", seq=seq, size=len(content), **fields)
        self.mailbox.append([message], content, self.dispatch.plan([message]))
        return message

    def send(self, delivery: Delivery) -> Outcome:
        """Have the channel make one delivery."""
        (message,) = (message for message in self.mailbox.messages if message.id == delivery.message)
        address = self.book.get(delivery.address)
        assert address is not None
        parcel = Parcel(delivery, address, message, self.mailbox.contents[message.id])
        return self.result(ensureDeferred(self.channel.send(parcel)))

    @staticmethod
    def result(outcome: "Deferred[Outcome]") -> Outcome:
        found: list[Outcome] = []
        outcome.addCallback(found.append)
        (outcome_found,) = found
        return outcome_found

    def run(self) -> list[Outcome]:
        """Make all deliveries, those that come of them too."""
        outcomes = []
        while waiting := [one for one in self.mailbox.deliveries if one.status is Status.WAITING]:
            delivery = waiting[0]
            outcomes.append(self.send(delivery))
            place = self.mailbox.deliveries.index(next(one for one in self.mailbox.deliveries if one.id == delivery.id))
            self.mailbox.deliveries[place] = attrs.evolve(delivery, status=Status.DELIVERED)
        return outcomes

    @property
    def inboxes(self) -> list[str]:
        return [message.inbox for message in self.mailbox.messages]

    def events(self) -> list[tuple[str, str, str, str]]:
        return [(event.kind.value, event.address, event.message, event.text) for event in self.activity]


def test_a_copy_is_mail_like_any_other() -> None:
    """It has a new id and number, the owner's inbox, the first address as original; it is published, and told."""
    desk = Desk()
    desk.reserve("a@b.test", "c@b.test")
    first = desk.mail(original="a+tag@b.test", labels=("x",), read=True, saved_by="ada", folder="spam")
    assert desk.run() == [Delivered("stored in c@b.test")]
    copy = desk.mailbox.messages[1]
    assert copy == attrs.evolve(
        first, id=copy.id, seq=2, inbox="c@b.test", received=NOW + 7,
        labels=(), read=None, saved_by=None, folder="inbox",
    )
    assert copy.id != first.id and copy.id.endswith("-0")
    assert desk.mailbox.contents[copy.id] == CONTENT
    assert desk.published == [copy]
    assert desk.events() == [
        ("stored", "c@b.test", copy.id, f"forwarded from a@b.test, where it is {first.id}"),
        ("forwarded", "a@b.test", first.id, f"to c@b.test, where it is {copy.id}"),
    ]


def test_a_large_copy_is_parsed_in_a_thread() -> None:
    """It arrives as well."""
    desk = Desk()
    desk.reserve("a@b.test", "c@b.test")
    desk.mail(content=b"Subject: x\r\n\r\n" + b"x" * 100_000)
    desk.run()
    assert desk.inboxes == ["a@b.test", "c@b.test"]


def test_a_chain() -> None:
    """What is forwarded is forwarded again, keeps its first address, and its deliveries say where it has been."""
    desk = Desk()
    desk.reserve("a@b.test", "c@b.test")
    desk.reserve("c@b.test", "e@b.test")
    desk.mail()
    desk.run()
    assert desk.inboxes == ["a@b.test", "c@b.test", "e@b.test"]
    assert {message.original for message in desk.mailbox.messages} == {"a@b.test"}
    assert [delivery.trail for delivery in desk.mailbox.deliveries] == [(), ("a@b.test",)]
    assert [delivery.trail for delivery in desk.told] == [("a@b.test",)]


def test_a_round_ends() -> None:
    """Two addresses that forward to each other get one copy each, and the end says why."""
    desk = Desk()
    desk.reserve("a@b.test", "c@b.test")
    desk.reserve("c@b.test", "a@b.test")
    desk.mail()
    reason = "it would go round: the mail has been in a@b.test already"
    assert desk.run() == [Delivered("stored in c@b.test"), Undeliverable(reason)]
    assert desk.inboxes == ["a@b.test", "c@b.test"]


def test_an_address_that_forwards_to_itself_is_where_the_mail_is() -> None:
    """Whatever state on disk says, nothing is stored twice."""
    desk = Desk()
    desk.reserve("a@b.test", "a@b.test")
    desk.mail()
    assert desk.run() == [Delivered("the mail is in a@b.test already")]
    assert desk.inboxes == ["a@b.test"]


def test_a_catch_all_that_forwards_into_its_own_domain() -> None:
    """Its mail arrives once, and mail of the target itself is left alone."""
    desk = Desk()
    desk.reserve("*@b.test", "a@b.test")
    desk.mail("*@b.test", original="x@b.test")
    assert desk.run() == [Delivered("stored in a@b.test"), Delivered("the mail is in a@b.test already")]
    assert desk.inboxes == ["*@b.test", "a@b.test"]


def test_a_long_chain_ends() -> None:
    """After eight times it is forwarded no more."""
    desk = Desk()
    for number in range(12):
        desk.reserve(f"x{number}@b.test", f"x{number + 1}@b.test")
    desk.reserve("x12@b.test")
    desk.mail("x0@b.test")
    assert desk.run()[-1] == Undeliverable("the mail has been forwarded 8 times, and is not forwarded again")
    assert desk.inboxes[-1] == "x8@b.test"


def test_a_delivery_that_was_settled_is_not_made_twice() -> None:
    """A second try of what is stored already stores nothing, and says that it is done."""
    desk = Desk()
    desk.reserve("a@b.test", "c@b.test")
    desk.mail()
    delivery = desk.mailbox.deliveries[0]
    assert desk.send(delivery) == Delivered("stored in c@b.test")
    assert desk.send(delivery) == Delivered("it was stored before")
    assert desk.inboxes == ["a@b.test", "c@b.test"]
    assert len(desk.published) == 1


def test_trouble_with_the_disk() -> None:
    """It is tried again, and nobody was told anything."""
    desk = Desk()
    desk.reserve("a@b.test", "c@b.test")
    desk.mail()
    desk.mailbox.trouble = StorageFull("no room")
    assert desk.send(desk.mailbox.deliveries[0]) == Postponed("the mail could not be stored")
    assert (desk.published, desk.events()) == ([], [])


def test_whoever_stops_waiting_stops_nothing() -> None:
    """What is on its way to the disk when the try is given up is published when it is there."""
    desk = Desk()
    desk.reserve("a@b.test", "c@b.test")
    message = desk.mail()
    address = desk.book.get("a@b.test")
    assert address is not None
    desk.mailbox.held = []
    trying = ensureDeferred(desk.channel.send(Parcel(desk.mailbox.deliveries[0], address, message, CONTENT)))
    trying.addErrback(lambda failure: None)
    trying.cancel()
    desk.mailbox.held[0].callback(None)
    assert [message.inbox for message in desk.published] == ["c@b.test"]


def test_an_address_that_is_the_accounts_no_more() -> None:
    """Rights count at the moment of the try: nothing reaches an inbox that was released, or is another's now."""
    desk = Desk()
    desk.reserve("a@b.test", "c@b.test")
    desk.mail()
    reason = "the target must be an address of this account, and c@b.test is none"
    desk.book.remove("c@b.test")
    assert desk.send(desk.mailbox.deliveries[0]) == Undeliverable(reason)
    desk.reserve("c@b.test", owner="bob")
    assert desk.send(desk.mailbox.deliveries[0]) == Undeliverable(reason)
    assert desk.inboxes == ["a@b.test"]


def test_leaving() -> None:
    """Mail leaves with our trace and our mark before it, from the address that forwards."""
    relay = Post()
    desk = Desk(relay)
    desk.reserve("a@b.test", "ada@gmail.test")
    message = desk.mail(original="a+tag@b.test")
    assert desk.run() == [Delivered("250 Ok")]
    (left,) = relay.letters
    assert (left.sender, left.recipient) == ("a@b.test", "ada@gmail.test")
    mark, _, rest = left.content.partition(b"\r\n")
    assert mark == b"X-Mailsockd-Forwarded: mx.b.test"
    assert rest.startswith(b"Received: from client.test ([192.0.2.1])\r\n by mx.b.test ([127.0.0.1])")
    assert b"\r\n for <a+tag@b.test>; " in rest and rest.endswith(b"\r\n" + CONTENT)
    text = "to ada@gmail.test by the relay, which answered 250 Ok"
    assert desk.events() == [("forwarded", "a@b.test", message.id, text)]
    assert desk.inboxes == ["a@b.test"]


@pytest.mark.parametrize(
    ("address", "fields", "configured", "sender"),
    [
        ("a@b.test", {}, "", "a@b.test"),
        ("a@b.test", {"sender": ""}, "", ""),
        ("a@b.test", {"sender": ""}, "bounces@b.test", ""),
        ("a@b.test", {}, "bounces@b.test", "bounces@b.test"),
        ("*@b.test", {"original": "x@b.test"}, "", "x@b.test"),
    ],
)
def test_whom_failures_come_back_to(address: str, fields: dict[str, str], configured: str, sender: str) -> None:
    """An address here; the null sender stays the null sender, so that no answer to an answer is ever made."""
    relay = Post(sender=configured)
    desk = Desk(relay)
    desk.reserve(address, "ada@gmail.test")
    desk.mail(address, **fields)
    desk.run()
    assert [one.sender for one in relay.letters] == [sender]


@pytest.mark.parametrize("outcome", [Postponed("busy"), Undeliverable("no such user")])
def test_what_the_relay_says_counts(outcome: Outcome) -> None:
    """Its refusal is the delivery's, and nothing is told as forwarded."""
    relay = Post()
    relay.outcome = outcome
    desk = Desk(relay)
    desk.reserve("a@b.test", "ada@gmail.test")
    desk.mail()
    assert desk.run() == [outcome]
    assert desk.events() == []


def test_mail_that_left_before_does_not_leave_again() -> None:
    """Mail that comes back with our mark ends here; another server's mark means nothing."""
    relay = Post()
    desk = Desk(relay)
    desk.reserve("a@b.test", "ada@gmail.test")
    desk.mail(content=b"Received: x\r\nX-MAILSOCKD-Forwarded:  MX.b.test \r\n" + CONTENT)
    desk.mail(content=b"X-Mailsockd-Forwarded: mx.b.test.other\r\n" + CONTENT)
    reason = "it would go round: this server has forwarded the mail before"
    assert desk.run() == [Undeliverable(reason), Delivered("250 Ok")]


def test_large_mail_leaves_too() -> None:
    """What takes long is done in a thread, and its outcome is the same."""
    relay = Post()
    desk = Desk(relay)
    desk.reserve("a@b.test", "ada@gmail.test")
    desk.mail(content=CONTENT + b"x" * 100_000)
    desk.mail(content=forwarded_header("mx.b.test") + CONTENT + b"x" * 100_000)
    reason = "it would go round: this server has forwarded the mail before"
    assert desk.run() == [Delivered("250 Ok"), Undeliverable(reason)]
    assert relay.letters[0].content.endswith(CONTENT + b"x" * 100_000)


def test_mail_that_has_passed_too_many_servers() -> None:
    """A hundred are allowed."""
    relay = Post()
    desk = Desk(relay)
    desk.reserve("a@b.test", "ada@gmail.test")
    desk.mail(content=b"Received: x\r\n" * 101 + CONTENT)
    desk.mail(content=b"Received: x\r\n" * 100 + CONTENT)
    assert desk.run() == [Undeliverable("the mail has passed more than 100 servers"), Delivered("250 Ok")]


def test_a_relay_that_is_gone() -> None:
    """Without the relay that was there when it was set, the delivery fails and names the setting."""
    desk = Desk()
    desk.reserve("a@b.test", "ada@gmail.test")
    desk.mail()
    (outcome,) = desk.run()
    assert isinstance(outcome, Undeliverable)
    assert outcome.reason.endswith("is not on this server, and no relay is configured (relay.host)")


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (None, None),
        ("", None),
        ("C@b.test", "c@b.test"),
        ("c+tag@b.test", "c@b.test"),
        (" c@b.test ", "c@b.test"),
        ("Ada@Gmail.Test", "Ada@Gmail.Test".lower()),
    ],
)
def test_what_may_be_set(value: object, kept: str | None) -> None:
    """The account's own addresses, as the inbox that they name, and with a relay any outside."""
    assert Desk(Post()).setting.check(value, "ada") == kept


@pytest.mark.parametrize(
    ("value", "domains", "reason"),
    [
        (5, None, "must be an email address"),
        ("x", None, "is not a valid email address: an address needs a local part, an @ and a domain"),
        ("bobs@b.test", None, "must be an address of this account, and bobs@b.test is none"),
        ("free@b.test", None, "must be an address of this account, and free@b.test is none"),
        ("x@other.test", ["gmail.test"], "must not be x@other.test: mail leaves only for gmail.test (relay.domains)"),
    ],
)
def test_what_may_not_be_set(value: object, domains: Sequence[str] | None, reason: str) -> None:
    """Others' and nobody's addresses here, and those outside that the operator does not allow."""
    desk = Desk(Post(domains=domains))
    with pytest.raises(ValueError) as raised:
        desk.setting.check(value, "ada")
    assert str(raised.value) == reason


def test_sent_mail_leaves_as_it_is() -> None:
    """What an account sends goes from its sender to the recipient of the delivery, with nothing added, and is told."""
    relay = Post()
    desk = Desk(relay)
    channel = SentChannel(desk.rights, relay, desk.activity)
    message = desk.mail(sender="a@b.test")
    delivery = Delivery(message.id, message.seq, "relay", "bob@gmail.test", "ada", "a@b.test", NOW, NOW)
    address = Address("a@b.test", "ada", NOW, NOW)
    assert channel.target(address) is None
    parcel = Parcel(delivery, address, message, CONTENT)
    assert desk.result(ensureDeferred(channel.send(parcel))) == Delivered("250 Ok")
    assert relay.letters == [letter("a@b.test", "bob@gmail.test", CONTENT)]
    text = "to bob@gmail.test by the relay, which answered 250 Ok"
    assert desk.events() == [("sent outbound", "a@b.test", message.id, text)]
    desk.reserve("a@b.test", owner="bob")
    assert desk.result(ensureDeferred(channel.send(parcel))) == Undeliverable("a@b.test is another account's now")
    assert len(relay.letters) == 1


def test_sent_mail_without_a_relay() -> None:
    """It fails and names the setting."""
    desk = Desk()
    message = desk.mail(sender="a@b.test")
    delivery = Delivery(message.id, message.seq, "relay", "bob@gmail.test", "ada", "a@b.test", NOW, NOW)
    parcel = Parcel(delivery, Address("a@b.test", "ada", NOW, NOW), message, CONTENT)
    outcome = desk.result(ensureDeferred(SentChannel(desk.rights, None, desk.activity).send(parcel)))
    assert outcome == Undeliverable("no relay is configured (relay.host)")


def test_marks_and_servers() -> None:
    """Only the head counts, in any spelling."""
    assert forwarded_header("mx.b.test") == b"X-Mailsockd-Forwarded: mx.b.test\r\n"
    assert forwarded_by(forwarded_header("mx.b.test") + CONTENT, "MX.b.test")
    assert not forwarded_by(CONTENT + forwarded_header("mx.b.test"), "mx.b.test")
    assert servers_passed(b"RECEIVED: a\nreceived: b\n c\n\nReceived: d\n") == 2


def test_only_what_leaves_shares_the_relay() -> None:
    """Forwarding inside the house never waits for the relay's connections."""
    relay = Post(connections=3)
    desk = Desk(relay)
    assert desk.channel.lane(Line("ada", "forward", "ada@gmail.test")) == Lane("relay", 3)
    assert desk.channel.lane(Line("ada", "forward", "c@b.test")) is None
    assert desk.channel.lane(Line("ada", "forward", "bobs@b.test")) is None
    assert SentChannel(desk.rights, relay, desk.activity).lane(Line("ada", "relay", "x@y.test")) is relay.lane
    assert SentChannel(desk.rights, None, desk.activity).lane(Line("ada", "relay", "x@y.test")) is None
