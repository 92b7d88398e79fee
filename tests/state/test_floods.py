"""Cutting floods down."""

from mailsockd.state.activity import Event, Kind
from mailsockd.state.floods import PASSED, Floods


def refused(number: int, peer: str = "192.0.2.1", account: str = "") -> Event:
    return Event(Kind.REFUSED, float(number), account=account, peer=peer, text=f"421 {number}")


def test_the_first_of_a_sort_pass_and_the_others_become_one() -> None:
    """Of 317 refusals of one peer five pass; at the end the last one says that there were 312 more."""
    floods = Floods()
    passed = [number for number in range(317) if floods.passes(refused(number))]
    assert passed == [0, 1, 2, 3, 4]
    [rest] = floods.end()
    assert (rest.text, rest.peer, rest.similar) == ("421 316", "192.0.2.1", 312)
    assert floods.end() == []


def test_the_end_of_a_window_begins_another() -> None:
    """After the end the first events pass again, and what was not too much leaves no rest."""
    floods = Floods()
    assert [floods.passes(refused(number)) for number in range(6)] == [True] * 5 + [False]
    assert len(floods.end()) == 1
    assert [floods.passes(refused(number)) for number in range(5)] == [True] * 5
    assert floods.end() == []


def test_sorts_do_not_count_for_each_other() -> None:
    """Another peer, another account and another kind have their own first events."""
    floods = Floods()
    for number in range(10):
        floods.passes(refused(number))
    assert floods.passes(refused(0, peer="192.0.2.2"))
    assert floods.passes(refused(0, account="ada"))
    assert floods.passes(Event(Kind.REJECTED, 0.0, peer="192.0.2.1"))
    assert not floods.passes(refused(0))


def test_reads_are_counted_by_message() -> None:
    """A client that asks for one message again and again hides no read of another one."""
    floods = Floods()
    reads = [Event(Kind.READ, 0.0, "ada", message=message) for message in ("m1-0",) * 4 + ("m2-0",)]
    assert [floods.passes(read) for read in reads] == [True, True, False, False, True]
    assert [(rest.message, rest.similar) for rest in floods.end()] == [("m1-0", 2)]


def test_the_way_of_a_mail_is_never_cut() -> None:
    """Mail that is stored, published, delivered, deferred, given up or deleted passes, however much it is."""
    floods = Floods()
    for kind in set(Kind) - set(PASSED):
        assert all(floods.passes(Event(kind, 0.0, "ada", peer="192.0.2.1")) for _ in range(1000))
    assert {Kind.STORED, Kind.PUBLISHED, Kind.DELIVERED, Kind.DEFERRED, Kind.FAILED, Kind.FORWARDED}.isdisjoint(PASSED)
    assert floods.end() == []


def test_more_peers_than_can_be_told_apart_become_one() -> None:
    """Beyond the bound nothing more is remembered but how much it was, without the name of an account."""
    floods = Floods(most_sorts=3)
    passed = [floods.passes(refused(number, peer=f"192.0.2.{number}", account="ada")) for number in range(100)]
    assert passed == [True] * 3 + [False] * 97
    [rest] = floods.end()
    assert (rest.account, rest.peer, rest.text, rest.similar) == ("", "", "from many peers", 97)


def test_connections_pass_with_the_mail_of_an_account() -> None:
    """A connection that brings mail to an account is never cut, one that brings it to nobody is."""
    floods = Floods()
    connected = Event(Kind.CONNECTED, 0.0, peer="192.0.2.1")
    assert [floods.passes(connected) for _ in range(100)].count(True) == 20
    assert all(floods.passes(Event(Kind.CONNECTED, 0.0, "ada", peer="192.0.2.1")) for _ in range(100))
