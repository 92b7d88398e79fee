"""Filters of a list, and waiting until it has something, as bytes on a connection."""

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from mailsockd.actions.ports import StorageTrouble
from mailsockd.state.accounts import key_digest
from mailsockd.state.activity import Kind
from tests.api.house import House
from tests.web.talk import Talk, request

PATH = "/api/addresses/a@b.test/messages"
ORDER = b"From: Shop <shop+x@d.test>\r\nTo: Crew <c@d.test>\r\nSubject: Your Order\r\n\r\nThe total is 12.\r\n"
CODE = b"From: robot@d.test\r\nSubject: Code\r\n\r\nCode 1234\r\n"


@pytest.fixture
def house() -> House:
    return House()


def asked(house: House, query: str, who: str | None = "ada", path: str = PATH) -> Talk:
    """Send a request on a connection of its own."""
    talk = house.connection()
    talk.send(request("GET", f"{path}?{query}", headers={"Mailsac-Key": f"k_{who}"} if who else {}))
    return talk


def ids(talk: Talk) -> list[str]:
    """Give the ids in the one answer, which must be a 200."""
    (answer,) = talk.answers()
    assert answer.status == 200, answer.body
    return [message["_id"] for message in answer.json]


def deadlines(house: House) -> list[float]:
    """Give when somebody's waiting ends; connections have deadlines of their own, after 15 and 60 seconds."""
    return [call.getTime() for call in house.clock.getDelayedCalls() if call.getTime() not in (15.0, 60.0)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("from=shop", ["m1-0"]),
        ("from=SHOP%2Bx@d.test", ["m1-0"]),
        ("from=shop+x@d.test", ["m1-0"]),
        ("from==Shop", ["m1-0"]),
        ("from==shop@d.test", []),
        ("from=d.test", ["m2-0", "m1-0"]),
        ("to=crew", ["m1-0"]),
        ("to==c@d.test", ["m1-0"]),
        ("to=a@b.test", ["m2-0", "m1-0"]),
        ("subject=ORDER", ["m1-0"]),
        ("subject==order", []),
        ("subject==your%20order", ["m1-0"]),
        ("subject==your+order", ["m1-0"]),
        ("text=1234", ["m2-0"]),
        ("text==code%201234", ["m2-0"]),
        ("text==1234", []),
        ("text=%3D", []),
        ("from=d.test&subject=code&text=1234", ["m2-0"]),
        ("from=shop&subject=code", []),
        ("from=&subject=&text=&to=&since=&wait=", ["m2-0", "m1-0"]),
        ("since=1", ["m2-0"]),
        ("since=0", ["m2-0", "m1-0"]),
        ("since=2", []),
        ("since=999999999999999999", []),
        ("since=m1-0", ["m2-0"]),
        ("since=m1-0&from=shop", []),
        ("subject=e&limit=1", ["m2-0"]),
        ("subject=e&until=2026-11-22T08:01:11.004Z", ["m1-0"]),
    ],
)
def test_lists_are_filtered(house: House, query: str, found: list[str]) -> None:
    """A condition is contained in its field, or is the whole of it after a =; since is a seq or an id."""
    house.put(ORDER)
    house.put(CODE)
    assert ids(asked(house, query)) == found


@pytest.mark.parametrize("query", ["from=shop", "subject==your%20order", "text=total", "to=crew"])
def test_purge_spares_what_does_not_match(house: House, query: str) -> None:
    """With conditions only what meets them is deleted, and never what is starred."""
    house.ask("POST", "/api/addresses/a@b.test")
    house.put(ORDER, owner="ada")
    house.put(CODE, owner="ada")
    house.put(ORDER, owner="ada", saved_by="ada")
    assert house.ask("DELETE", f"{PATH}?{query}").status == 204
    assert ids(asked(house, "")) == ["m3-0", "m2-0"]


@pytest.mark.parametrize(
    "query",
    [
        "since=-1",
        "since=nothing",
        "since=1.5",
        "since=%C2%B2",
        "since=m9-0",
        "wait=-1",
        "wait=61",
        "wait=x",
        "wait=1e1",
    ],
)
def test_wrong_bounds_are_refused(house: House, query: str) -> None:
    """A since that is neither number nor message of the inbox, or a wait beyond a minute, is a 400 that names it."""
    (answer,) = asked(house, query).answers()
    assert answer.status == 400
    assert answer.json["message"].startswith(query.partition("=")[0])


def test_an_id_of_another_inbox_is_no_bound(house: House) -> None:
    """`since` does not tell whether a message exists elsewhere."""
    house.put(CODE, "other@b.test")
    (answer,) = asked(house, "since=m1-0").answers()
    assert (answer.status, answer.json["validationErrors"]) == (
        400,
        ["since: since must be a seq, or the id of a message in a@b.test"],
    )


def test_what_is_there_is_answered_at_once(house: House) -> None:
    """With mail that matches, wait changes nothing, and nothing is left behind."""
    house.put(CODE)
    assert ids(asked(house, "wait=30")) == ["m1-0"]
    assert (len(house.waiting), deadlines(house)) == (0, [])


def test_mail_that_comes_ends_the_waiting(house: House) -> None:
    """The answer comes with the first mail for the inbox that matches, in the turn in which it is stored."""
    talk = asked(house, "wait=30&subject=code")
    house.put(ORDER)
    house.put(CODE, "other@b.test")
    assert talk.answers() == []
    house.put(CODE)
    assert ids(talk) == ["m3-0"]
    assert len(house.waiting) == 0


def test_only_what_is_new_ends_the_waiting(house: House) -> None:
    """After `since`, what is there already is not enough."""
    house.put(CODE)
    by_seq, by_id = asked(house, "wait=30&since=1"), asked(house, "wait=30&since=m1-0")
    assert by_seq.answers() == by_id.answers() == []
    house.put(CODE)
    assert ids(by_seq) == ids(by_id) == ["m2-0"]


def test_the_end_of_the_waiting(house: House) -> None:
    """After the seconds that were asked for the answer is an empty list."""
    talk = asked(house, "wait=30")
    house.clock.advance(29.9)
    assert talk.answers() == []
    house.clock.advance(0.1)
    (answer,) = talk.answers()
    assert (answer.status, answer.body) == (200, b"[]")
    assert len(house.waiting) == 0


@pytest.mark.parametrize("query", ["wait=0", "wait=", "wait=30&limit=0"])
def test_without_waiting_the_answer_is_at_once(house: House, query: str) -> None:
    """Zero seconds do not wait, and neither does a list that could never have anything."""
    assert ids(asked(house, query)) == []


def test_an_alias_and_a_tag_wait_for_their_inbox(house: House) -> None:
    """Any spelling of an address waits for mail in the same inbox."""
    tagged, upper = asked(house, "wait=9", path="/api/addresses/A+tag@b.test/messages"), asked(house, "wait=9")
    house.put(CODE)
    assert ids(tagged) == ids(upper) == ["m1-0"]


def test_a_client_who_leaves_waits_no_more(house: House) -> None:
    """When the connection ends, neither a waiter nor a deadline is left."""
    talk = asked(house, "wait=30")
    assert (len(house.waiting), deadlines(house)) == (1, [30.0])
    talk.channel.connectionLost(Failure(ConnectionDone()))
    assert (len(house.waiting), deadlines(house)) == (0, [])
    house.put(CODE)


def test_nothing_is_read_while_nothing_comes(house: House) -> None:
    """Whoever waits reads the disk once, and again for each mail to the inbox; mail of others costs nothing."""
    reads = []
    newest = house.mailbox.newest

    def counted(*arguments: object, **named: object) -> object:
        reads.append(arguments)
        return newest(*arguments, **named)  # type: ignore[arg-type]

    house.mailbox.newest = counted  # type: ignore[assignment, method-assign]
    asked(house, "wait=60&subject=code")
    before = len(reads)
    for _ in range(50):
        house.clock.advance(1)
        house.put(CODE, "other@b.test")
    assert len(reads) == before
    house.put(ORDER)
    assert before < len(reads) <= before + 2


def test_mail_is_looked_at_once(house: House) -> None:
    """What did not match is not read again when the next mail comes."""
    afters = []
    newest = house.mailbox.newest

    def noted(*arguments: object, **named: object) -> object:
        afters.append(arguments[4] if len(arguments) > 4 else named.get("after"))
        return newest(*arguments, **named)  # type: ignore[arg-type]

    house.mailbox.newest = noted  # type: ignore[assignment, method-assign]
    talk = asked(house, "wait=60&text=1234")
    for _ in range(3):
        house.put(ORDER)
    assert afters[-1] == 2
    house.put(CODE)
    assert ids(talk) == ["m4-0"]


def test_rights_are_those_of_the_moment(house: House) -> None:
    """An inbox that another account reserves meanwhile is answered as theirs: 403, without the mail."""
    talk = asked(house, "wait=30")
    house.ask("POST", "/api/addresses/a@b.test", "bob")
    house.put(CODE, owner="bob")
    (answer,) = talk.answers()
    assert (answer.status, answer.json["message"]) == (403, "a@b.test is owned by another account.")


def test_a_revoked_key_is_told_nothing(house: House) -> None:
    """A key that was revoked while it waited is answered 401."""
    talk = asked(house, "wait=30")
    house.accounts.remove_key(key_digest("k_ada"))
    house.put(CODE)
    (answer,) = talk.answers()
    assert answer.status == 401
    assert b"1234" not in answer.body


@pytest.mark.parametrize(("who", "status"), [("bob", 403), (None, 401)])
def test_waiting_needs_the_right_from_the_start(house: House, who: str | None, status: int) -> None:
    """Who may not list an inbox may not wait for it either, and is told at once."""
    house.ask("POST", "/api/addresses/a@b.test")
    (answer,) = asked(house, "wait=30", who).answers()
    assert answer.status == status
    assert len(house.waiting) == 0


def test_one_account_waits_so_often_and_no_more(house: House) -> None:
    """The fourth of three is told to come again; others wait, until all places are taken; who leaves makes room."""
    first = [asked(house, "wait=30") for _ in range(3)]
    (answer,) = asked(house, "wait=30").answers()
    assert (answer.status, answer.headers["retry-after"]) == (429, "1")
    assert answer.json["message"] == "Too many requests of this account are waiting for mail."
    others = [asked(house, "wait=30", "bob") for _ in range(2)]
    (answer,) = asked(house, "wait=30", "admin").answers()
    assert (answer.status, answer.json["message"]) == (429, "Too many requests of all accounts are waiting for mail.")
    first[0].channel.connectionLost(Failure(ConnectionDone()))
    again = asked(house, "wait=30", "admin")
    house.put(CODE)
    assert [ids(talk) for talk in (*first[1:], *others, again)] == [["m1-0"]] * 5


def test_a_failing_disk_ends_the_waiting(house: House) -> None:
    """A fault while looking is a fault of that request alone, and leaves nothing behind."""
    talk, newest = asked(house, "wait=30"), house.mailbox.newest

    def broken(*arguments: object, **named: object) -> object:
        raise OSError("the disk is on fire")

    house.mailbox.newest = broken  # type: ignore[assignment, method-assign]
    house.put(CODE)
    house.mailbox.newest = newest  # type: ignore[method-assign]
    (answer,) = talk.answers()
    assert answer.status == 500
    assert len(house.waiting) == 0


def test_other_events_wake_nobody(house: House) -> None:
    """Only mail that was stored is something to look for."""
    talk = asked(house, "wait=30")
    for kind in Kind:
        if kind is not Kind.STORED:
            house.activity.record(kind, address="a@b.test")
    assert talk.answers() == []


def test_a_look_that_takes_long_misses_nothing(house: House) -> None:
    """Mail that is stored while the disk is read is found by the next look."""
    newest, held = house.mailbox.newest, []

    def slow(*arguments: object, **named: object) -> object:
        answer: Deferred[object] = Deferred()
        held.append((answer, newest(*arguments, **named)))  # type: ignore[arg-type]
        return answer

    house.mailbox.newest = slow  # type: ignore[assignment, method-assign]
    talk = asked(house, "wait=30")
    house.put(CODE)
    house.mailbox.newest = newest  # type: ignore[method-assign]
    (answer, result) = held[0]
    result.chainDeferred(answer)
    assert ids(talk) == ["m1-0"]


def test_at_the_end_nobody_waits(house: House) -> None:
    """Who waits is told that the server is stopping, since the time was not over, and who comes later does not wait."""
    first = asked(house, "wait=60")
    house.waiting.close()
    second = asked(house, "wait=60")
    for talk in (first, second):
        (answer,) = talk.answers()
        assert (answer.status, answer.json["message"]) == (
            503,
            "The server is stopping. Nothing has come so far; ask again.",
        )
    assert (len(house.waiting), deadlines(house)) == (0, [])


def test_a_look_that_the_end_breaks_off_is_told_too(house: House) -> None:
    """Storage that is closed while somebody looks is no trouble of theirs: the server is stopping."""
    answer: Deferred[object] = Deferred()
    house.mailbox.newest = lambda *arguments, **named: answer  # type: ignore[assignment, method-assign]
    talk = asked(house, "wait=60")
    house.waiting.close()
    answer.errback(StorageTrouble("the mailbox's reader is closed"))
    (said,) = talk.answers()
    assert (said.status, said.json["message"]) == (503, "The server is stopping. Nothing has come so far; ask again.")
