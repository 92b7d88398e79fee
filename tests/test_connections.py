"""Counting who is connected."""

from mailsockd.connections import Connections


def test_sessions_are_counted_for_their_peer_until_they_leave() -> None:
    """Entering counts, leaving counts back, leaving twice does nothing, and the last one to leave is told of."""
    emptied: list[int] = []
    connections: Connections[str] = Connections(lambda: emptied.append(1))
    assert connections.enter("a", "2001:db8::1") == 1
    assert connections.enter("b", "2001:db8::2") == 2
    assert connections.enter("c", "192.0.2.7") == 1
    assert sorted(connections) == ["a", "b", "c"]
    connections.leave("a")
    connections.leave("a")
    assert connections.enter("d", "2001:db8::3") == 2
    connections.leave("b")
    connections.leave("d")
    assert emptied == []
    connections.leave("c")
    assert emptied == [1]
    assert len(connections) == 0
    assert connections.enter("e", "2001:db8::1") == 1
