"""The activity of a running daemon: one mail's way by REST and mailsockctl, a silent socket, restarts, a scanner."""

import json
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from websockets.sync.client import connect

from tests.api.described import all_routes, hold
from tests.integration.clients import SECONDS, Talk, frame, listen, new_address, rest
from tests.integration.daemon import DOMAIN, PYTHON, Daemon, environment
from tests.integration.hook_taker import HookTaker
from tests.integration.test_control import RUN, answer, control
from tests.integration.waiting import until
from tests.web.talk import Answer

PATH = "/mailsockd/v1/activity"
MAIL = b"Subject: private matters\r\n\r\nHello\r\n"


@pytest.fixture(scope="module")
def daemon() -> Iterator[Daemon]:
    """Give a daemon that may send to loopback, and that anybody may knock at often."""
    hooks = {"allow": ["127.0.0.0/8"], "ports": ["1-65535"]}
    with Daemon({"webhook": hooks, "limits": {"smtp_connections_per_peer": 5}}) as running:
        yield running


def activity(daemon: Daemon, key: str = "", **query: str) -> list[Any]:
    """Give the events by REST, newest first, as the description has them."""
    path = f"{PATH}?{urlencode(query)}"
    request = urllib.request.Request(f"{daemon.url}{path}", headers={"Mailsac-Key": key or daemon.key})
    with urllib.request.urlopen(request, timeout=SECONDS) as reply:
        head, body = {name.lower(): value for name, value in reply.headers.items()}, reply.read()
        hold(all_routes(), "GET", path, Answer(reply.status, head, body))
    found: list[Any] = json.loads(body)
    return found


def kinds(events: list[Any]) -> list[str]:
    """Give what happened, oldest first."""
    return [event["kind"] for event in reversed(events)]


def sent(daemon: Daemon, address: str) -> str:
    """Have a mail arrive, and give its queue id."""
    with Talk.begin(daemon) as talk:
        return talk.mail("a@shop.example", address, MAIL)


def test_the_whole_way_of_a_mail_is_one_question(daemon: Daemon) -> None:
    """From the connection to the last delivery, with who listened and why a web hook was asked again; never a word."""
    answers = [500]
    with HookTaker(lambda path, body: answers.pop() if answers else 200) as taker:
        address = new_address(daemon)
        rest(daemon, "PUT", f"/addresses/{address}", {"webhook": taker.url("/hook")})
        with listen(daemon, address) as connection, Talk.begin(daemon) as talk:
            assert talk.say("MAIL FROM:<a@shop.example>").startswith("250")
            assert talk.say("RCPT TO:<x@elsewhere.example>").startswith("550")
            assert talk.say("RSET").startswith("250")
            id = talk.mail("a@shop.example", address, MAIL)
            assert frame(connection)["_id"] == f"{id}-0"
        rest(daemon, "GET", f"/addresses/{address}/messages/{id}-0")
        way = ["connected", "rejected", "stored", "published", "deferred", "read", "delivered"]
        until(lambda: len(activity(daemon, message=id)) == len(way), "the web hook has it", 40)
    found = activity(daemon, message=f"{id}-0")
    assert sorted(kinds(found)) == sorted(way)
    assert kinds(found)[:4] == way[:4]
    assert [event["summary"] for event in reversed(found)][:4] == [
        "connected from 127.0.0.1: EHLO client.example, without TLS",
        "rejected for x@elsewhere.example from 127.0.0.1: 550 5.7.1 No mail for elsewhere.example here"
        " (smtp.accept is domains)",
        f"inbound to {address}",
        f"published to web socket for {address} (1 listener)",
    ]
    by_kind = {event["kind"]: event for event in found}
    assert by_kind["delivered"]["summary"].startswith(f"published to webhook for {address}")
    assert "500" in by_kind["deferred"]["text"]
    assert by_kind["stored"]["session"] == by_kind["connected"]["session"] == by_kind["rejected"]["session"] != ""
    assert by_kind["stored"]["count"] == len(MAIL)
    assert "private matters" not in json.dumps(found)
    listed = answer(daemon, "activity", "--message", id)
    assert listed == found
    shown = control(daemon, "activity", "--message", id, "--since", "5m").stdout.splitlines()
    assert len(shown) == len(way)
    assert f"inbound to {address}  ({id}-0, account admin, from 127.0.0.1, {len(MAIL)} bytes, " in shown[2]


def test_who_hears_nothing_finds_out_why(daemon: Daemon) -> None:
    """A socket of an address whose forwarding is off, or that is another's, leaves the reason with its account."""
    made = answer(daemon, "account", "add", "quiet")
    address = f"quiet@{DOMAIN}"
    rest(daemon, "POST", f"/addresses/{address}", key=made["key"])
    options = {"ping_interval": None, "open_timeout": SECONDS}
    with connect(f"{daemon.socket_url}?key={made['key']}&addresses={address}", **options) as connection:
        assert frame(connection)["msg"] == "Listening"
        id = sent(daemon, address)
        until(lambda: activity(daemon, made["key"], message=id, kind="unpublished"), "it is noted")
    with connect(f"{daemon.socket_url}?key={made['key']}&addresses=other@{DOMAIN}", **options) as connection:
        assert frame(connection)["status"] == 403
    until(lambda: len(activity(daemon, made["key"], kind="socket_closed")) == 1, "it is closed")
    by_kind = {event["kind"]: event for event in activity(daemon, made["key"])}
    assert by_kind["unpublished"]["text"] == "web socket forwarding is off for the address"
    assert f"web socket forwarding is off for {address}" in by_kind["socket_opened"]["text"]
    assert by_kind["socket_refused"]["text"] == f"403 other@{DOMAIN} is not owned by this account"
    others = activity(daemon, made["key"], account="quiet", q="not owned")
    assert [event["account"] for event in others] == ["quiet"]


def test_following(daemon: Daemon, tmp_path: Path) -> None:
    """`activity --follow` shows the last of what was, and then what happens, until Ctrl-C."""
    address = new_address(daemon)
    before = sent(daemon, address)
    output = tmp_path / "output"
    words = ["activity", "--follow", "--json", "--address", address, "--kind", "stored,unpublished", "--limit", "1"]
    with output.open("wb") as out:
        process = subprocess.Popen(
            [PYTHON, "-c", RUN, *words, "--config", str(daemon.file)], cwd=daemon.folder,
            env=environment(), stdin=subprocess.DEVNULL, stdout=out, stderr=out,
        )  # fmt: skip
    try:
        until(lambda: output.read_text().count("\n") == 2, "it shows what was")
        after = sent(daemon, address)
        until(lambda: output.read_text().count("\n") == 4, "it shows what happens")
        lines = [json.loads(line) for line in output.read_text().splitlines()]
        assert [(line.get("kind"), line.get("message")) for line in lines[1:]] == [
            ("unpublished", f"{before}-0"),
            ("stored", f"{after}-0"),
            ("unpublished", f"{after}-0"),
        ]
        process.send_signal(signal.SIGINT)
        assert process.wait(20) in (0, 130, -signal.SIGINT)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def test_a_scanner_does_not_bury_the_rest(daemon: Daemon) -> None:
    """Of some hundred refused connections a few are noted one by one."""
    talks = [Talk.begin(daemon) for _ in range(5)]
    for _ in range(200):
        with pytest.raises(AssertionError):
            Talk.begin(daemon)
    for talk in talks:
        talk.close()
    assert kinds(activity(daemon, kind="refused")) == ["refused"] * 5


def test_it_survives_a_restart_and_a_kill() -> None:
    """A stop writes everything; a kill costs what was not written yet, and nothing of what somebody saw."""
    with Daemon() as daemon:
        address = new_address(daemon)
        first = sent(daemon, address)
        daemon.stop()
        daemon.start()
        assert kinds(activity(daemon, message=first)) == ["connected", "stored", "unpublished"]
        second = sent(daemon, address)
        seen = activity(daemon, message=second)
        sent(daemon, address)
        daemon.kill()
        daemon.start()
        assert kinds(seen) == ["connected", "stored", "unpublished"]
        assert activity(daemon, message=second) == seen
        third = sent(daemon, address)
        assert activity(daemon, message=third)[0]["_id"] > seen[0]["_id"]
