"""`mailsockctl expect`: what it waits for, what it prints, how it ends."""

import io
import json
from typing import Any

import pytest
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from mailsockd.control.ctl import main
from mailsockd.mail.envelope import Bytes, Envelope
from tests.control.house import NOW, House
from tests.web.talk import Talk, request

MAIL = (
    b"From: Shop <no-reply@shop.test>\r\nTo: Ada <a@mail.test>\r\nSubject: Verify your address\r\n\r\n"
    b"Your code is 482913.\r\nOr click https://shop.test/v?t=1 and be done.\r\n"
)
OTHER = b"From: friend@d.test\r\nSubject: Hello\r\n\r\nHow are you?\r\n"


@pytest.fixture
def house() -> House:
    return House()


def receive(house: House, content: bytes, ago: float = 0, address: str = "a@mail.test") -> None:
    """Have a mail arrive, some seconds ago."""
    envelope = Envelope("s@d.test", (address,), "192.0.2.1", "client.test", "127.0.0.1", NOW - ago)
    house.reception.receive(envelope, Bytes(content))


def waiting(house: House, query: str) -> Talk:
    """Ask the route on a connection of its own."""
    talk = Talk(house.router, clock=house.clock)
    talk.send(request("GET", f"/control/v1/expect?{query}"))
    return talk


def answered(talk: Talk) -> Any:
    """Give the JSON of the one answer, None while there is none."""
    answers = talk.answers()
    assert all(answer.status == 200 for answer in answers), answers
    return answers[0].json if answers else None


def test_a_mail_is_printed_for_people(house: House) -> None:
    """Who wrote to whom about what, when, its id, and the text."""
    receive(house, MAIL)
    run = house.ctl("expect", "A+tag@mail.test")
    id = house.mailbox.messages[0].id
    assert (run.status, run.err) == (0, "")
    assert run.out.splitlines() == [
        "from      Shop <no-reply@shop.test>",
        "to        Ada <a@mail.test>",
        "subject   Verify your address",
        "received  2026-11-22T08:01:10.004Z",
        f"id        {id}",
        "",
        "Your code is 482913.",
        "Or click https://shop.test/v?t=1 and be done.",
    ]


@pytest.mark.parametrize(
    ("arguments", "out"),
    [
        (("--extract", "code"), "482913\n"),
        (("--extract", "link"), "https://shop.test/v?t=1\n"),
        (("--extract", "code", "--json"), '"482913"\n'),
        (("--extract", "link", "--json"), '"https://shop.test/v?t=1"\n'),
    ],
)
def test_what_is_extracted_stands_alone(house: House, arguments: tuple[str, ...], out: str) -> None:
    """A shell can take the code or the first link as it is."""
    receive(house, MAIL)
    run = house.ctl("expect", "a@mail.test", *arguments)
    assert (run.status, run.out) == (0, out)


@pytest.mark.parametrize("arguments", [("--json",), ("--extract", "json"), ("--extract", "json", "--json")])
def test_json_is_the_whole_mail(house: House, arguments: tuple[str, ...]) -> None:
    """One object has the fields of the socket's frame but for the content as received."""
    receive(house, MAIL)
    mail = house.ctl("expect", "a@mail.test", *arguments).json
    assert (mail["subject"], mail["links"], mail["inbox"]) == (
        "Verify your address", ["https://shop.test/v?t=1"], "a@mail.test",
    )  # fmt: skip
    assert mail["text"].startswith("Your code is 482913.")
    assert mail["headers"]["from"] == "Shop <no-reply@shop.test>"
    assert "raw" not in mail


@pytest.mark.parametrize("what", ["code", "link"])
def test_nothing_to_extract_is_a_failure(house: House, what: str) -> None:
    """A mail without what is asked for is named, and the status is 1."""
    receive(house, OTHER)
    run = house.ctl("expect", "a@mail.test", "--extract", what)
    assert (run.status, run.out) == (1, "")
    assert run.err.startswith("mailsockctl: the mail 'Hello' (")
    assert f" has no {what}" in run.err


def test_no_mail_in_time_is_a_failure(house: House) -> None:
    """The status is 1; one line says what was waited for, and what is there instead."""
    run = house.ctl("expect", "a@mail.test", "--timeout", "0")
    assert (run.status, run.out, run.err) == (
        1, "", "mailsockctl: no such mail to a@mail.test within 0 seconds; the inbox is empty\n",
    )  # fmt: skip
    receive(house, OTHER)
    run = house.ctl("expect", "a@mail.test", "--timeout", "0", "--subject", "verify")
    assert run.status == 1
    assert run.err == (
        "mailsockctl: no such mail to a@mail.test within 0 seconds; "
        "the newest there is 'Hello' from friend@d.test, 2026-11-22T08:01:10.004Z\n"
    )


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (("--subject", "verify"), True),
        (("--subject", "=verify"), False),
        (("--subject", "=verify your ADDRESS"), True),
        (("--from", "shop"), True),
        (("--from", "=no-reply@shop.test"), True),
        (("--from", "friend@d.test"), False),
        (("--to", "ada"), True),
        (("--text", "482913"), True),
        (("--text", "999999"), False),
        (("--subject", "verify", "--text", "999999"), False),
    ],
)
def test_conditions(house: House, arguments: tuple[str, ...], found: bool) -> None:
    """All conditions hold; each is contained, or is the whole after a =."""
    receive(house, MAIL)
    run = house.ctl("expect", "a@mail.test", "--timeout", "0", "--json", *arguments)
    assert run.status == (0 if found else 1)


@pytest.mark.parametrize(
    ("since", "found"),
    [
        ((), "new"),
        (("--since", "5m"), "new"),
        (("--since", "30s"), None),
        (("--since", "90s", "--subject", "old"), None),
        (("--subject", "old"), None),
        (("--since", "10m", "--subject", "old"), "old"),
        (("--since", "1h", "--subject", "old"), "old"),
        (("--since", "1d", "--subject", "old"), "old"),
        (("--since", "all", "--subject", "old"), "old"),
        (("--since", "0", "--subject", "old"), "old"),
        (("--since", "1"), "new"),
        (("--since", "2"), None),
        (("--since", "now"), None),
    ],
)
def test_what_was_there_before(house: House, since: tuple[str, ...], found: str | None) -> None:
    """The newest of the last five minutes counts, or of another time; or what was stored after a seq, or from now."""
    receive(house, b"Subject: old\r\n\r\n", ago=400)
    receive(house, b"Subject: new\r\n\r\n", ago=60)
    run = house.ctl("expect", "a@mail.test", "--timeout", "0", "--json", *since)
    assert (run.json["subject"] if run.status == 0 else None) == found


def test_what_came_after_a_message(house: House) -> None:
    """A message id is a bound like its seq, and must be one of the inbox."""
    receive(house, OTHER)
    first = house.mailbox.messages[0].id
    assert house.ctl("expect", "a@mail.test", "--timeout", "0", "--since", first).status == 1
    receive(house, MAIL)
    assert house.ctl("expect", "a@mail.test", "--since", first, "--extract", "code").out == "482913\n"
    run = house.ctl("expect", "b@mail.test", "--timeout", "0", "--since", first)
    assert run.err == (
        "mailsockctl: since must be a seq, the id of a message in b@mail.test, a time such as 5m, now, or all\n"
    )


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("a@mail.test", "--since", "yesterday"), 2),
        (("a@mail.test", "--since", "-1"), 2),
        (("a@mail.test", "--timeout", "-1"), 2),
        (("a@mail.test", "--timeout", "soon"), 2),
        (("a@mail.test", "--timeout", "3601"), 1),
        (("a@mail.test", "--extract", "text"), 2),
        (("nobody", "--timeout", "0"), 1),
        ((), 2),
    ],
)
def test_a_wrong_command_line(house: House, arguments: tuple[str, ...], status: int) -> None:
    """What cannot be meant ends at once, and says why."""
    run = house.ctl("expect", *arguments)
    assert (run.status, run.out) == (status, "")
    assert run.err


def test_escapes_of_a_mail_do_not_reach_the_terminal(house: House) -> None:
    """Control characters of subject and text are shown as replaced."""
    receive(house, b"Subject: =?utf-8?q?a=1B[31mb?=\r\n\r\nred \x1b[31mtext\r\n")
    out = house.ctl("expect", "a@mail.test").out
    assert "\x1b" not in out
    assert "red " in out


def test_mail_of_private_addresses_is_found(house: House) -> None:
    """Whoever may open the control socket is an operator: an account's address is waited for like any other."""
    house.ctl("account", "add", "ada")
    house.ctl("address", "add", "a@mail.test", "--account", "ada")
    receive(house, MAIL)
    assert house.ctl("expect", "a@mail.test", "--extract", "code").out == "482913\n"


def test_the_newest_is_found_first(house: House) -> None:
    """Of two that match, the one that was stored last is given."""
    receive(house, MAIL)
    receive(house, MAIL.replace(b"482913", b"571193"))
    assert house.ctl("expect", "a@mail.test", "--extract", "code").out == "571193\n"


def test_mail_that_comes_is_answered_at_once(house: House) -> None:
    """The route answers in the turn in which a matching mail is stored, not before and not for others."""
    talk = waiting(house, "address=a%2Bx@mail.test&subject=verify&timeout=60")
    receive(house, OTHER)
    receive(house, MAIL, address="b@mail.test")
    assert answered(talk) is None
    receive(house, MAIL)
    assert answered(talk)["found"]["subject"] == "Verify your address"
    assert len(house.waiting) == 0


def test_old_mail_does_not_end_the_waiting(house: House) -> None:
    """What matches and is too old is left where it is."""
    receive(house, MAIL, ago=301)
    talk = waiting(house, "address=a@mail.test&timeout=60")
    assert answered(talk) is None
    receive(house, OTHER)
    assert answered(talk)["found"]["subject"] == "Hello"


def test_the_end_of_the_waiting(house: House) -> None:
    """After the timeout `found` is null, and up to three messages of the inbox are told."""
    for number in range(4):
        receive(house, b"Subject: %d\r\n\r\n" % number)
    talk = waiting(house, "address=a@mail.test&subject=verify&timeout=60")
    house.clock.advance(60)
    answer = answered(talk)
    assert (answer["found"], [message["subject"] for message in answer["there"]]) == (None, ["3", "2", "1"])


def test_nobody_waits_for_a_program_that_was_ended(house: House) -> None:
    """When the connection ends, so does the waiting."""
    talk = waiting(house, "address=a@mail.test&timeout=60")
    assert len(house.waiting) == 1
    talk.channel.connectionLost(Failure(ConnectionDone()))
    assert len(house.waiting) == 0


def test_the_operator_waits_as_often_as_there_is_room(house: House) -> None:
    """The bound of one account is none of the operator's."""
    talks = [waiting(house, "address=a@mail.test&timeout=60") for _ in range(150)]
    receive(house, MAIL)
    assert {json.dumps(answered(talk)["found"]["seq"]) for talk in talks} == {"1"}


def test_the_program_waits_longer_than_the_daemon(house: House) -> None:
    """The connection is given up half a minute after the daemon should have answered."""
    asked: dict[str, Any] = {}

    class Daemon:
        def call(self, method: str, path: str, body: Any = None, query: Any = None, timeout: float = 0) -> Any:
            asked.update(query, limit=timeout)
            return {"found": None, "there": []}

    status = main(
        ["--control", "unix:/x", "expect", "a@mail.test", "--timeout", "90.5"],
        io.StringIO(), io.StringIO(), io.StringIO(), lambda path: Daemon(),  # type: ignore[arg-type, return-value]
    )  # fmt: skip
    assert (status, asked["timeout"], asked["limit"]) == (1, "91", 121.0)


def test_mail_is_looked_at_once(house: House) -> None:
    """What did not match is not read again when the next mail comes."""
    afters = []
    newest = house.mailbox.newest

    def noted(*arguments: Any, **named: Any) -> Any:
        afters.append(named.get("after"))
        return newest(*arguments, **named)

    house.mailbox.newest = noted  # type: ignore[method-assign]
    talk = waiting(house, "address=a@mail.test&text=482913&timeout=60")
    for _ in range(3):
        receive(house, OTHER)
    assert afters[-1] == 2
    receive(house, MAIL)
    assert answered(talk)["found"]["subject"] == "Verify your address"
