"""Which deliveries a stored message wants."""

from collections.abc import Sequence

from twisted.trial.unittest import SynchronousTestCase

from mailsockd.delivery.channel import Outcome, Parcel, Postponed, QueuedChannel, Setting
from mailsockd.delivery.dispatch import Dispatch
from mailsockd.state.addresses import Address, AddressBook
from mailsockd.state.deliveries import Delivery
from tests.fakes import stored


class Named:
    """A queued channel whose target is the setting of its name."""

    settings: Sequence[Setting] = ()

    def __init__(self, name: str) -> None:
        self.name = name

    def target(self, address: Address) -> str | None:
        value = address.settings.get(self.name)
        return value if isinstance(value, str) else None

    async def send(self, parcel: Parcel) -> Outcome:
        return Postponed("never")


def wanting(address: str, owner: str, catch_all: str | None = None, **settings: str) -> Address:
    return Address(address, owner, 1.0, 1.0, settings=settings, catch_all=catch_all)


class DispatchTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.book = AddressBook(b"secret")
        self.channels: list[QueuedChannel] = [Named("hook"), Named("slack")]

    def plan(self, *inboxes: tuple[str, str], trail: tuple[str, ...] = ()) -> list[tuple[str, str, str, str]]:
        """Give message, channel, target and address of what copies for inboxes with owners want."""
        messages = [stored(f"m-{number}", inbox=inbox, owner=owner) for number, (inbox, owner) in enumerate(inboxes)]
        plan = Dispatch(self.book, lambda: 5.0, self.channels).plan(messages, trail)
        return [(delivery.message, delivery.channel, delivery.target, delivery.address) for delivery in plan]

    def test_each_channel_that_the_address_names(self) -> None:
        """A message has one delivery for each channel that its address has a target for, in the channels' order."""
        self.book.put(wanting("a@b.test", "ada", slack="s:1", hook="h:1"))
        self.book.put(wanting("n@b.test", "ada"))
        found = self.plan(("a@b.test", "ada"), ("n@b.test", "ada"))
        assert found == [("m-0", "hook", "h:1", "a@b.test"), ("m-0", "slack", "s:1", "a@b.test")]

    def test_a_whole_delivery(self) -> None:
        """A delivery says whose it is, which message it is about, when it was made, and where the mail came through."""
        self.book.put(wanting("a@b.test", "ada", hook="h:1"))
        dispatch = Dispatch(self.book, lambda: 5.0, self.channels)
        plan = dispatch.plan([stored("m-0", seq=7, owner="ada")], ("x@b.test", "y@b.test"))
        assert plan == [
            Delivery("m-0", 7, "hook", "h:1", "ada", "a@b.test", created=5.0, due=5.0, trail=("x@b.test", "y@b.test"))
        ]

    def test_the_catch_all_too(self) -> None:
        """Mail of a reserved address goes on by the catch-all's settings as well, but once to one target."""
        self.book.put(wanting("a@b.test", "ada", hook="h:1", slack="s:1"))
        self.book.put(wanting("*@b.test", "ada", "b.test", hook="h:2", slack="s:1"))
        assert self.plan(("a@b.test", "ada")) == [
            ("m-0", "hook", "h:1", "a@b.test"),
            ("m-0", "slack", "s:1", "a@b.test"),
            ("m-0", "hook", "h:2", "*@b.test"),
        ]
        assert self.plan(("*@b.test", "ada")) == [
            ("m-0", "hook", "h:2", "*@b.test"),
            ("m-0", "slack", "s:1", "*@b.test"),
        ]

    def test_a_catch_all_that_is_off(self) -> None:
        """A catch-all that takes no mail says nothing of the mail of others either."""
        self.book.put(wanting("*@b.test", "ada", None, hook="h:2"))
        assert self.plan(("a@b.test", "ada")) == []

    def test_nobody_is_told_of_others_mail(self) -> None:
        """Public mail, and mail of another account, goes nowhere."""
        self.book.put(wanting("a@b.test", "ada", hook="h:1"))
        self.book.put(wanting("*@b.test", "eve", "b.test", hook="h:2"))
        assert self.plan(("a@b.test", ""), ("a@b.test", "bob")) == []
        assert self.plan(("a@b.test", "ada")) == [("m-0", "hook", "h:1", "a@b.test")]

    def test_listeners_hear_what_was_stored(self) -> None:
        """Who listens is given the deliveries that are on disk, and nothing when there are none."""
        heard: list[Sequence[Delivery]] = []
        dispatch = Dispatch(self.book, lambda: 5.0, self.channels)
        dispatch.listen(heard.append)
        dispatch.stored([])
        self.book.put(wanting("a@b.test", "ada", hook="h:1"))
        plan = dispatch.plan([stored(owner="ada")])
        dispatch.stored(plan)
        assert heard == [plan]
