"""The trace header."""

from mailsockd.mail.message import parse
from mailsockd.mail.trace import received_header, received_value, with_trace
from tests.fakes import stored


def test_trace_names_recipient_peer_and_time() -> None:
    """The header says from whom, by whom, for whom and when, in RFC 5321's form."""
    message = stored("abc-0", inbox="a@b.test", original="a+x@b.test", received=1795334470.004, tls=True)
    assert received_header(message, "mail.test") == (
        b"Received: from client.test ([192.0.2.1])\r\n"
        b" by mail.test ([127.0.0.1]) with ESMTPS id abc-0\r\n"
        b" for <a+x@b.test>; Sun, 22 Nov 2026 08:01:10 +0000\r\n"
    )


def test_trace_for_ipv6_and_a_silent_client() -> None:
    """IPv6 addresses are marked, a client without a name is `unknown`, and HELO is SMTP."""
    message = stored("abc-0", ip="2001:db8::1", via="::1", helo="", esmtp=False)
    assert received_value(message, "mail.test").startswith(
        "from unknown ([IPv6:2001:db8::1]) by mail.test ([IPv6:::1]) with SMTP id abc-0 for <a@b.test>; "
    )


def test_trace_reads_back_as_one_value() -> None:
    """The header parsed from the bytes is the value that the frame shows."""
    message = stored("abc-0")
    headers = parse(with_trace(message, b"Subject: hi\r\n\r\nbody\r\n", "mail.test")).headers
    assert headers == (("Received", received_value(message, "mail.test")), ("Subject", "hi"))
