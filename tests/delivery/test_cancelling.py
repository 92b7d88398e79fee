"""Deliveries that somebody stops while they wait, or while they are tried."""

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.trial.unittest import SynchronousTestCase

from mailsockd.actions.deliveries import Deliveries
from mailsockd.actions.rights import Rights
from mailsockd.delivery.channel import Delivered, Outcome, Postponed
from mailsockd.state.deliveries import Delivery
from mailsockd.state.domains import Domains
from tests.delivery.desk import Desk

CANCELLED = "it was cancelled"


class CancellingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.desk = desk = Desk()
        desk.address()
        rights = Rights(desk.book, Domains())
        self.deliveries = Deliveries(desk.store, rights, desk.queue.renewed, desk.now, desk.activity)

    def cancel(self, id: str) -> None:
        stopped: Deferred[Delivery] = ensureDeferred(self.deliveries.cancel("ada", id))
        self.assertEqual(self.successResultOf(stopped).error, CANCELLED)

    def test_one_that_waits(self) -> None:
        """It is tried no more, and the one behind it has its turn when the target is asked again."""
        self.desk.hook.says = lambda parcel: Postponed("refused", 60.0)
        self.desk.mail("m1")
        self.desk.mail("m2")
        self.cancel("1")
        self.desk.hook.says = lambda parcel: Delivered("200")
        self.desk.run(120)
        assert self.desk.hook.sent == ["m1", "m2"]
        assert self.desk.rows() == [("m1", "failed", 1, CANCELLED), ("m2", "delivered", 1, "")]
        assert ("delivery failed", "m1", CANCELLED) in self.desk.events()

    def test_the_only_one(self) -> None:
        """Nothing is asked of its target any more, and it can be made again later."""
        self.desk.hook.says = lambda parcel: Postponed("refused", 60.0)
        self.desk.mail("m1")
        self.cancel("1")
        self.desk.run(300)
        assert self.desk.hook.sent == ["m1"]
        self.desk.hook.says = lambda parcel: Delivered("200")
        self.successResultOf(ensureDeferred(self.deliveries.retry("ada", "1")))
        self.desk.clock.advance(0)
        assert self.desk.rows() == [("m1", "delivered", 1, "")]

    def held(self, outcome: Outcome) -> None:
        """Cancel a delivery in the middle of a try that ends so; another one waits behind it."""
        self.desk.hook.held = []
        self.desk.mail("m1")
        self.desk.mail("m2")
        self.cancel("1")
        tries, self.desk.hook.held = self.desk.hook.held, None
        for _, waiting in tries:
            waiting.callback(outcome)
        self.desk.run(120)

    def test_in_the_middle_of_a_try_that_arrives(self) -> None:
        """It has arrived after all, and says so; the next one has its turn."""
        self.held(Delivered("200"))
        assert self.desk.rows() == [("m1", "delivered", 1, ""), ("m2", "delivered", 1, "")]
        assert [text for kind, message, text in self.desk.events() if message == "m1"] == [CANCELLED, "200"]

    def test_in_the_middle_of_a_try_in_vain(self) -> None:
        """It is not tried again, and only the one behind it is."""
        self.held(Postponed("refused"))
        assert self.desk.rows()[0] == ("m1", "failed", 0, CANCELLED)
        assert self.desk.rows()[1][1] == "delivered"
        assert self.desk.hook.sent.count("m1") == 1
