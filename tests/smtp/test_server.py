"""The SMTP factory, seen from outside: a mail comes in, and limits on who is connected."""

from twisted.internet.address import UNIXAddress
from twisted.internet.defer import Deferred

from mailsockd.mail.envelope import Envelope
from mailsockd.state.activity import Event, Kind
from tests.smtp.fake import NOW, Mailroom, Wire, in_content, limits


def test_a_mail_is_received_and_answered_with_its_queue_id() -> None:
    """A plain dialogue ends in one call of receive and a 250 that names the queue id."""
    room = Mailroom()
    client = room.connect()
    assert client.lines() == ["220 mx.test ESMTP mailsockd"]
    lines = client.send(
        b"EHLO client.example\r\n",
        b"MAIL FROM:<Ann@B.example>\r\n",
        b"RCPT TO:<Bob@mx.test>\r\n",
        b"DATA\r\n",
        b"Subject: hi\r\n\r\nhello\r\n.\r\n",
        b"QUIT\r\n",
    )
    assert lines == [
        "250-mx.test",
        "250-SIZE 26214400",
        "250-8BITMIME",
        "250-SMTPUTF8",
        "250-PIPELINING",
        "250-ENHANCEDSTATUSCODES",
        "250 HELP",
        "250 2.1.0 Sender OK",
        "250 2.1.5 Recipient OK",
        "354 Send the content, end it with a line that holds a dot alone",
        "250 2.0.0 OK : queued as id1",
        "221 2.0.0 Goodbye",
    ]
    envelope = Envelope(
        sender="ann@b.example",
        recipients=("bob@mx.test",),
        peer="192.0.2.7",
        helo="client.example",
        via="192.0.2.1",
        received=NOW,
        session=room.mails[0][0].session,
        connected=NOW,
    )
    assert room.mails == [(envelope, b"Subject: hi\r\n\r\nhello\r\n")]
    assert client.closed


def test_connections_over_the_limit_are_refused() -> None:
    """As many sessions as allowed are greeted, more get 421 and a record, and a place that is left is free again."""
    room = Mailroom(limits=limits(connections=2))
    first, second = room.connect("192.0.2.1"), room.connect("192.0.2.2")
    third = room.connect("192.0.2.3")
    line = "421 4.7.0 Too many connections, try again later"
    assert (first.closed, second.closed, third.closed) == (False, False, True)
    assert third.lines() == [line]
    assert third.send(b"EHLO me\r\n") == []
    assert room.events() == [Event(Kind.REFUSED, NOW, peer="192.0.2.3", text=line)]
    third.wait(2)
    assert third.wire.disconnected
    third.session.connectionLost()
    first.session.connectionLost()
    assert room.connect("192.0.2.4").lines() == ["220 mx.test ESMTP mailsockd"]


def test_connections_of_one_peer_are_limited() -> None:
    """One address or one IPv6 network has a limit of its own; others are not touched by it."""
    room = Mailroom(limits=limits(connections_per_peer=2))
    for peer in ("2001:db8::1", "2001:db8::2"):
        assert room.connect(peer).lines() == ["220 mx.test ESMTP mailsockd"]
    assert room.connect("2001:db8::3").lines() == ["421 4.7.0 Too many connections from your address, try again later"]
    assert room.connect("2001:db8:0:1::3").lines() == ["220 mx.test ESMTP mailsockd"]


def test_a_storm_of_connections_is_not_even_answered() -> None:
    """Far over the limit a connection gets no session at all, so that refusing costs nothing."""
    room = Mailroom(limits=limits(connections=1))
    for _ in range(101):
        room.connect()
    assert room.factory.buildProtocol(None) is None


def stop(room: Mailroom) -> list[str]:
    """Shut the factory down; the list says whether it is done."""
    done: list[str] = []
    room.factory.shutdown().addCallback(lambda result: done.append("done"))
    return done


def test_shutdown_ends_idle_sessions() -> None:
    """Sessions that wait for a command or for content are told 421; shutdown fires when they are gone."""
    room = Mailroom()
    idle, busy = room.connect(), in_content(room)
    done = stop(room)
    assert idle.lines()[-1] == busy.lines()[-1] == "421 4.3.2 shutting down"
    assert done == []
    idle.session.connectionLost()
    assert done == []
    busy.session.connectionLost()
    assert done == ["done"]
    assert [call for call in room.clock.getDelayedCalls() if call.getTime() > 2] == []


def test_shutdown_answers_for_a_mail_that_is_being_stored_first() -> None:
    """A session in commit gets its 250 and then 421, and nothing that it sent ahead is done."""
    room = Mailroom()
    stored: Deferred[str] = Deferred()
    room.answer = lambda: stored
    client = in_content(room)
    client.send(b".\r\nMAIL FROM:<>\r\n")
    done = stop(room)
    assert not client.closed
    before = len(client.wire.value())
    stored.callback("id1")
    assert client.lines(before) == ["250 2.0.0 OK : queued as id1", "421 4.3.2 shutting down"]
    assert client.closed
    client.session.connectionLost()
    assert done == ["done"]


def test_shutdown_does_not_wait_for_ever() -> None:
    """What is left after the time for shutdown is cut off."""
    room = Mailroom(limits=limits(shutdown_timeout=5))
    room.answer = Deferred
    client = in_content(room)
    client.send(b".\r\n")
    done = stop(room)
    client.wait(4)
    assert (done, client.wire.disconnected) == ([], False)
    client.wait(1)
    assert (done, client.wire.disconnected) == (["done"], True)


def test_shutdown_of_a_server_without_sessions_is_done_at_once() -> None:
    """With nobody connected, shutdown has fired when it returns, and leaves no timer."""
    room = Mailroom()
    assert stop(room) == ["done"]
    assert room.clock.getDelayedCalls() == []


def test_who_comes_during_shutdown_is_turned_away() -> None:
    """A connection that arrives while the server stops gets 421."""
    room = Mailroom()
    room.connect()
    stop(room)
    late = room.connect()
    assert late.lines() == ["421 4.3.2 shutting down"]
    assert late.closed


def test_peers_without_an_address_are_served() -> None:
    """A connection by a UNIX socket has no address, and works all the same."""

    class Local(Wire):
        def getPeer(self) -> UNIXAddress:
            return UNIXAddress(None)

        def getHost(self) -> UNIXAddress:
            return UNIXAddress(b"/run/smtp")

        def setTcpNoDelay(self, enabled: bool) -> None:
            raise OSError("Operation not supported")

    room = Mailroom()
    client = room.connect(wire=Local())
    assert client.codes(b"EHLO me\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\n.\r\n")[-1] == "250 2.0.0"
    assert (room.mails[0][0].peer, room.mails[0][0].via) == ("", "")
