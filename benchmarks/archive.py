"""What a large archive costs: the mailbox's questions with 100,000 stored messages against 1,000.

    archive.py [--messages N] [--rounds N] [--keep FOLDER]

Both mailboxes are made by mailsockd itself, through the same code that stores what SMTP takes; half of the mail is
public, half belongs to one account, three eighths lie in one inbox, and each tenth has an attachment. Every question is
asked of both in turn, and the best of the rounds is printed; the first round is left out. The goal is a ratio of two.
Last come the rates of appends with and without the index that the writer brings up to date when nothing waits.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from time import perf_counter
from typing import Any

from twisted.internet.defer import Deferred

from mailsockd.actions.ports import Filter, Selection, Term
from mailsockd.mail.people import Person
from mailsockd.mail.stored import Message, Summary
from mailsockd.storage.mailbox import SQLiteMailbox

FEW = 1000
GOAL = 2.0
START = 1_700_000_000.0
EVERY = 10.0  # seconds between two messages
CONTENT = b"Subject: s\r\nContent-Type: text/plain\r\n\r\n" + b"All work and no play makes a long mail.\r\n" * 45
WORDS = ["order", "invoice", "welcome", "reset", "password", "confirm", "account", "parcel", "newsletter", "report"]

Question = Callable[[SQLiteMailbox, int], "Deferred[Any]"]


class Desk:
    """The thread that asks: calls from other threads wait here."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[tuple[Callable[..., object], tuple[Any, ...]]] = SimpleQueue()

    def call_from_thread(self, function: Callable[..., object], *args: Any) -> None:
        """Keep a call."""
        self._calls.put((function, args))

    def step(self) -> None:
        """Make the next call, waiting for it."""
        function, args = self._calls.get()
        function(*args)

    def wait(self, deferred: "Deferred[Any]") -> Any:
        """Make calls until the Deferred has fired."""
        done: list[Any] = []
        deferred.addBoth(done.append)
        while not done:
            self.step()
        return done[0]

    def open(self, path: Path, index: bool = True) -> SQLiteMailbox:
        """Open a mailbox."""
        return SQLiteMailbox(path, self.call_from_thread, print, index_in_the_quiet=index)


def message(seq: int) -> Message:
    """Make the message of a number: public or ann's, in one of her inboxes or of the twenty public ones."""
    own = seq % 2 == 0
    inbox = (
        f"inbox{seq // 2 % 20}@{'own' if own else 'public'}.example"
        if (own and seq % 8 == 0) or not own
        else "large@own.example"
    )
    return Message(
        id=f"archive{seq:08d}-0",
        seq=seq,
        inbox=inbox,
        original=inbox,
        owner="ann" if own else "",
        received=START + EVERY * seq,
        size=len(CONTENT),
        ip="192.0.2.1",
        via="192.0.2.2",
        helo="client.example",
        sender="bounce@sender.example",
        tls=True,
        summary=Summary(
            (Person(f"sender{seq % 500}@shop{seq % 50}.example", f"Shop {seq % 50}"),),
            (Person(inbox, "A customer"),),
            subject=f"Your {WORDS[seq % 10]} {seq} is here",
            links=(f"https://shop{seq % 50}.example/{seq}",),
            attachments=(f"{seq % 70:032x}",) if seq % 10 == 0 or seq % 21 == 0 else (),
        ),
        read=None if seq % 50 == 0 else True,
        saved_by="ann" if seq % 100 == 0 else None,
    )


LARGE = Selection("large@own.example", "ann")


def last(n: int, hours: float = 2.0) -> float:
    """Give the time that is some hours before the newest message."""
    return START + EVERY * n - hours * 3600


def fresh(box: SQLiteMailbox) -> SQLiteMailbox:
    """Have the counts forgotten that the mailbox remembers, as every change does."""
    box._counts.forget()
    return box


QUESTIONS: dict[str, Question] = {
    "list": lambda box, n: box.newest(LARGE, 20),
    "list, 100": lambda box, n: box.newest(LARGE, 100),
    "list until the oldest": lambda box, n: box.newest(LARGE, 20, START + EVERY * 100),
    "list after the last but 40": lambda box, n: box.newest(LARGE, 20, after=n - 40),
    "count, first": lambda box, n: fresh(box).count(LARGE),
    "count": lambda box, n: box.count(LARGE),
    "filter: sender": lambda box, n: box.newest(LARGE, 5, filter=Filter(sender=Term("shop2.example"))),
    "filter: sender, exact": lambda box, n: box.newest(
        LARGE, 1, filter=Filter(sender=Term("sender52@shop2.example", exact=True))
    ),
    "filter: recipient": lambda box, n: box.newest(LARGE, 20, filter=Filter(recipient=Term("customer"))),
    "filter: subject, one": lambda box, n: box.newest(LARGE, 20, filter=Filter(subject=Term(" 996 "))),
    "filter: subject, none": lambda box, n: box.newest(LARGE, 20, filter=Filter(subject=Term("absent"))),
    "filter: subject, common, none": lambda box, n: box.newest(LARGE, 20, filter=Filter(subject=Term("is here is"))),
    "filter: subject, short": lambda box, n: box.newest(LARGE, 20, filter=Filter(subject=Term("rd"))),
    "filter: subject, short, none": lambda box, n: box.newest(LARGE, 20, filter=Filter(subject=Term("zz"))),
    "filter: read": lambda box, n: box.newest(LARGE, 20, filter=Filter(read=False)),
    "filter: text": lambda box, n: box.newest(LARGE, 20, filter=Filter(text=Term("no play"))),
    "filter: text, none of 20": lambda box, n: box.newest(LARGE, 20, filter=Filter(text=Term("absent")), after=n - 80),
    "owned": lambda box, n: box.owned("ann", 20),
    "owned, skipping 400": lambda box, n: box.owned("ann", 20, 400),
    "owned since two hours": lambda box, n: box.owned("ann", 20, since=last(n)),
    "owned, filtered": lambda box, n: box.owned("ann", 100, filter=Filter(subject=Term("welcome"))),
    "search": lambda box, n: box.search("ann", "password", 100),
    "search, one": lambda box, n: box.search("ann", " 998 is", 100),
    "search, none": lambda box, n: box.search("ann", "absent", 100),
    "search, short": lambda box, n: box.search("ann", "rd", 100),
    "search, short, none": lambda box, n: box.search("ann", "zz", 100),
    "unread, first": lambda box, n: fresh(box).unread("ann"),
    "unread": lambda box, n: box.unread("ann"),
    "totals": lambda box, n: box.totals("ann"),
    "starred": lambda box, n: box.starred("ann", 20),
    "inboxes": lambda box, n: box.inboxes_of("ann"),
    "domain": lambda box, n: box.of_domain("own.example", "ann", 20),
    "domain, first count": lambda box, n: fresh(box).count_domain("own.example", "ann"),
    "domain, count": lambda box, n: box.count_domain("own.example", "ann"),
    "top of two hours": lambda box, n: box.top("senders", last(n), last(n, 0), 0, 20),
    "top of all time": lambda box, n: box.top("senders", 0.0, last(n, 0), 0, 20),
    "attachments of two hours": lambda box, n: box.common_attachments(last(n), last(n, 0), 0, 20),
    "attachments of all time": lambda box, n: box.common_attachments(0.0, last(n, 0), 0, 20),
    "attachment, count": lambda box, n: box.attachment_count(f"{21:032x}"),
    "attachment, messages": lambda box, n: box.messages_with_attachment(f"{21:032x}", 20),
}


def fill(desk: Desk, box: SQLiteMailbox, n: int) -> None:
    """Store the messages, some hundred at a time."""
    for first in range(1, n + 1, 500):
        last_one = min(first + 500, n + 1)
        waiting = [box.append([message(seq)], CONTENT) for seq in range(first, last_one)]
        for deferred in waiting:
            desk.wait(deferred)


def rate(desk: Desk, index: bool, window: int, n: int) -> float:
    """Measure appends in a second while at most `window` wait, into a new mailbox."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        box = desk.open(Path(name) / "mailbox.db", index)
        desk.wait(box.append([message(1)], CONTENT))
        result = n / appending(desk, box, window, n)
        desk.wait(box.close())
    return result


def appending(desk: Desk, box: SQLiteMailbox, window: int, n: int) -> float:
    """Append, and give the seconds."""
    asked = done = 0
    start = perf_counter()

    def answered(_: object) -> None:
        nonlocal done
        done += 1

    while done < n:
        while asked < n and asked - done < window:
            asked += 1
            box.append([message(asked + 1)], CONTENT).addCallback(answered)
        desk.step()
    return perf_counter() - start


def seconds(desk: Desk, box: SQLiteMailbox, question: Question, n: int) -> float:
    """Measure one question."""
    start = perf_counter()
    desk.wait(question(box, n))
    return perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--keep", type=Path, help="a folder for the mailboxes; what is there is used again")
    options = parser.parse_args()
    desk = Desk()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        folder = options.keep or Path(name)
        folder.mkdir(exist_ok=True)
        boxes: dict[int, SQLiteMailbox] = {}
        for n in (FEW, options.messages):
            path = folder / f"archive-{n}.db"
            there = path.exists()
            boxes[n] = desk.open(path, index=False)
            if not there:
                fill(desk, boxes[n], n)
            start = perf_counter()
            desk.wait(boxes[n].search("ann", "password", 1))
            print(f"{n} messages: indexed in {perf_counter() - start:.2f} s, {path.stat().st_size >> 20} MiB")
        print(f"{'question':32} {FEW:>10} {options.messages:>10}  ratio  (milliseconds)")
        over = []
        for text, question in QUESTIONS.items():
            best = {n: seconds(desk, box, question, n) for n, box in boxes.items()}
            best = dict.fromkeys(best, 1e9)
            for _ in range(options.rounds):
                for n, box in boxes.items():
                    best[n] = min(best[n], seconds(desk, box, question, n))
            few, many = best.values()
            if many > GOAL * few:
                over.append(text)
            print(f"{text:32} {few * 1e3:10.3f} {many * 1e3:10.3f} {many / few:6.1f}")
        for box in boxes.values():
            desk.wait(box.close())
        print(f"over {GOAL:g}: {', '.join(over) or 'none'}")
        for window, n in ((1, 2000), (64, 10_000)):
            with_index = without = 0.0
            for _ in range(3):
                with_index = max(with_index, rate(desk, True, window, n))
                without = max(without, rate(desk, False, window, n))
            print(f"appends, {window} at once: {with_index:.0f}/s with the index in the quiet, {without:.0f}/s without")


if __name__ == "__main__":
    main()
