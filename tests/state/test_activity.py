"""The activity log."""

from mailsockd.log import line
from mailsockd.state.activity import ActivityLog, Event, Kind


def test_events_are_kept_up_to_a_length_and_told_to_listeners() -> None:
    """The newest events stay in the ring, and a listener hears each until it stops listening."""
    log = ActivityLog(lambda: 5.0, length=2)
    heard: list[Event] = []
    stop = log.listen(heard.append)
    for address in ("a@b.test", "c@b.test", "d@b.test"):
        log.record(Kind.STORED, address=address)
    stop()
    log.record(Kind.TROUBLE, text="x")
    assert [event.address for event in heard] == ["a@b.test", "c@b.test", "d@b.test"]
    assert [event.kind for event in log] == [Kind.STORED, Kind.TROUBLE]
    assert heard[0].at == 5.0


def test_a_listener_may_ask_for_some_kinds() -> None:
    """Whoever names kinds hears of no others, and stops hearing of all of them at once."""
    log = ActivityLog(lambda: 5.0)
    heard: list[Event] = []
    stop = log.listen(heard.append, Kind.STORED, Kind.REJECTED)
    for kind in (Kind.STORED, Kind.PUBLISHED, Kind.REJECTED):
        log.record(kind)
    stop()
    log.record(Kind.STORED)
    assert [event.kind for event in heard] == [Kind.STORED, Kind.REJECTED]


def test_log_line_cannot_be_forged() -> None:
    """Spaces, line ends and letters outside ASCII are quoted, so that one event is one line."""
    event = Event(Kind.REJECTED, 1.0, peer="192.0.2.1", text="550 5.1.1 x\r\nstored ü", count=3, milliseconds=1.26)
    assert line(event) == "rejected peer=192.0.2.1 text='550 5.1.1 x\\r\\nstored \\xfc' count=3 ms=1.3"
