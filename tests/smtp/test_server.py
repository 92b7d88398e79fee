"""The SMTP factory, seen from outside: a mail comes in, and limits on who is connected."""

from mailsockd.mail.envelope import Envelope
from tests.smtp.fake import NOW, Mailroom


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
    )
    assert room.mails == [(envelope, b"Subject: hi\r\n\r\nhello\r\n")]
    assert client.closed
