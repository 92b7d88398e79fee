"""Deliveries of a running daemon to a server that takes, refuses, waits or says nothing, with kills in the middle."""

import json
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.integration.clients import SECONDS, Talk, frame, listen, rest
from tests.integration.daemon import DOMAIN, ROOT, Daemon, environment
from tests.integration.hook_taker import HookTaker
from tests.integration.waiting import until

MAILS = 40


@contextmanager
def hooked(taker: HookTaker, **settings: int) -> Iterator[Daemon]:
    """Run a daemon that may send to the taker; it is looked over at the end."""
    allowed = {"allow": ["127.0.0.0/8"], "ports": [taker.port]}
    with Daemon({"webhook": allowed, "delivery": settings}) as daemon:
        yield daemon


def reserve(daemon: Daemon, taker: HookTaker, name: str) -> str:
    """Reserve an address whose mail goes to a path of that name, and to sockets."""
    address = f"{name}@{DOMAIN}"
    rest(daemon, "POST", f"/addresses/{address}", {"enablews": True, "webhook": taker.url(f"/{name}")})
    return address


def deliveries(daemon: Daemon, query: str = "", method: str = "GET") -> Any:
    """Ask for deliveries."""
    request = urllib.request.Request(
        f"{daemon.url}/mailsockd/v1/deliveries{query}", headers={"Mailsac-Key": daemon.key}, method=method
    )
    with urllib.request.urlopen(request, timeout=SECONDS) as reply:
        return json.loads(reply.read())


def ctl(daemon: Daemon, *arguments: str) -> str:
    """Run mailsockctl."""
    done = subprocess.run(
        [sys.executable, "-m", "mailsockd.control.ctl", "--config", str(daemon.file), *arguments],
        env=environment(ROOT),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    return done.stdout


def send(talk: Talk, address: str, subject: str) -> str:
    """Send a mail; gives the id of its message."""
    return talk.mail("a@shop.example", address, f"Subject: {subject}\r\n\r\nhello\r\n".encode()) + "-0"


def test_kills_lose_nothing_and_keep_the_order() -> None:
    """Each mail that got a 250 arrives at its web hook, in order, however the daemon ends while deliveries run."""
    let_go = threading.Event()
    calm = threading.Event()

    def says(path: str, body: Any) -> int:
        if not calm.is_set() and len(taker.asked) % 8 == 0:
            let_go.wait(SECONDS)  # the daemon is killed while it waits for this answer
        return 200

    with HookTaker(says) as taker, hooked(taker) as daemon:
        address = reserve(daemon, taker, "all")
        accepted: list[str] = []
        for ending in (daemon.kill, daemon.kill, daemon.stop):
            asked = len(taker.asked)
            with Talk.begin(daemon) as talk:
                accepted += [send(talk, address, str(number)) for number in range(MAILS)]
            until(lambda asked=asked: len(taker.asked) > asked and len(taker.asked) % 8 == 0, "a delivery is held")
            ending()
            let_go.set()
            let_go.clear()
            daemon.start()
        calm.set()
        let_go.set()
        until(lambda: set(accepted) <= set(taker.ids("/all")), "every accepted mail arrives", 60)
        arrived = list(dict.fromkeys(taker.ids("/all")))
        assert arrived == accepted
        until(lambda: not deliveries(daemon, "?status=waiting"), "all is written down")
        listed = deliveries(daemon, "?limit=1000")
        assert [one["message"] for one in listed] == accepted[::-1]
        assert {one["status"] for one in listed} == {"delivered"}


def test_kills_neither_double_nor_lose_what_is_forwarded_in_the_house() -> None:
    """Whatever moment the daemon is killed at, each mail is in the inbox that it was forwarded to once, in order."""
    first, second = f"first@{DOMAIN}", f"second@{DOMAIN}"
    with Daemon() as daemon:
        rest(daemon, "POST", f"/addresses/{second}")
        rest(daemon, "POST", f"/addresses/{first}", {"forward": second})
        for killed_at in (1, 7, 25):
            arrived = len(subjects(daemon, second))
            with Talk.begin(daemon) as talk:
                for number in range(MAILS):
                    send(talk, first, f"{killed_at} {number}")
            until(lambda wanted=arrived + killed_at: len(subjects(daemon, second)) >= wanted, "some are forwarded")
            daemon.kill()
            daemon.start()
        sent = subjects(daemon, first)
        assert len(sent) == len(set(sent)) == 3 * MAILS
        until(lambda: len(subjects(daemon, second)) >= len(sent), "all are forwarded")
        until(lambda: not deliveries(daemon, "?status=waiting"), "nothing waits")
        assert subjects(daemon, second) == sent


def subjects(daemon: Daemon, address: str) -> list[str]:
    """Give the subjects of an inbox, newest first."""
    return [one["subject"] for one in rest(daemon, "GET", f"/addresses/{address}/messages?limit=1000")]


def test_a_silent_target_holds_up_nobody() -> None:
    """While a web hook does not answer, mail is taken, sockets get it, and other web hooks do too."""
    let_go = threading.Event()

    def says(path: str, body: Any) -> int:
        if path == "/silent":
            let_go.wait(SECONDS)
        return 200

    with HookTaker(says) as taker, hooked(taker) as daemon:
        silent, other = reserve(daemon, taker, "silent"), reserve(daemon, taker, "other")
        with listen(daemon, f"{silent},{other}") as connection, Talk.begin(daemon) as talk:
            for number in range(MAILS):
                for address in (silent, other):
                    subject = f"{number} to {address}"
                    send(talk, address, subject)
                    assert frame(connection)["subject"] == subject
        until(lambda: len(taker.ids("/other")) == MAILS, "the other web hook has got all")
        assert [path for path, _ in taker.asked].count("/silent") == 1
        let_go.set()
        until(lambda: len(taker.ids("/silent")) == MAILS, "what waited arrives")


def test_what_is_refused_for_now_comes_later_and_in_order() -> None:
    """A web hook that fails once gets everything seconds later, in order; the log says how it went, and no target."""
    refused: list[str] = []

    def says(path: str, body: Any) -> int:
        if not refused:
            refused.append(body["_id"])
            return 503
        return 200

    with HookTaker(says) as taker, hooked(taker) as daemon:
        address = reserve(daemon, taker, "busy")
        with Talk.begin(daemon) as talk:
            accepted = [send(talk, address, str(number)) for number in range(3)]
        (first,) = until(
            lambda: deliveries(daemon, f"?message={accepted[0]}&status=waiting"), "the first one is refused"
        )
        assert first["target"] == taker.url("/busy")
        assert (first["address"], first["channel"], first["finished"]) == (address, "webhook", None)
        until(lambda: len(taker.ids("/busy")) == 3, "all arrive")
        assert (refused, taker.ids("/busy")) == ([accepted[0]], accepted)
        until(lambda: "delivered" in daemon.log, "it is told")
        assert "delivery deferred account=admin address=busy@mail.test" in daemon.log
        assert "503" in daemon.log
        assert str(taker.port) not in daemon.log.partition("Site starting")[2].replace(f"ports: [{taker.port}]", "")


def test_what_failed_is_sent_again_when_somebody_asks() -> None:
    """A permanent refusal is listed with its reason, and sent again over REST and by mailsockctl."""
    answers = {"status": 410}
    with HookTaker(lambda path, body: answers["status"]) as taker, hooked(taker) as daemon:
        address = reserve(daemon, taker, "gone")
        with Talk.begin(daemon) as talk:
            accepted = [send(talk, address, str(number)) for number in range(3)]
        until(lambda: len(deliveries(daemon, "?status=failed")) == 3, "all are refused for good")
        assert taker.ids("/gone") == []
        assert "410" in ctl(daemon, "delivery", "list", "--status", "failed", "--address", address)

        answers["status"] = 200
        (first,) = deliveries(daemon, f"?message={accepted[0]}")
        assert "410" in first["error"]
        tried = deliveries(daemon, f"/{first['_id']}/retry", "POST")
        assert tried["status"] == "waiting"
        until(lambda: taker.ids("/gone") == accepted[:1], "the first one arrives")
        until(lambda: len(deliveries(daemon, "?status=failed")) == 2, "it is written down")
        assert ctl(daemon, "delivery", "retry", "--failed", "--address", address) == "2 deliveries are tried again\n"
        until(lambda: taker.ids("/gone") == accepted, "the others arrive")
        until(lambda: len(deliveries(daemon, "?status=delivered")) == 3, "all is written down")


def test_a_day_is_a_setting() -> None:
    """After `delivery.retry_for` seconds without an answer a delivery has failed, and says so."""
    with HookTaker(lambda path, body: 500) as taker, hooked(taker, retry_for=1) as daemon:
        address = reserve(daemon, taker, "broken")
        with Talk.begin(daemon) as talk:
            send(talk, address, "lost")
        (failed,) = until(lambda: deliveries(daemon, "?status=failed"), "it is given up")
        assert failed["attempts"] == 2
        assert "given up after 1 second" in failed["error"]


def test_an_end_does_not_wait_for_a_silent_target() -> None:
    """SIGTERM ends the daemon though a web hook says nothing, and the next start sends again."""
    let_go = threading.Event()

    def says(path: str, body: Any) -> int:
        if len(taker.asked) == 1:
            let_go.wait(SECONDS)
        return 200

    with HookTaker(says) as taker, hooked(taker) as daemon:
        address = reserve(daemon, taker, "silent")
        with Talk.begin(daemon) as talk:
            id = send(talk, address, "wait")
        until(lambda: taker.asked, "it is asked")
        daemon.stop()
        daemon.start()
        until(lambda: taker.ids("/silent") == [id], "it arrives")
        let_go.set()
