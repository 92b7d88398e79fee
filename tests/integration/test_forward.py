"""Forwarding and sending by a running daemon: here, to a relay that fails on purpose, with kills in the middle."""

import smtplib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.integration.certificates import make
from tests.integration.clients import SECONDS, Talk, call, frame, listen, rest
from tests.integration.daemon import DOMAIN, Daemon
from tests.integration.relay_taker import RelayTaker, Taken
from tests.integration.test_deliveries import deliveries
from tests.integration.waiting import until

OUTSIDE = "ada@gmail.test"


@contextmanager
def relaying(taker: RelayTaker, **settings: Any) -> Iterator[Daemon]:
    """Run a daemon whose relay is the taker; it is looked over at the end."""
    relay = {"host": "127.0.0.1", "port": taker.port, "tls": "none", **settings}
    with Daemon({"relay": relay}) as daemon:
        yield daemon


def forwarding(daemon: Daemon, name: str, target: str, **settings: Any) -> str:
    """Reserve an address that forwards."""
    address = f"{name}@{DOMAIN}"
    rest(daemon, "POST", f"/addresses/{address}", {"forward": target, **settings})
    return address


def send(daemon: Daemon, sender: str, recipient: str, content: bytes) -> None:
    """Send a mail as smtplib does, which stuffs dots."""
    with smtplib.SMTP("127.0.0.1", daemon.smtp, timeout=SECONDS) as client:
        client.sendmail(sender, [recipient], content)


def listed(daemon: Daemon, address: str) -> list[Any]:
    return list(rest(daemon, "GET", f"/addresses/{address}/messages"))


def states(daemon: Daemon) -> list[tuple[str, str, str]]:
    return [(one["channel"], one["target"], one["status"]) for one in deliveries(daemon)]


def test_a_chain_inside_the_house(daemon: Daemon) -> None:
    """A mail is in each inbox of the chain, on its sockets too, with the first address as original; a round ends."""
    for name in ("one", "two", "three"):
        rest(daemon, "POST", f"/addresses/{name}@{DOMAIN}", {"enablews": True})
    for name, target in (("one", "two"), ("two", "three"), ("three", "one")):
        rest(daemon, "PUT", f"/addresses/{name}@{DOMAIN}", {"forward": f"{target}@{DOMAIN}"})
    status, answer = call(daemon, "PUT", f"/addresses/one@{DOMAIN}", {"forward": f"One+x@{DOMAIN}"})
    assert (status, answer["validationErrors"]) == (400, ["forward: must be another address"])
    content = b"Subject: round\r\n\r\nhello\r\n"
    with listen(daemon, f"three@{DOMAIN}") as connection, Talk.begin(daemon) as talk:
        talk.mail("a@shop.example", f"one+tag@{DOMAIN}", content)
        shown = frame(connection)
    assert (shown["inbox"], shown["originalInbox"]) == (f"three@{DOMAIN}", f"one+tag@{DOMAIN}")
    (copy,) = listed(daemon, f"three@{DOMAIN}")
    assert copy["_id"] == shown["_id"]
    raw = rest(daemon, "GET", f"/raw/three@{DOMAIN}/{copy['_id']}")
    assert raw.endswith(content) and raw.count(b"Received: ") == 1
    until(lambda: [one["status"] for one in deliveries(daemon)] == ["failed", "delivered", "delivered"], "it ends")
    last = deliveries(daemon)[0]
    assert last["error"] == f"it would go round: the mail has been in one@{DOMAIN} already"
    assert last["trail"] == [f"one@{DOMAIN}", f"two@{DOMAIN}"]
    assert len(listed(daemon, f"one@{DOMAIN}")) == 1
    assert f"to two@{DOMAIN}, where it is {listed(daemon, f'two@{DOMAIN}')[0]['_id']}" in daemon.log


def test_kills_leave_one_copy_each() -> None:
    """However the daemon ends, every accepted mail is in the second inbox once."""
    with Daemon() as daemon:
        rest(daemon, "POST", f"/addresses/to@{DOMAIN}")
        address = forwarding(daemon, "from", f"to@{DOMAIN}")
        for turn in range(3):
            with Talk.begin(daemon) as talk:
                for number in range(20):
                    talk.mail("a@shop.example", address, f"Subject: {turn} {number}\r\n\r\nhello\r\n".encode())
            daemon.kill()
            daemon.start()
        until(lambda: {one["status"] for one in deliveries(daemon, "?limit=100")} == {"delivered"}, "all arrive")
        found = rest(daemon, "GET", f"/addresses/to@{DOMAIN}/messages?limit=100")
        subjects = [f"{turn} {number}" for turn in range(3) for number in range(20)]
        assert [message["subject"] for message in reversed(found)] == subjects


def test_without_a_relay_nothing_leaves(daemon: Daemon) -> None:
    """Forwarding outside and sending outside are refused and name the setting."""
    rest(daemon, "POST", f"/addresses/stays@{DOMAIN}")
    status, answer = call(daemon, "PUT", f"/addresses/stays@{DOMAIN}", {"forward": OUTSIDE})
    assert status == 400 and "(relay.host)" in answer["message"]
    mail = {"from": f"stays@{DOMAIN}", "to": OUTSIDE, "subject": "x", "text": "x"}
    status, answer = call(daemon, "POST", "/outgoing-messages", mail)
    assert status == 400 and "(relay.host)" in answer["message"]


def test_a_relay_with_starttls_and_a_password(tmp_path: Path) -> None:
    """Over TLS with a certificate that is checked, signed in, mail arrives byte for byte, dots and long lines too."""
    certificate = make(tmp_path, "relay", "localhost")
    (tmp_path / "password").write_text("s3 cret\n")
    settings = {
        "host": "localhost",
        "tls": "starttls",
        "verify": True,
        "authorities": str(certificate[0]),
        "username": "mailsockd",
        "password_file": str(tmp_path / "password"),
    }
    content = b"Subject: dots\r\n\r\n.\r\n..\r\n." + b"x" * 16_400 + b"\r\n." + b"y" * 300_000 + b"\r\n.end\xff\r\n"
    with RelayTaker(certificate=certificate, password="s3 cret") as taker, relaying(taker, **settings) as daemon:
        address = forwarding(daemon, "leaves", OUTSIDE)
        send(daemon, "a@shop.example", address, content)
        until(lambda: taker.taken, "the relay has the mail")
        send(daemon, "", address, b"Subject: bounce\r\n\r\nfailed\r\n")
        until(lambda: len(taker.taken) == 2, "the relay has the second mail")
        first, second = taker.taken
        assert first == Taken(
            True, "mailsockd", f"<{address}> SIZE={len(first.content)} BODY=8BITMIME", f"<{OUTSIDE}>", first.content
        )
        assert first.content.startswith(f"X-Mailsockd-Forwarded: mx.{DOMAIN}\r\nReceived: from ".encode())
        assert first.content.endswith(content) and first.content.count(b"Received: ") == 1
        assert second.sender.startswith("<> SIZE=")
        until(lambda: states(daemon) == [("forward", OUTSIDE, "delivered")] * 2, "it is written down")
        assert f"to {OUTSIDE} by the relay, which answered 250 2.0.0 taken as 1" in daemon.log
        assert "s3 cret" not in daemon.log


def test_a_certificate_that_is_not_the_relays(tmp_path: Path) -> None:
    """Nothing is sent to a relay with another's certificate; it waits, and says why."""
    certificate = make(tmp_path, "relay", "other.test")
    settings = {"host": "localhost", "tls": "starttls", "verify": True, "authorities": str(certificate[0])}
    with RelayTaker(certificate=certificate) as taker, relaying(taker, **settings) as daemon:
        address = forwarding(daemon, "careful", OUTSIDE)
        with Talk.begin(daemon) as talk:
            talk.mail("a@shop.example", address, b"Subject: x\r\n\r\nx\r\n")
        error = until(lambda: deliveries(daemon)[0]["error"], "a try fails")
        assert error == "the relay localhost: its certificate is for another name"
        assert "MAIL" not in taker.heard and not taker.taken


def test_implicit_tls(tmp_path: Path) -> None:
    """Everything is in TLS from the first byte; on this machine the certificate is not checked unless it is said."""
    certificate = make(tmp_path, "relay", "other.test")
    with (
        RelayTaker(certificate=certificate, implicit=True) as taker,
        relaying(taker, host="localhost", tls="implicit") as daemon,
    ):
        address = forwarding(daemon, "inside", OUTSIDE)
        with Talk.begin(daemon) as talk:
            talk.mail("a@shop.example", address, b"Subject: x\r\n\r\nx\r\n")
        until(lambda: taker.subjects == ["x"], "the relay has the mail")
        assert taker.taken[0].tls


def test_refusals_for_now_and_for_good() -> None:
    """A 4xx and a hang-up are tried again until the mail is taken, once; a 5xx ends it with the relay's words."""
    replies = iter(["451 4.7.1 greylisted", "", None])

    def says(verb: str, line: str) -> str | None:
        if verb == "RCPT" and "nobody@" in line:
            return "550 5.1.1 no such user"
        return next(replies, None) if verb in ("RCPT", "content") else None

    with RelayTaker(says) as taker, relaying(taker) as daemon:
        address, lost = forwarding(daemon, "later", OUTSIDE), forwarding(daemon, "lost", "nobody@gmail.test")
        with Talk.begin(daemon) as talk:
            talk.mail("a@shop.example", address, b"Subject: later\r\n\r\nx\r\n")
            error = until(lambda: deliveries(daemon)[0]["error"], "the relay refuses")
            assert error == "the relay 127.0.0.1 refused: 451 4.7.1 greylisted"
            talk.mail("a@shop.example", lost, b"Subject: lost\r\n\r\nx\r\n")
        until(lambda: ("forward", OUTSIDE, "delivered") in states(daemon), "the mail is taken", 60)
        failed = deliveries(daemon, "?status=failed")
        assert [one["error"] for one in failed] == ["the relay 127.0.0.1 refused: 550 5.1.1 no such user"]
        assert taker.subjects == ["later"]


def test_a_kill_while_the_relay_thinks() -> None:
    """A mail that the relay had not answered for is handed over again after the start, and then no more."""
    answer, hold = threading.Event(), threading.Event()

    def says(verb: str, line: str) -> str | None:
        if verb == "content" and not answer.is_set():
            hold.wait(30)
            return ""
        return None

    with RelayTaker(says) as taker, relaying(taker) as daemon:
        address = forwarding(daemon, "held", OUTSIDE)
        with Talk.begin(daemon) as talk:
            for number in range(3):
                talk.mail("a@shop.example", address, f"Subject: {number}\r\n\r\nx\r\n".encode())
        until(lambda: "content" in taker.heard, "the relay has a content")
        daemon.kill()
        answer.set()
        hold.set()
        daemon.start()
        until(lambda: states(daemon) == [("forward", OUTSIDE, "delivered")] * 3, "all is delivered")
        assert taker.subjects == ["0", "1", "2"]


def test_what_an_account_sends() -> None:
    """Recipients here have it at once, those outside by the relay, also after a kill; a copy is in the sent folder."""
    open_now = threading.Event()

    def says(verb: str, line: str) -> str | None:
        return None if open_now.is_set() else ""

    with RelayTaker(says) as taker, relaying(taker, domains=["gmail.test"]) as daemon:
        for name in ("sender", "near"):
            rest(daemon, "POST", f"/addresses/{name}@{DOMAIN}")
        mail = {
            "from": f"Ada <sender@{DOMAIN}>",
            "to": [f"near@{DOMAIN}", OUTSIDE, "bob@gmail.test"],
            "subject": "sent",
            "text": ".dots",
        }
        answer = rest(daemon, "POST", "/outgoing-messages", mail)
        assert answer["from"] == f"sender@{DOMAIN}" and answer["to"] == mail["to"]
        id = answer["id"].removeprefix("fe-")
        assert [one["_id"] for one in listed(daemon, f"near@{DOMAIN}")] == [f"{id}-0"]
        (kept,) = listed(daemon, f"sender@{DOMAIN}")
        assert (kept["_id"], kept["folder"], kept["read"]) == (f"{id}-1", "sent", True)
        daemon.kill()
        daemon.start()
        waiting = sorted(states(daemon))
        assert waiting == [("relay", OUTSIDE, "waiting"), ("relay", "bob@gmail.test", "waiting")]
        open_now.set()
        until(lambda: len(taker.taken) == 2, "the relay has both", 60)
        until(lambda: {state for _, _, state in states(daemon)} == {"delivered"}, "it is written down")
        assert sorted(one.recipient for one in taker.taken) == [f"<{OUTSIDE}>", "<bob@gmail.test>"]
        for one in taker.taken:
            assert one.sender.startswith(f"<sender@{DOMAIN}> ")
            assert b"\r\nSubject: sent\r\n" in one.content and one.content.endswith(b"\r\n.dots\r\n")
        status, refused = call(daemon, "POST", "/outgoing-messages", {**mail, "to": "x@other.test"})
        assert status == 400
        assert refused["message"] == (
            "x@other.test cannot be sent to: mail leaves only for gmail.test (relay.domains)."
        )


def test_another_mailsockd_as_relay() -> None:
    """Our own server takes what our own client sends, and a round through both ends at the first."""
    with Daemon({"smtp": {"accept": "any"}, "hostname": "far.gmail.test"}) as far:
        relay = {"host": "127.0.0.1", "port": far.smtp, "tls": "opportunistic"}
        with Daemon({"relay": relay}) as near:
            address = forwarding(near, "a", OUTSIDE)
            content = b"Subject: far\r\n\r\n.\r\n" + b".long" * 40_000 + b"\r\n"
            send(near, "a@shop.example", address, content)
            (message,) = until(lambda: listed(far, OUTSIDE), "it is there")
            raw = rest(far, "GET", f"/raw/{OUTSIDE}/{message['_id']}")
            assert raw.endswith(content)
            send(near, "a@shop.example", address, raw)
            failed = until(lambda: deliveries(near, "?status=failed"), "the round ends")
            assert failed[0]["error"] == "it would go round: this server has forwarded the mail before"
            assert len(listed(far, OUTSIDE)) == 1
