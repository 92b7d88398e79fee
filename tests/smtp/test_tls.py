"""STARTTLS, and listeners that have TLS from the start."""

import pytest

from mailsockd.state.activity import Kind
from tests.smtp import tls
from tests.smtp.fake import Client, Mailroom, begun, limits

MAIL = b"MAIL FROM:<>\r\nRCPT TO:<bob@mx.test>\r\nDATA\r\nhi\r\n.\r\n"


@pytest.fixture(scope="module")
def context() -> object:
    return tls.context()


def upgraded(room: Mailroom) -> tuple[Client, tls.TLSClient]:
    """A client that has done STARTTLS, before its handshake."""
    wire = tls.Upgradable()
    client = room.connect(wire=wire)
    wire.protocol = client.session
    assert "250 STARTTLS" in client.send(b"EHLO plain\r\n")
    assert client.codes(b"MAIL FROM:<plain@b.example>\r\nSTARTTLS\r\n") == ["250 2.1.0", "220 2.0.0"]
    assert wire.layer is not None
    return client, tls.TLSClient(wire.layer, wire.bottom, wire)


def test_starttls_is_offered_only_with_a_certificate() -> None:
    """STARTTLS is in the answer to EHLO when there is a context at that moment, and is refused without one."""
    contexts: list[object] = []
    room = Mailroom(tls=lambda: contexts[0] if contexts else None)
    client = room.connect()
    assert "250 STARTTLS" not in client.send(b"EHLO me\r\n")
    assert client.codes(b"STARTTLS\r\n") == ["502 5.5.1"]
    contexts.append("a context")
    assert client.send(b"EHLO me\r\n")[-2:] == ["250-HELP", "250 STARTTLS"]
    assert client.codes(b"STARTTLS now\r\n", b"STARTTLS\r\n") == ["501 5.5.4", "220 2.0.0"]
    assert client.wire.contexts == ["a context"]


def test_everything_said_before_tls_is_forgotten(context: object) -> None:
    """Behind STARTTLS the session starts again: no name, no mail, and TLS is not offered twice."""
    room = Mailroom(tls=lambda: context)
    _client, inside = upgraded(room)
    assert [line[:9] for line in inside.say(b"RCPT TO:<bob@mx.test>\r\n" + MAIL[:14] + b"STARTTLS\r\n")] == [
        "503 5.5.1",
        "503 5.5.1",
        "503 5.5.1",
    ]
    assert inside.say(b"EHLO inside\r\n")[-1] == "250 HELP"
    assert inside.say(MAIL)[-1] == "250 2.0.0 OK : queued as id1"
    envelope = room.mails[0][0]
    assert (envelope.tls, envelope.helo, envelope.sender) == (True, "inside", "")


def test_commands_sent_in_the_clear_behind_starttls_are_never_obeyed(context: object) -> None:
    """Input left behind STARTTLS ends the session, and TLS does not begin."""
    room = Mailroom(tls=lambda: context)
    client = begun(room)
    assert client.codes(b"STARTTLS\r\nMAIL FROM:<injected@b.example>\r\n") == ["421 5.5.1"]
    assert client.closed
    assert client.wire.contexts == []


def test_a_part_of_a_command_behind_starttls_is_not_obeyed_either(context: object) -> None:
    """One byte behind STARTTLS is as bad as a whole command."""
    client = begun(Mailroom(tls=lambda: context))
    assert client.codes(b"STARTTLS\r\nM") == ["421 5.5.1"]
    assert client.closed


def test_commands_in_the_clear_in_the_next_packet_reach_only_tls(context: object) -> None:
    """Plain text that comes after STARTTLS was answered is no handshake, and no command."""
    room = Mailroom(tls=lambda: context)
    client, inside = upgraded(room)
    before = client.wire.value()
    inside.layer.dataReceived(b"EHLO x\r\n" + MAIL)
    assert room.mails == []
    assert client.wire.value() == before
    assert b"250" not in inside.bottom.value()


def test_a_handshake_that_stalls_is_cut_off(context: object) -> None:
    """A client that asks for TLS and then says nothing is cut off at once after its time."""
    client, _inside = upgraded(Mailroom(tls=lambda: context))
    client.wait(10)
    assert not client.wire.disconnected
    client.wait(1)
    assert client.wire.disconnected


def test_a_finished_handshake_has_the_usual_time(context: object) -> None:
    """Inside TLS the idle time holds, not that of the handshake, although nothing was said yet."""
    client, inside = upgraded(Mailroom(tls=lambda: context))
    assert inside.say() == []
    client.wait(300)
    assert not client.closed
    client.wait(2)
    assert client.closed
    assert inside.say() == ["421 4.4.2 Nothing was said for too long, closing"]
    client.wait(2)
    assert client.wire.disconnected


def test_replies_never_leave_in_the_clear_after_starttls(context: object) -> None:
    """Whatever way of sending the factory was given, inside TLS replies go through the TLS layer."""
    plain: list[bytes] = []

    def send(transport: tls.Upgradable, data: bytes) -> None:
        plain.append(data)
        transport.write(data)

    room = Mailroom(tls=lambda: context, send=send)
    _client, inside = upgraded(room)
    count = len(plain)
    assert inside.say(b"NOOP\r\n") == ["250 2.0.0 OK"]
    assert len(plain) == count


def test_a_listener_with_tls_from_the_start(context: object) -> None:
    """Behind a TLS layer the greeting comes first inside TLS, STARTTLS is not offered, and the envelope says TLS."""
    room = Mailroom(tls=lambda: context, implicit_tls=True)
    inside = tls.implicit(room, context)
    assert inside.say() == ["220 mx.test ESMTP mailsockd"]
    assert inside.say(b"EHLO me\r\n")[-1] == "250 HELP"
    assert inside.say(b"STARTTLS\r\n") == ["503 5.5.1 TLS is already in use"]
    assert inside.say(MAIL + b"QUIT\r\n")[-2:] == ["250 2.0.0 OK : queued as id1", "221 2.0.0 Goodbye"]
    assert room.mails[0][0].tls
    assert room.mails[0][1] == b"hi\r\n"


def test_a_listener_with_tls_cuts_off_who_does_not_shake_hands(context: object) -> None:
    """Silence, or plain text, at a TLS listener ends after the handshake's time or at once."""
    room = Mailroom(implicit_tls=True, limits=limits(handshake_timeout=5))
    silent = tls.implicit(room, context)
    room.clock.pump([1.0] * 5)
    assert not silent.bottom.disconnected
    room.clock.pump([1.0])
    assert silent.bottom.disconnected


def test_a_tls_listener_behind_another_layer() -> None:
    """When nobody tells of the handshake's end, the first bytes that come through show it."""
    room = Mailroom(implicit_tls=True)
    client = room.connect()
    assert client.codes(b"EHLO me\r\n") == ["250"]
    client.wait(60)
    assert not client.closed


def test_too_many_connections_at_a_tls_listener(context: object) -> None:
    """A refused connection at a TLS listener is recorded, and cut off when it does not finish."""
    room = Mailroom(implicit_tls=True, limits=limits(connections=0))
    refused = tls.implicit(room, context)
    assert [event.kind for event in room.events()] == [Kind.REFUSED]
    room.clock.pump([1.0] * 3)
    assert refused.bottom.disconnected


def test_commands_in_small_records_inside_tls(context: object) -> None:
    """Commands and content that come in records of one byte are the same as in one."""
    room = Mailroom(implicit_tls=True)
    inside = tls.implicit(room, context)
    inside.say()
    replies = [line for byte in b"EHLO me\r\n" + MAIL for line in inside.say(bytes([byte]))]
    assert [line[:3] for line in replies if line[3] == " "] == ["250", "250", "250", "354", "250"]
    assert room.mails[0][1] == b"hi\r\n"
