"""Mail that is refused because of who sends it."""

import pytest

from mailsockd.state.activity import Kind
from mailsockd.state.denials import Denial, Denylist
from tests.smtp.fake import Mailroom, begun


def room(*items: str) -> tuple[Mailroom, Denylist]:
    denylist = Denylist([Denial(item, 1.0) for item in items])
    return Mailroom(denylist=denylist), denylist


@pytest.mark.parametrize("peer", ["192.0.2.7", "::ffff:192.0.2.7"])
def test_a_denied_peer_is_refused_in_place_of_the_greeting(peer: str) -> None:
    """A connection from a denied network is told so and closed; the activity names the item."""
    post, _ = room("192.0.2.0/24")
    client = post.connect(peer)
    assert client.lines() == ["554 5.7.1 Mail from your address is refused here"]
    assert client.closed
    assert client.send(b"EHLO me\r\n") == []
    client.wait(2)
    assert client.wire.disconnected
    (event,) = post.events()
    assert (event.kind, event.peer, event.text) == (
        Kind.REFUSED,
        "192.0.2.7",
        "554 5.7.1 Mail from your address is refused here (denylist: 192.0.2.0/24)",
    )


def test_other_peers_are_greeted() -> None:
    """A peer outside of what is denied is greeted as ever."""
    post, _ = room("192.0.2.0/28", "2001:db8::/32")
    assert post.connect("192.0.2.77").lines() == ["220 mx.test ESMTP mailsockd"]


@pytest.mark.parametrize("sender", [b"<eve@spam.example>", b"<Eve@Deep.SPAM.example>", b"<bob+x@shop.example> SIZE=9"])
def test_a_denied_sender_is_refused_at_mail(sender: bytes) -> None:
    """The mail is refused for good, no recipient is asked about, and the session may bring other mail."""
    post, _ = room("spam.example", "bob@shop.example")
    client = post.connect()
    client.send(b"EHLO me\r\n")
    assert client.codes(b"MAIL FROM:" + sender + b"\r\nRCPT TO:<bob@mx.test>\r\n") == ["550 5.7.1", "503 5.5.1"]
    assert client.codes(b"MAIL FROM:<eve@good.example>\r\nRCPT TO:<bob@mx.test>\r\n") == ["250 2.1.0", "250 2.1.5"]
    (event,) = post.events()
    assert event.kind is Kind.REJECTED
    assert event.text.startswith("550 5.7.1 Mail from ")
    assert event.text.endswith("example is refused here")


@pytest.mark.parametrize("sender", [b"<>", b"<eve@notspam.example>", b"<spam.example@good.example>"])
def test_other_senders_are_taken(sender: bytes) -> None:
    """Bounces, and domains that only look alike, are taken."""
    begun(room("spam.example")[0], sender)


def test_the_list_is_asked_each_time() -> None:
    """What is added or removed holds for the next mail of an open session, and for the next connection."""
    post, denylist = room()
    client = begun(post, b"<eve@spam.example>")
    denylist.put(Denial("spam.example", 1.0))
    denylist.put(Denial("192.0.2.7", 1.0))
    assert client.codes(b"RSET\r\nMAIL FROM:<eve@spam.example>\r\n") == ["250 2.0.0", "550 5.7.1"]
    assert post.connect().closed
    denylist.remove("spam.example")
    denylist.remove("192.0.2.7")
    assert client.codes(b"MAIL FROM:<eve@spam.example>\r\n") == ["250 2.1.0"]
    assert not post.connect().closed
