"""Operations, retention and room on disk of a daemon that runs, over the protocols that people use."""

import json
import smtplib
import sqlite3
import urllib.error
import urllib.request
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
from websockets.sync.client import connect

from tests.integration.clients import Talk, call, frame, listen, new_address, rest
from tests.integration.daemon import Daemon
from tests.integration.test_denylist import ctl
from tests.integration.waiting import until

MIB = 1024 * 1024
SMALL = {"limits": {"message_size": 256 * 1024}, "retention": {"total_bytes": 4 * MIB}}


def usage(daemon: Daemon) -> Any:
    """Ask what the account has used."""
    request = urllib.request.Request(f"{daemon.url}/mailsockd/v1/usage", headers={"Mailsac-Key": daemon.key})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def letter(number: int, size: int) -> bytes:
    """Give a mail of about so many bytes, each of its own."""
    return b"Subject: %d\r\n\r\n" % number + b"%071d\r\n" % number * (size // 73)


def accepted(daemon: Daemon, address: str, content: bytes) -> int:
    """Send a mail; give the code of its reply."""
    try:
        with smtplib.SMTP("127.0.0.1", daemon.smtp, timeout=30) as client:
            client.sendmail("s@shop.example", [address], content)
    except smtplib.SMTPDataError as error:
        return error.smtp_code
    return 250


def test_a_month_of_operations() -> None:
    """Counted as the contract says; over the limit the API and new sockets are 429, and mail comes as before."""
    with Daemon() as daemon:
        address = new_address(daemon)  # 1
        with listen(daemon, address) as connection, Talk.begin(daemon) as talk:
            talk.mail("s@shop.example", address, letter(1, 100))  # 2, and its first publication is free
            talk.mail("s@shop.example", "public@mail.test", letter(2, 100))  # free
            assert frame(connection)["subject"] == "1"
            me = rest(daemon, "GET", "/me")  # 3
            assert (me["moAPICount"], me["apiMonthlyLimit"], me["moAPIDisabled"]) == (3, 1_000_000, 0)
            ctl(daemon, "account", "set", "admin", "--ops", "5")
            assert rest(daemon, "GET", "/addresses")[0]["_id"] == address  # 4: 80 percent
            rest(daemon, "GET", "/addresses")  # 5: 100 percent
            with pytest.raises(urllib.error.HTTPError) as refused:
                request = urllib.request.Request(f"{daemon.url}/api/addresses", headers={"Mailsac-Key": daemon.key})
                urllib.request.urlopen(request, timeout=30)
            with refused.value as answer:
                error = json.load(answer)
                assert (answer.code, error["error"]) == (429, "Too Many Requests")
                assert error["message"].startswith("All 5 operations of this month are used; the next ones begin on 20")
                now = datetime.now(UTC).timestamp()
                begins = datetime.fromtimestamp(now + int(answer.headers["Retry-After"]), UTC)
                assert (begins.day, begins.hour, begins.minute) == (1, 0, 0)
            with connect(f"{daemon.socket_url}?key={daemon.key}&addresses={address}") as another:
                assert frame(another)["status"] == 429
            assert accepted(daemon, address, letter(3, 100)) == 250  # 6
            assert frame(connection)["subject"] == "3"
        me = rest(daemon, "GET", "/me")  # 7
        assert (me["moAPICount"], me["apiMonthlyLimit"], me["moAPIDisabled"]) == (7, 5, 1)
        used = usage(daemon)  # 8
        assert (used["used"], used["withoutKey"], used["byKey"][0]["n"]) == (8, 2, 6)
        said = [one["text"] for one in ctl(daemon, "activity", "--kind", "operations")]
        assert sorted(said) == [f"{percent} % of the 5 operations of this month are used" for percent in (100, 80)]
        assert ctl(daemon, "key", "list", "admin")[0]["lastUsed"][:4] == used["month"][:4]
        ctl(daemon, "account", "set", "admin", "--ops", "unlimited")
        assert len(rest(daemon, "GET", f"/addresses/{address}/messages")) == 2


def test_operations_survive_a_kill() -> None:
    """What was counted some seconds before it is there after it, and all of it after a proper end."""
    with Daemon() as daemon:
        for _ in range(20):
            rest(daemon, "GET", "/addresses")
        daemon.stop()
        daemon.start()
        before = usage(daemon)["used"]
        assert before == 21
        rest(daemon, "GET", "/addresses")

        def written() -> bool:
            with closing(sqlite3.connect(f"file:{daemon.data / 'mailbox.db'}?mode=ro", uri=True)) as db:
                return bool(db.execute("SELECT SUM(count) FROM usage").fetchall() == [(22,)])

        until(written, "what was used is written down", 30)
        rest(daemon, "GET", "/addresses")
        daemon.kill()
        daemon.start()
        used = usage(daemon)["used"]
        assert used in (23, 24)  # the last call may be lost: it is written down within five seconds
        assert [one["used"] for one in ctl(daemon, "usage")] == [used]


def test_a_small_store_keeps_the_newest_and_what_is_starred() -> None:
    """Beyond the total the oldest go, each with its event, and the file stays small; starred mail stays."""
    with Daemon(SMALL) as daemon:
        address = new_address(daemon)
        assert accepted(daemon, address, letter(0, 100_000)) == 250
        (first,) = rest(daemon, "GET", f"/addresses/{address}/messages")
        rest(daemon, "PUT", f"/addresses/{address}/messages/{first['_id']}/star")
        sent, refused = 0, 0
        for number in range(1, 101):  # 10 MB
            code = accepted(daemon, address, letter(number, 100_000))
            assert code in (250, 452)
            sent, refused = sent + (code == 250), refused + (code == 452)
            if code == 452:  # for a moment, until room is made
                until(lambda: not ctl(daemon, "status")["refusal"], "there is room again", 30)
        assert sent > 60

        def within() -> bool:
            status = ctl(daemon, "status")
            return bool(status["storedBytes"] <= 4 * MIB and status["evicted"])

        until(within, "the store is within its bound", 30)
        left = rest(daemon, "GET", f"/addresses/{address}/messages?limit=1000")
        kept = [int(message["subject"]) for message in reversed(left)]
        assert kept[0] == 0
        assert kept[1:] == sorted(kept[1:])
        assert 20 < len(kept) < 45
        assert len(kept) + ctl(daemon, "status")["evicted"] == sent + 1
        evicted = ctl(daemon, "activity", "--kind", "evicted", "--limit", "1000")
        assert len(evicted) == ctl(daemon, "status")["evicted"]
        assert {one["text"] for one in evicted} == {"the store has more than 4194304 bytes"}
        assert {one["message"] for one in evicted}.isdisjoint(message["_id"] for message in left)
        daemon.stop()
        assert (daemon.data / "mailbox.db").stat().st_size < 7 * MIB
        daemon.start()


def test_a_store_full_of_starred_mail_takes_no_more() -> None:
    """452 to senders, with the reason in status and activity, until a star is taken away."""
    with Daemon(SMALL) as daemon:
        address = new_address(daemon)
        stars = []
        while (code := accepted(daemon, address, letter(len(stars), 200_000))) == 250:
            (newest,) = rest(daemon, "GET", f"/addresses/{address}/messages?limit=1")
            # What comes when the room is full may be evicted before it is seen, or before it has its star.
            path = f"/addresses/{address}/messages/{newest['_id']}/star"
            if newest["_id"] not in stars and call(daemon, "PUT", path)[0] == 200:
                stars.append(newest["_id"])
            assert len(stars) < 60
        assert code == 452
        until(lambda: "nothing in it may go" in ctl(daemon, "status")["refusal"], "the reason is there", 30)
        assert accepted(daemon, address, letter(99, 100)) == 452
        assert any("nothing in it may go" in one["text"] for one in ctl(daemon, "activity", "--kind", "trouble"))
        assert [one["_id"] for one in rest(daemon, "GET", "/addresses/starred/messages?limit=1000")] == stars[::-1]
        for id in stars[:10]:
            rest(daemon, "DELETE", f"/addresses/{address}/messages/{id}")
        until(lambda: accepted(daemon, address, letter(99, 100)) == 250, "mail is taken again", 30)


def test_inboxes_and_accounts_keep_so_many() -> None:
    """Public inboxes by the configuration, an account by its own limit."""
    with Daemon({"retention": {"per_public_inbox": 6}}) as daemon:
        address = new_address(daemon)
        ctl(daemon, "account", "set", "admin", "--messages", "4")
        for number in range(9):
            assert accepted(daemon, "public@mail.test", letter(number, 100)) == 250
            assert accepted(daemon, address, letter(number, 100)) == 250

        def subjects(inbox: str) -> list[str]:
            return [message["subject"] for message in call(daemon, "GET", f"/addresses/{inbox}/messages")[1]]

        until(lambda: len(subjects("public@mail.test")) == 6, "six are left", 30)
        assert subjects("public@mail.test") == ["8", "7", "6", "5", "4", "3"]
        until(lambda: len(subjects(address)) == 4, "four are left", 30)
        assert subjects(address) == ["8", "7", "6", "5"]
        assert rest(daemon, "GET", "/me")["messageLimit"] == 4


def test_a_disk_that_is_nearly_full_takes_no_mail() -> None:
    """With less left than it should have, senders are told to come later, and what is there stays."""
    with Daemon() as daemon:
        address = new_address(daemon)
        assert accepted(daemon, address, letter(1, 100)) == 250
        daemon.stop()
        daemon.configure({"retention": {"free_disk": 1 << 50}})
        daemon.start()
        until(lambda: ctl(daemon, "status")["refusal"], "the disk was looked at", 30)
        assert accepted(daemon, address, letter(2, 100)) == 452
        assert len(rest(daemon, "GET", f"/addresses/{address}/messages")) == 1
