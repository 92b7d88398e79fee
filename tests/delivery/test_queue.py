"""The queue: order, pauses, what ends a delivery, and what settings mean at the moment of a try."""

import pytest
from twisted.trial.unittest import SynchronousTestCase

from mailsockd.delivery.channel import Delivered, Outcome, Parcel, Postponed, Undeliverable
from mailsockd.delivery.lines import Lane
from mailsockd.state.activity import Event, Kind
from mailsockd.state.deliveries import Delivery
from tests.delivery.desk import Desk

HOUR = 3600.0


class QueueTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.desk = Desk()
        self.hook = self.desk.hook
        self.desk.address()

    def test_what_is_stored_is_delivered_at_once(self) -> None:
        """A delivery is made in the next turn of the reactor, written down, and told with its time."""
        self.desk.mail("m1", wait=True)
        assert self.hook.sent == []
        self.desk.clock.advance(0)
        assert self.hook.tries == [(0.0, "one", "m1")]
        assert self.desk.rows() == [("m1", "delivered", 1, "")]
        told = Event(Kind.DELIVERED, 0.0, "ada", "a@b.test", "m1", text="200", milliseconds=0.0, channel="hook")
        assert self.desk.whole_events() == [told]

    def test_the_channel_gets_delivery_address_message_and_bytes(self) -> None:
        """A parcel holds all that a channel needs."""
        parcels: list[Parcel] = []
        self.hook.says = lambda parcel: parcels.append(parcel) or Delivered()
        self.desk.mail("m1")
        parcel = parcels[0]
        assert (parcel.delivery.id, parcel.delivery.target) == (1, "one")
        assert parcel.address is self.desk.book.get("a@b.test")
        assert (parcel.message.id, parcel.content) == ("m1", b"mail")
        assert self.desk.events() == [("delivered", "m1", "")]

    def test_pauses_grow(self) -> None:
        """What is not taken is tried again after 5 seconds, 15, 45, 135, 405, 1215, and then every hour."""
        self.hook.says = lambda parcel: Postponed("refused")
        self.desk.mail("m1")
        self.desk.run(4 * HOUR)
        assert self.hook.times == [0, 5, 20, 65, 200, 605, 1820, 5420, 9020, 12620]
        assert self.desk.rows() == [("m1", "waiting", 10, "refused")]
        assert self.desk.events()[:2] == [
            ("delivery deferred", "m1", "refused; tried again in 5 seconds"),
            ("delivery deferred", "m1", "refused; tried again in 15 seconds"),
        ]

    def test_pauses_differ_by_chance(self) -> None:
        """A pause is a fifth shorter or longer as chance has it."""
        self.hook.says = lambda parcel: Postponed("refused")
        for chance, second in ((0.0, 4.0), (1.0, 6.0)):
            desk = Desk()
            desk.random = chance
            desk.hook.says = self.hook.says
            desk.address()
            desk.mail("m1")
            desk.run(7, step=0.25)
            assert desk.hook.times == [0, second]

    def test_the_other_side_says_how_long(self) -> None:
        """A try is never made before the time that the other side asked for, which may be six hours at most."""
        asked = iter([30.0, 1.0, 1e9, float("nan"), None])
        self.hook.says = lambda parcel: Postponed("busy", next(asked, None))
        self.desk.mail("m1")
        self.desk.run(7 * HOUR)
        assert self.hook.times[:5] == [0, 30, 45, 21645, 21780]

    def test_given_up_after_a_day(self) -> None:
        """The last try is made when the time is over; then the delivery has failed, with the last reason."""
        self.hook.says = lambda parcel: Postponed("refused")
        self.desk.mail("m1")
        self.desk.run(30 * HOUR)
        assert self.hook.times[-1] == 24 * HOUR
        tries = len(self.hook.tries)
        assert self.desk.rows() == [("m1", "failed", tries, "refused; given up after 1 day")]
        assert self.desk.events()[-1] == ("delivery failed", "m1", "refused; given up after 1 day")

    def test_no_time_at_all(self) -> None:
        """With no time for it a delivery is tried once."""
        desk = Desk(retry_for=0.0)
        desk.address()
        desk.hook.says = lambda parcel: Postponed("refused")
        desk.mail("m1")
        assert desk.rows() == [("m1", "failed", 1, "refused; given up")]

    def test_asked_for_again(self) -> None:
        """A delivery that somebody asks for again is tried at once, although its target is left alone, for a day."""
        self.hook.says = lambda parcel: Postponed("refused")
        self.desk.mail("m1")
        self.desk.run(23 * HOUR)
        tries = len(self.hook.tries)
        renewed: list[Delivery] = []
        self.desk.store.renew(1, self.desk.now()).addCallback(renewed.append)
        self.desk.queue.renewed(renewed)
        self.desk.clock.advance(0)
        assert len(self.hook.tries) == tries + 1
        self.desk.run(23 * HOUR)
        assert self.desk.rows()[0][1] == "waiting"
        self.desk.run(HOUR)
        assert self.desk.rows()[0][1] == "failed"

    def test_a_failed_one_asked_for_again(self) -> None:
        """A delivery that has failed can be made again, also when nothing else waits for its target."""
        self.hook.says = lambda parcel: Undeliverable("gone")
        self.desk.mail("m1")
        self.hook.says = lambda parcel: Delivered("200")
        renewed: list[Delivery] = []
        self.desk.store.renew(1, self.desk.now()).addCallback(renewed.append)
        self.desk.queue.renewed(renewed)
        self.desk.clock.advance(0)
        assert self.desk.rows() == [("m1", "delivered", 1, "")]

    def test_what_never_will_succeed_is_not_tried_again(self) -> None:
        """A permanent refusal ends the delivery, and the next one has its turn at once."""
        self.hook.says = lambda parcel: Undeliverable("410 Gone") if parcel.message.id == "m1" else Delivered("200")
        self.desk.mail("m1", wait=True)
        self.desk.mail("m2")
        assert self.hook.times == [0, 0]
        assert self.desk.rows() == [("m1", "failed", 1, "410 Gone"), ("m2", "delivered", 1, "")]
        assert self.desk.events() == [("delivery failed", "m1", "410 Gone"), ("delivered", "m2", "200")]

    def test_what_the_other_side_says_is_not_for_the_log(self) -> None:
        """The words of an answer are kept with the delivery and told to its account, apart from the reason."""
        outcomes = iter([Postponed("answered 500", None, "no <p>order 17</p>"), Undeliverable("answered 410", "gone")])
        self.hook.says = lambda parcel: next(outcomes)
        self.desk.mail("m1")
        assert self.desk.rows() == [("m1", "waiting", 1, "answered 500: no <p>order 17</p>")]
        self.desk.run(5)
        assert self.desk.rows() == [("m1", "failed", 2, "answered 410: gone")]
        assert [(event.text, event.detail) for event in self.desk.activity] == [
            ("answered 500; tried again in 5 seconds", "no <p>order 17</p>"),
            ("answered 410", "gone"),
        ]

    def test_a_failing_target_holds_up_its_own_alone(self) -> None:
        """What is behind a failure waits for it, in order; other targets, and other accounts' same target, go on."""
        self.desk.address("c@b.test", hook="two")
        self.desk.address("e@b.test", owner="eve")
        fails = True
        self.hook.says = lambda parcel: (
            Postponed("refused") if fails and parcel.message.id == "m1" else Delivered("200")
        )
        for id in ("m1", "m2", "m3"):
            self.desk.mail(id)
        self.desk.mail("other-target", "c@b.test")
        self.desk.mail("other-account", "e@b.test", "eve")
        assert self.hook.sent == ["m1", "other-target", "other-account"]
        fails = False
        self.desk.run(5)
        assert self.hook.sent == ["m1", "other-target", "other-account", "m1", "m2", "m3"]

    def test_addresses_with_one_target_are_one_line(self) -> None:
        """Mail of several addresses to one target is delivered in the order in which it came."""
        self.desk.address("c@b.test")
        fails = [True]
        self.hook.says = lambda parcel: Postponed("refused") if fails[0] else Delivered()
        self.desk.mail("m1")
        self.desk.mail("m2", "c@b.test")
        assert self.hook.sent == ["m1"]
        fails[0] = False
        self.desk.run(5)
        assert self.hook.sent == ["m1", "m1", "m2"]

    def test_a_dead_target_is_tried_for_one_only(self) -> None:
        """However many wait for a target, one of them at a time tries it, and what waited too long ends together."""
        self.hook.says = lambda parcel: Postponed("refused")
        for number in range(700):
            self.desk.mail(f"m{number}", wait=True)
        self.desk.run(23 * HOUR)
        self.desk.mail("late")
        self.desk.run(2 * HOUR)
        assert self.hook.sent == ["m0"] * 31 + ["late"]
        failed = [row for row in self.desk.rows() if row[1] == "failed"]
        assert [row[0] for row in failed] == [f"m{number}" for number in range(700)]
        assert failed[699] == ("m699", "failed", 0, "refused; given up after 1 day")
        assert self.desk.rows()[-1][:2] == ("late", "waiting")

    def test_silence(self) -> None:
        """A try that is not answered within the time for one is cancelled, and counts as not taken."""
        self.hook.held = []
        self.desk.mail("m1")
        self.desk.run(59)
        assert self.hook.cancelled == []
        self.desk.run(1)
        assert self.hook.cancelled == ["m1"]
        assert self.desk.rows() == [("m1", "waiting", 1, "no answer within 1 minute")]
        self.desk.run(5)
        assert self.hook.sent == ["m1", "m1"]

    def test_an_exception_in_a_channel(self) -> None:
        """A channel that raises has not delivered; the log has the reason, people are told its kind alone."""

        def breaks(parcel: Parcel) -> Outcome:
            raise RuntimeError("https://hooks.test/the-secret")

        self.hook.says = breaks
        self.desk.mail("m1")
        assert self.desk.rows() == [("m1", "waiting", 1, "the channel failed (RuntimeError)")]
        assert len(self.flushLoggedErrors(RuntimeError)) == 1
        self.hook.says = lambda parcel: Delivered()
        self.desk.run(5)
        assert self.desk.rows() == [("m1", "delivered", 2, "")]

    def test_switched_off_in_the_middle(self) -> None:
        """A setting that is cleared while deliveries wait ends them with that reason, within seconds."""
        self.hook.says = lambda parcel: Postponed("refused", 3600.0)
        self.desk.mail("m1")
        self.desk.mail("m2")
        self.desk.address(hook=None)
        self.desk.run(15)
        reason = "hook was switched off for a@b.test"
        assert self.desk.rows() == [("m1", "failed", 1, reason), ("m2", "failed", 0, reason)]
        assert self.hook.sent == ["m1"]

    def test_an_address_that_was_released(self) -> None:
        """Deliveries of an address that is the account's no more fail, whoever has it now."""
        self.hook.says = lambda parcel: Postponed("refused")
        self.desk.mail("m1")
        self.desk.address(owner="eve", hook="one")
        self.desk.run(5)
        assert self.desk.rows() == [("m1", "failed", 1, "a@b.test was released")]
        assert self.hook.sent == ["m1"]

    def test_another_target_in_the_middle(self) -> None:
        """What waits for a target goes to the one that the address has now, in its order and within seconds."""
        self.hook.says = lambda parcel: Postponed("down", 3600.0) if parcel.delivery.target == "one" else Delivered()
        for id in ("m1", "m2"):
            self.desk.mail(id)
        self.desk.address(hook="two")
        self.desk.mail("m3", wait=True)
        self.desk.run(15)
        assert [(target, id) for _, target, id in self.hook.tries] == [
            ("one", "m1"),
            ("two", "m3"),
            ("two", "m1"),
            ("two", "m2"),
        ]

    def test_a_message_that_was_deleted(self) -> None:
        """A delivery whose message is gone ends, and says why."""
        self.hook.says = lambda parcel: Postponed("refused")
        self.desk.mail("m1")
        self.desk.db.execute("DELETE FROM messages WHERE id = 'm1'")
        self.desk.run(5)
        assert self.desk.rows() == [("m1", "failed", 1, "the message was deleted")]

    def test_a_channel_that_is_no_more(self) -> None:
        """A delivery by a channel that this server does not have ends, and says so."""
        self.desk.mail("m1", wait=True)
        self.desk.db.execute("UPDATE deliveries SET channel = 'pigeon'")
        self.desk.start()
        assert self.desk.rows() == [("m1", "failed", 0, "this server has no channel pigeon")]


@pytest.mark.parametrize("asked", [None, 0.0, -5.0])
def test_no_pause_is_shorter_than_the_first(asked: float | None) -> None:
    """Whatever the other side asks for, a target that fails is not tried again within seconds."""
    desk = Desk()
    desk.address()
    desk.hook.says = lambda parcel: Postponed("busy", asked)
    desk.mail("m1")
    desk.run(6)
    assert desk.hook.times == [0, 5]


class DirectTests(SynchronousTestCase):
    """A channel that no setting asks for."""

    def test_its_target_is_that_of_the_delivery(self) -> None:
        """It goes where it was to go, whatever settings say, and although nobody reserved the address."""
        desk = Desk()
        desk.address()
        desk.hook.says = lambda parcel: Postponed("refused", 3600.0)
        desk.hook.by_setting = False
        desk.mail("m1")
        desk.address(hook="two")
        desk.run(20)
        assert desk.hook.tries == [(0.0, "one", "m1")]
        desk.book.remove("a@b.test")
        desk.run(3600, step=10)
        assert desk.hook.tries == [(0.0, "one", "m1"), (3600.0, "one", "m1")]

    def test_it_may_take_its_time(self) -> None:
        """A channel that says so has more time for a try than the setting gives, and never less."""
        for patience, seconds in ((None, 60), (90.0, 90), (5.0, 60)):
            desk = Desk()
            desk.address()
            desk.hook.held, desk.hook.patience = [], patience
            desk.mail("m1")
            desk.run(seconds - 1)
            assert desk.hook.cancelled == []
            desk.run(1)
            assert desk.hook.cancelled == ["m1"]

    def test_lines_that_share_a_lane_hold_up_nobody_else(self) -> None:
        """Of lines with a common way, whosever they are, only so many are tried at one time; others pass them."""
        desk = Desk()
        lane = Lane("relay", 2)
        desk.hook.lanes = {f"slow{number}": lane for number in range(4)}
        for number in range(4):
            desk.address(f"a{number}@b.test", owner=("ada", "eve")[number % 2], hook=f"slow{number}")
        desk.address("c@b.test", hook="quick")
        desk.hook.held = []
        for number in range(4):
            desk.mail(f"m{number}", f"a{number}@b.test", owner=("ada", "eve")[number % 2])
        desk.mail("m4", "c@b.test")
        assert desk.hook.sent == ["m0", "m1", "m4"]
        for turn in range(4):
            desk.hook.held[turn][1].callback(Delivered())
            desk.clock.advance(0)
        assert desk.hook.sent == ["m0", "m1", "m4", "m2", "m3"]
        desk.hook.held[4][1].callback(Delivered())
        assert [row[1] for row in desk.rows()] == ["delivered"] * 5
