"""Who gets a message on the socket, and in which bytes."""

import json
from collections.abc import Callable

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from mailsockd.delivery.fanout import SLICE, Fanout, Frames
from mailsockd.delivery.websocket import ENCODED_IN_REACTOR, WebSocketChannel
from mailsockd.mail.message import parse
from mailsockd.mail.stored import Message, summary_of
from mailsockd.state.activity import ActivityLog, Kind
from mailsockd.state.addresses import Address, AddressBook
from mailsockd.state.domains import Domain, Domains
from mailsockd.state.subscriptions import Subscription, Subscriptions
from tests.fakes import stored
from tests.web.talk import Turns

CONTENT = b"From: Robot <robot@shop.test>\r\nSubject: Your code\r\n\r\nCode 1234\r\n"
ON = {"enablews": True}


class Listener:
    """A subscriber that keeps what it is sent."""

    def __init__(
        self, account: str, *addresses: str, domains: tuple[str, ...] = (), shape: str = "flat", raw: bool = True
    ) -> None:
        self.frames: list[bytes] = []
        self.subscription = Subscription(
            account, "key", frozenset(addresses), frozenset(domains), shape, raw, self.frames.append, lambda _: None
        )

    @property
    def subjects(self) -> list[str]:
        return [json.loads(frame)["subject"] for frame in self.frames]


class WebSocketChannelTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Turns()
        self.book = AddressBook(
            b"secret",
            [
                Address("a@b.test", "ada", 1.0, 1.0, settings=ON),
                Address("off@b.test", "ada", 1.0, 1.0),
                Address("eve@b.test", "eve", 1.0, 1.0, settings=ON),
                Address("*@c.test", "ada", 1.0, 1.0, settings=ON, catch_all="c.test"),
                Address("x@c.test", "ada", 1.0, 1.0),
            ],
        )
        self.domains = Domains(
            [
                Domain("b.test", "admin", 1.0, 1.0, configured=True, enablews=True),
                Domain("c.test", "ada", 1.0, 1.0, verified=True),
            ]
        )
        self.subscriptions = Subscriptions()
        self.activity = ActivityLog(lambda: 1.0)
        self.threads: list[tuple[Callable[[], Frames], Deferred[Frames]]] = []
        self.channel = WebSocketChannel(
            self.book,
            self.domains,
            self.subscriptions,
            self.activity,
            Fanout(self.clock),
            hostname="mail.test",
            frame=lambda payload: payload,
            long_frame=b"".join,
            is_admin=lambda name: name == "admin",
            in_thread=self.in_thread,
        )

    def in_thread(self, function: Callable[[], Frames]) -> "Deferred[Frames]":
        waiting: Deferred[Frames] = Deferred()
        self.threads.append((function, waiting))
        return waiting

    def listen(self, *arguments: str, **more: object) -> Listener:
        listener = Listener(*arguments, **more)  # type: ignore[arg-type]
        self.subscriptions.add(listener.subscription)
        return listener

    def publish(self, inbox: str, owner: str, content: bytes = CONTENT, **more: object) -> Message:
        mail = parse(content)
        message = stored("m-0", inbox=inbox, owner=owner, summary=summary_of(mail, ""), size=len(content), **more)
        self.channel.publish([message], mail, content)
        return message

    def test_the_flat_frame(self) -> None:
        """The flat frame is the message with status, content, headers, text, HTML and alias."""
        listener = self.listen("ada", "a@b.test")
        self.publish("a@b.test", "ada")
        trace = (
            "from client.test ([192.0.2.1]) by mail.test ([127.0.0.1]) with ESMTP id m-0 for <a@b.test>; "
            "Fri, 15 Jan 2027 08:00:00 +0000"
        )
        folded = trace.replace(" by ", "\r\n by ").replace(" for ", "\r\n for ")
        self.assertEqual(
            json.loads(listener.frames[0]),
            {
                "status": 200,
                "_id": "m-0",
                "from": [{"address": "robot@shop.test", "name": "Robot"}],
                "to": [],
                "cc": [],
                "bcc": [],
                "subject": "Your code",
                "savedBy": None,
                "inbox": "a@b.test",
                "originalInbox": "a@b.test",
                "domain": "b.test",
                "received": "2027-01-15T08:00:00.000Z",
                "size": 64,
                "attachments": [],
                "ip": "192.0.2.1",
                "via": "127.0.0.1",
                "folder": "inbox",
                "labels": [],
                "read": None,
                "rtls": False,
                "links": [],
                "spam": 0,
                "seq": 1,
                "encryptedInbox": "inbox-09afe77e1ecdf7d7f60ed2a95c86b162b5338803",
                "raw": f"Received: {folded}\r\n" + CONTENT.decode(),
                "text": "Code 1234",
                "html": "<div>Code 1234<br></div>",
                "headers": {"received": trace, "from": "Robot <robot@shop.test>", "subject": "Your code"},
            },
        )

    def test_the_other_shapes(self) -> None:
        """Nested has all under `email` with `body`; both has it twice; raw=0 leaves the content out."""
        nested = self.listen("ada", "a@b.test", shape="nested")
        both = self.listen("ada", "a@b.test", shape="both")
        bare = self.listen("ada", "a@b.test", raw=False)
        self.publish("a@b.test", "ada")
        frame = json.loads(nested.frames[0])
        self.assertEqual((sorted(frame), frame["status"]), (["email", "status"], 200))
        self.assertEqual(frame["email"]["body"], "<div>Code 1234<br></div>")
        self.assertNotIn("status", frame["email"])
        doubled = json.loads(both.frames[0])
        top = {name: value for name, value in doubled.items() if name not in ("email", "status")}
        self.assertEqual(top, doubled["email"])
        self.assertEqual(doubled["email"], frame["email"])
        self.assertNotIn("raw", json.loads(bare.frames[0]))

    def test_large_frames_of_both_shapes_repeat_nothing_large(self) -> None:
        """Above 900 kB the strings raw, html and body stand at the top level only."""
        both = self.listen("ada", "a@b.test", shape="both")
        self.publish("a@b.test", "ada", b"Subject: x\r\n\r\n" + b"y" * 500_000)
        function, waiting = self.threads[0]
        waiting.callback(function())
        frame = json.loads(both.frames[0])
        self.assertTrue({"raw", "html", "body"} <= frame.keys())
        self.assertTrue({"raw", "html", "body"}.isdisjoint(frame["email"]))
        self.assertEqual(frame["email"]["subject"], "x")

    def test_bytes_that_are_not_utf8_can_be_had_back(self) -> None:
        """Content that is not UTF-8 comes as latin-1, and says so."""
        listener = self.listen("ada", "a@b.test")
        content = b"Subject: x\r\n\r\n\xff\xfe\x00\r\n"
        self.publish("a@b.test", "ada", content)
        frame = json.loads(listener.frames[0])
        self.assertEqual(frame["rawEncoding"], "latin1")
        self.assertTrue(frame["raw"].encode("latin-1").endswith(content))

    def test_everybody_gets_the_same_bytes(self) -> None:
        """Listeners of one shape share one frame object, encoded once."""
        listeners = [self.listen("ada", "a@b.test") for _ in range(3)]
        self.publish("a@b.test", "ada")
        self.assertIs(listeners[0].frames[0], listeners[2].frames[0])

    def test_only_the_owner_hears(self) -> None:
        """Another account's subscription to the address hears nothing, whatever let it in."""
        stranger = self.listen("eve", "a@b.test")
        owner = self.listen("ada", "a@b.test")
        self.publish("a@b.test", "ada")
        self.publish("a@b.test", "")
        self.assertEqual((stranger.subjects, owner.subjects), ([], ["Your code"]))

    def test_rights_are_those_of_the_moment(self) -> None:
        """Forwarding switched off, or the address released, silences a socket that is open."""
        listener = self.listen("ada", "a@b.test")
        self.book.put(Address("a@b.test", "ada", 1.0, 2.0))
        self.publish("a@b.test", "ada")
        self.book.put(Address("a@b.test", "ada", 1.0, 3.0, settings=ON))
        self.publish("a@b.test", "ada")
        self.book.remove("a@b.test")
        self.publish("a@b.test", "ada")
        self.assertEqual(len(listener.frames), 1)

    def test_silence_has_a_reason(self) -> None:
        """Each message that reaches nobody is recorded with why."""
        self.publish("a@b.test", "ada")
        self.publish("off@b.test", "ada")
        self.publish("free@b.test", "")
        self.publish("free@d.test", "ada")
        self.domains.put(Domain("d.test", "ada", 1.0, 1.0, verified=True, enablews=True))
        self.publish("free@d.test", "ada")
        self.listen("ada", "a@b.test")
        self.publish("a@b.test", "ada")
        self.assertEqual(
            [(event.kind, event.text, event.count) for event in self.activity],
            [
                (Kind.UNPUBLISHED, "nobody listens", 0),
                (Kind.UNPUBLISHED, "web socket forwarding is off for the address", 0),
                (Kind.UNPUBLISHED, "nobody has reserved the address", 0),
                (Kind.UNPUBLISHED, "web sockets are off for the domain, and nobody has reserved the address", 0),
                (Kind.UNPUBLISHED, "nobody listens", 0),
                (Kind.PUBLISHED, "", 1),
            ],
        )

    def test_a_catch_all_hears_reserved_addresses_too(self) -> None:
        """`*@domain` hears what it stored and what reserved addresses of the domain got."""
        listener = self.listen("ada", "*@c.test")
        self.publish("*@c.test", "ada", original="any@c.test")
        self.publish("x@c.test", "ada")
        self.assertEqual(len(listener.frames), 2)

    def test_what_the_catch_all_hears_is_on_the_firehose(self) -> None:
        """Mail of an address whose own forwarding is off is enabled by the catch-all of its domain."""
        self.book.put(Address("off@c.test", "ada", 1.0, 1.0))
        listener, other = self.listen("ada", "*"), self.listen("eve", "*")
        self.publish("off@c.test", "ada")
        self.assertEqual((len(listener.frames), len(other.frames)), (1, 0))
        self.subscriptions.remove(listener.subscription)
        self.publish("off@c.test", "ada")
        self.assertEqual(list(self.activity)[-1].text, "nobody listens")

    def test_a_catch_all_that_takes_no_mail_hears_none(self) -> None:
        """Once its domain is not verified any more, the sockets at `*@domain` hear of no mail."""
        listener = self.listen("ada", "*@c.test")
        self.book.put(Address("*@c.test", "ada", 1.0, 2.0, settings=ON))
        self.publish("x@c.test", "ada")
        self.assertEqual(listener.frames, [])

    def test_a_catch_all_hears_nothing_of_others(self) -> None:
        """Neither another account's private mail in the domain, nor its own mail to another account's socket."""
        owner, stranger = self.listen("ada", "*@c.test"), self.listen("eve", "*@c.test")
        self.publish("eve@c.test", "eve")
        self.publish("*@c.test", "ada", original="any@c.test")
        self.assertEqual((len(owner.frames), stranger.frames), (1, []))

    def test_a_domain_hears_its_owners_and_public_mail(self) -> None:
        """A domain's subscription needs the domain's own switch and never hears another account's private mail."""
        admin = self.listen("admin", domains=("b.test",))
        self.publish("free@b.test", "")
        self.publish("a@b.test", "ada")
        ada = self.listen("ada", domains=("c.test",))
        self.publish("x@c.test", "ada")
        self.assertEqual((len(admin.frames), len(ada.frames)), (1, 0))
        self.domains.put(Domain("c.test", "ada", 1.0, 1.0, verified=True, enablews=True))
        self.publish("x@c.test", "ada")
        self.assertEqual(len(ada.frames), 1)

    def test_the_firehose(self) -> None:
        """`*` is all that is one's own and enabled; for an administrator all public mail too, never private mail."""
        ada, admin = self.listen("ada", "*"), self.listen("admin", "*")
        self.publish("a@b.test", "ada", b"Subject: own\r\n\r\n")
        self.publish("off@b.test", "ada", b"Subject: off\r\n\r\n")
        self.publish("eve@b.test", "eve", b"Subject: eve\r\n\r\n")
        self.publish("free@b.test", "", b"Subject: public\r\n\r\n")
        self.assertEqual((ada.subjects, admin.subjects), (["own"], ["public"]))

    def test_at_most_one_frame_a_socket(self) -> None:
        """A socket that is entitled in several ways gets the message once."""
        listener = self.listen("ada", "a@b.test", "*", domains=("b.test",))
        self.publish("a@b.test", "ada")
        self.assertEqual(len(listener.frames), 1)

    def test_a_large_message_is_encoded_in_a_thread_and_keeps_its_place(self) -> None:
        """What follows a large message waits for it on the same socket, and passes it on others."""
        one, other = self.listen("ada", "a@b.test"), self.listen("eve", "eve@b.test")
        self.publish("a@b.test", "ada", b"Subject: large\r\n\r\n" + b"x" * ENCODED_IN_REACTOR)
        self.publish("a@b.test", "ada", b"Subject: small\r\n\r\n")
        self.publish("eve@b.test", "eve", b"Subject: eve\r\n\r\n")
        self.assertEqual((one.subjects, other.subjects), ([], ["eve"]))
        function, waiting = self.threads[0]
        waiting.callback(function())
        self.assertEqual(one.subjects, ["large", "small"])

    def test_large_frames_are_made_one_at_a_time(self) -> None:
        """Until a large frame is made the next one waits, and whoever publishes can wait for it."""
        self.listen("ada", "a@b.test")
        large = parse(b"Subject: large\r\n\r\n")
        content = b"x" * (ENCODED_IN_REACTOR + 1)
        published = [self.channel.publish([stored("m-0", owner="ada", seq=n)], large, content) for n in (1, 2)]
        self.assertEqual(len(self.threads), 1)
        self.assertNoResult(published[0])
        self.threads[0][1].callback(self.threads[0][0]())
        self.successResultOf(published[0])
        self.assertEqual(len(self.threads), 2)
        self.threads[1][1].errback(MemoryError())
        self.successResultOf(published[1])
        self.assertEqual(len(self.flushLoggedErrors(MemoryError)), 1)

    def test_a_small_message_keeps_nobody_waiting(self) -> None:
        """Nothing is given to wait for when the frames are made at once."""
        self.listen("ada", "a@b.test")
        self.assertIsNone(self.channel.publish([stored("m-0", owner="ada")], parse(CONTENT), CONTENT))

    def test_a_frame_that_cannot_be_made_holds_up_nothing(self) -> None:
        """When encoding fails the fault is logged and the messages behind it go out."""
        one = self.listen("ada", "a@b.test")
        self.publish("a@b.test", "ada", b"Subject: large\r\n\r\n" + b"x" * ENCODED_IN_REACTOR)
        self.publish("a@b.test", "ada", b"Subject: small\r\n\r\n")
        self.threads[0][1].errback(MemoryError())
        self.assertEqual(one.subjects, ["small"])
        self.assertEqual(len(self.flushLoggedErrors(MemoryError)), 1)

    def test_many_listeners_are_served_in_slices(self) -> None:
        """Beyond one slice the rest waits for later turns, and order holds on every socket."""
        listeners = [self.listen("ada", "a@b.test") for _ in range(2 * SLICE + 10)]
        self.publish("a@b.test", "ada", b"Subject: 1\r\n\r\n")
        self.publish("a@b.test", "ada", b"Subject: 2\r\n\r\n")
        self.assertEqual(sum(len(listener.frames) for listener in listeners), SLICE)
        while self.clock.getDelayedCalls():
            before = sum(len(listener.frames) for listener in listeners)
            self.clock.turn()
            self.assertTrue(sum(len(listener.frames) for listener in listeners) - before <= SLICE)
        self.assertEqual({tuple(listener.subjects) for listener in listeners}, {("1", "2")})

    def test_one_broken_listener_costs_nobody_else(self) -> None:
        """An exception in one listener is logged and the others get their frame."""
        broken = self.listen("ada", "a@b.test")
        broken.subscription.send = lambda _: 1 / 0  # type: ignore[assignment, return-value]
        other = self.listen("ada", "a@b.test")
        self.publish("a@b.test", "ada")
        self.assertEqual(other.subjects, ["Your code"])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_the_setting_is_a_flag(self) -> None:
        """enablews is true or false; null switches it off; anything else is refused."""
        self.assertEqual([self.channel.check(value, "alice") for value in (True, False, None)], [True, False, False])
        with self.assertRaises(ValueError):
            self.channel.check("yes", "alice")

    def test_captured_mail_goes_to_the_firehose_of_its_account(self) -> None:
        """Without a reserved address, and not when it is another's; an admin has it while it is public."""
        mine, other, admin = self.listen("ada", "*"), self.listen("bob", "*"), self.listen("admin", "*")
        for number, owner in enumerate(("", "ada", "bob"), 1):
            message = stored(f"m{number}-0", inbox="customer@gmail.test", owner=owner, seq=number, submitter="ada")
            self.channel.publish([message], parse(CONTENT), CONTENT)
        assert [json.loads(frame)["_id"] for frame in mine.frames] == ["m1-0", "m2-0"]
        assert [len(one.frames) for one in (other, admin)] == [0, 1]
