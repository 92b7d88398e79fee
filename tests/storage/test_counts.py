"""Counts that are remembered: only what is new is counted, and nothing that a change made untrue is kept."""

from typing import Any

from twisted.internet.defer import Deferred, ensureDeferred

from mailsockd.storage.counts import Counts


class Reader:
    """Answers when it is told to; `asked` are the questions, which here are the seqs behind which they count."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.waiting: list[Deferred[Any]] = []
        self.counts = Counts(self.ask)

    def ask(self, question: Any) -> "Deferred[Any]":
        self.asked.append(question)
        self.waiting.append(Deferred())
        return self.waiting[-1]

    def get(self, key: str = "inbox") -> list[Any]:
        got: list[Any] = []
        ensureDeferred(self.counts.get(key, lambda after: after)).addBoth(got.append)  # type: ignore[arg-type,return-value]
        return got


def test_only_what_is_new() -> None:
    """The second question asks behind what the first one saw, and gives the sum; another key begins at the start."""
    reader = Reader()
    first = reader.get()
    reader.waiting.pop().callback((7, 3, 30))
    second = reader.get()
    reader.waiting.pop().callback((9, 1, 5))
    third = reader.get()
    reader.waiting.pop().callback((9, 0, 0))
    other = reader.get("other")
    reader.waiting.pop().callback((9, 2, 2))
    assert (first, second, third, other) == ([(3, 30)], [(4, 35)], [(4, 35)], [(2, 2)])
    assert reader.asked == [-1, 7, 9, -1]


def test_forgotten() -> None:
    """After a change everything is counted anew."""
    reader = Reader()
    reader.get()
    reader.waiting.pop().callback((7, 3))
    reader.counts.forget()
    again = reader.get()
    reader.waiting.pop().callback((7, 2))
    assert again == [(2,)]
    assert reader.asked == [-1, -1]


def test_forgotten_on_the_way() -> None:
    """An answer that was on its way when something changed is given, and not remembered."""
    reader = Reader()
    got = reader.get()
    reader.counts.forget()
    reader.waiting.pop().callback((7, 3))
    assert got == [(3,)]
    reader.get()
    assert reader.asked == [-1, -1]


def test_not_for_ever() -> None:
    """However many are asked, no more than a thousand are remembered."""
    reader = Reader()
    for number in range(2500):
        reader.get(str(number))
        reader.waiting.pop().callback((1, 1))
    assert len(reader.counts._known) <= 1000
