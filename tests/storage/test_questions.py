"""What the questions read of the file: indices in place of tables, and no content in a list."""

import sqlite3
import tempfile
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from mailsockd.actions import ports
from mailsockd.actions.ports import Filter, Selection, Term, View
from mailsockd.storage import finding
from mailsockd.storage.mailbox import SQLiteMailbox
from tests.storage.contract_lists import written
from tests.storage.contract_mailbox import ANNS, PUBLIC, message
from tests.storage.faults import Noted, noted
from tests.storage.pump import Pump

HUGE = 16 << 20  # bytes; four times what a reader keeps of the file
CODE = Filter(subject=Term("code"))


class QuestionTests(SynchronousTestCase):
    """A mailbox whose connections note what they do."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "mailbox.db"
        self.pump = Pump()
        self.factory = noted()
        self.mailbox = self.open(self.factory)

    def open(self, factory: type[Noted]) -> SQLiteMailbox:
        """Open the mailbox, without the index that is brought up to date in the quiet."""
        mailbox = SQLiteMailbox(
            self.path, self.pump.call_from_thread, self.pump.deaths.append, factory=factory, index_in_the_quiet=False
        )
        self.addCleanup(lambda: self.pump.wait(mailbox.close()))
        return mailbox

    def wait(self, *waiting: "Deferred[Any]") -> list[Any]:
        return [self.pump.wait(one) for one in waiting]

    def lists(self) -> "list[Deferred[Any]]":
        """Ask everything that does not need the content."""
        mailbox = self.mailbox
        return [
            mailbox.newest(PUBLIC, 5, 1.0),
            mailbox.newest(ANNS, 5, 1.0, CODE),
            mailbox.newest(ANNS, 5, filter=Filter(read=True), after=1),
            mailbox.count(PUBLIC),
            mailbox.get(PUBLIC, "m1"),
            mailbox.starred("ann", 5, 1.0),
            mailbox.owned("ann", 5, 1, 1.0),
            mailbox.owned("ann", 5, 1, 1.0, CODE),
            mailbox.unread("ann"),
            mailbox.totals("ann"),
            mailbox.inboxes_of("ann"),
            mailbox.largest_inboxes("ann", 5),
            mailbox.search("ann", "code", 5),
            mailbox.search("ann", "c", 5),
            mailbox.page(View("a@b.example", "ann", "code", label="x"), 5, 9),
            mailbox.page(View(None, "ann", "c"), 5, 9),
            mailbox.of_domain("b.example", "ann", 5, 1.0),
            mailbox.count_domain("b.example", "ann"),
            mailbox.attachment_count("0" * 32),
            mailbox.messages_with_attachment("0" * 32, 5),
            mailbox.top("addresses", 0.0, 2e9, 0, 5),
            mailbox.top("senders", 0.0, 2e9, 0, 5),
            mailbox.top("domains", 0.0, 2e9, 0, 5),
            mailbox.common_attachments(0.0, 2e9, 0, 5),
        ]

    def test_indices(self) -> None:
        """Nothing that is asked or changed reads all messages; sorted are copies of one mail, and what is counted."""
        self.patch(finding, "SHORT_SCAN", 0)  # so that one message is many
        self.wait(self.mailbox.append([message(1)], b"abc"))
        self.wait(*self.lists())
        self.patch(finding, "SHORT_SCAN", ports.SHORT_SCAN)
        self.wait(self.mailbox.newest(ANNS, 5, 1.0, CODE))
        changed = message(1)
        # Before what takes the message away, which has a thread of its own.
        self.wait(self.mailbox.content(changed), self.mailbox.newest(PUBLIC, 5, filter=Filter(text=Term("abc"))))
        self.wait(
            self.mailbox.star(changed, None),
            self.mailbox.move(changed, "spam"),
            self.mailbox.label(changed, ()),
            self.mailbox.mark(changed, True),
            self.mailbox.adopt("a@b.example", "ann"),
            self.mailbox.purge(ANNS, filter=CODE),
            self.mailbox.purge(PUBLIC),
            self.mailbox.purge_owner("ann"),
            self.mailbox.purge_domain("b.example", "ann"),
            self.mailbox.delete(changed),
        )
        named = ("messages", "listed", "contents", "search", "attachments")
        statements = {sql for sql in self.factory.done if any(name in sql for name in named)}
        assert len([sql for sql in statements if not sql.startswith("INSERT")]) == 34
        db = sqlite3.connect(self.path)
        for sql in statements:
            names = "inbox reader since until read after up_to unstarred limit skip id starred slice owner account"
            names += " folder aside label"
            values: dict[str, Any] = dict.fromkeys((names + " sender recipient subject any match domain").split())
            values.update(dict.fromkeys(["start", "end", "seq", "saved_by", "value", "numbers"]))
            plan = db.execute(f"EXPLAIN QUERY PLAN {sql}", values if ":" in sql else (1,) * sql.count("?")).fetchall()
            for step in (str(row[3]) for row in plan):
                fine = step.startswith(
                    ("SCAN json_each", "SCAN indexing", "SCAN inboxes", "SCAN CONSTANT ROW", "SCAN search VIRTUAL")
                )
                assert fine or not step.startswith("SCAN"), (sql, plan)
                counted = any(f" AS {name}" in sql for name in ("number ", "bytes,")) and step in (
                    "USE TEMP B-TREE FOR GROUP BY",
                    "USE TEMP B-TREE FOR ORDER BY",
                )
                counted |= "JOIN listed" in sql and step in (
                    "USE TEMP B-TREE FOR RIGHT PART OF ORDER BY",
                    "USE TEMP B-TREE FOR LAST TERM OF ORDER BY",  # the same, as newer SQLites say it
                )
                assert counted or "TEMP B-TREE" not in step, (sql, plan)
        db.close()

    def test_no_content_is_read(self) -> None:
        """Lists, counts, filters and searches read next to nothing of contents that are as large as all memory."""
        for seq in (1, 2):
            one = written(seq, "Carl <carl@one.test>", "your code", owner="ann", received=1.0, summary={})
            self.wait(self.mailbox.append([one], bytes(HUGE)))
        self.wait(self.mailbox.append([message(3, received=1.0)], bytes(HUGE)))
        self.wait(self.mailbox.search("ann", "code", 5))
        self.wait(self.mailbox.close())
        self.mailbox = self.open(noted())
        before = bytes_read()
        assert [len(found) for found in self.wait(*self.lists()[:2])] == [1, 2]
        assert len(self.wait(self.mailbox.search("ann", "code", 5))[0]) == 2
        self.wait(*self.lists())
        assert bytes_read() - before < HUGE / 16
        # The same measure does see a content.
        assert len(self.wait(self.mailbox.content(message(3)))[0]) == HUGE
        assert bytes_read() - before > HUGE

    def test_content_is_read_for_its_text(self) -> None:
        """A filter of the text reads no more contents than it needs, and at most as many as it promises."""
        for seq in range(1, 40):
            content = b"\r\nword" if seq % 2 else b"\r\nother"
            self.wait(self.mailbox.append([message(seq)], content))
        reads = "SELECT raw FROM contents"
        found = self.wait(self.mailbox.newest(PUBLIC, 2, filter=Filter(text=Term("word"))))[0]
        assert [one.seq for one in found] == [39, 37]
        assert len([sql for sql in self.factory.done if sql.startswith(reads)]) == 20
        self.factory.done.clear()
        self.patch(finding, "SHORT_SCAN", 7)
        assert self.wait(self.mailbox.newest(PUBLIC, 2, filter=Filter(text=Term("absent")))) == [[]]
        assert len([sql for sql in self.factory.done if sql.startswith(reads)]) == 39


def bytes_read() -> int:
    """Give how many bytes this process has read from files, in memory or not."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in lines)["rchar"])


class ManyTests(SynchronousTestCase):
    """What is asked of many messages is answered as it is of few."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.pump = Pump()
        self.patch(finding, "SHORT_SCAN", 10)
        self.mailbox = SQLiteMailbox(
            Path(folder.name) / "mailbox.db", self.pump.call_from_thread, self.pump.deaths.append
        )
        self.addCleanup(lambda: self.pump.wait(self.mailbox.close()))
        for seq in range(1, 301):
            one = written(
                seq,
                f"sender{seq % 10}@s.test",
                f"code {seq} \N{CYRILLIC CAPITAL LETTER ZHE}{seq % 3}",
                owner="ann" if seq % 2 else "",
                saved_by="ann" if seq % 100 == 0 else None,
                read=seq % 4 == 0,
            )
            self.pump.wait(self.mailbox.append([one], b"abc"))

    def numbers(self, waiting: "Deferred[list[Any]]") -> list[int]:
        return [found.seq for found in self.pump.wait(waiting)]

    def test_long_terms(self) -> None:
        """Terms that trigrams can find are found among all, in every place, with the other conditions."""
        exact = Filter(subject=Term("CODE 77 ж2", exact=True))
        assert self.numbers(self.mailbox.newest(ANNS, 9, filter=exact)) == [77]
        assert self.numbers(self.mailbox.newest(PUBLIC, 9, filter=exact)) == []
        zhe = Filter(subject=Term(" Ж0"), sender=Term("sender3"))
        assert self.numbers(self.mailbox.newest(ANNS, 3, filter=zhe)) == [273, 243, 213]
        assert self.numbers(self.mailbox.newest(ANNS, 3, filter=zhe, after=213)) == [273, 243]
        assert self.numbers(self.mailbox.newest(ANNS, 3, 1_700_000_243.0, zhe)) == [243, 213, 183]
        unread = Filter(subject=Term("code 1"), read=False)
        assert self.numbers(self.mailbox.newest(PUBLIC, 3, filter=unread)) == [198, 194, 190]
        assert self.numbers(self.mailbox.owned("ann", 3, filter=Filter(subject=Term("code")))) == [300, 299, 297]
        assert self.numbers(self.mailbox.owned("ann", 3, 2, filter=Filter(subject=Term("code")))) == [297, 295, 293]
        numbers = [*range(299, 200, -2), 200, *range(29, 20, -2)]
        assert self.numbers(self.mailbox.search("ann", "code 2", 99)) == numbers
        assert self.numbers(self.mailbox.search("ann", "ode2", 99)) == []
        assert self.numbers(self.mailbox.newest(Selection("x@b.example", "ann"), 9, filter=unread)) == []

    def test_short_terms(self) -> None:
        """A term that is too short for trigrams is looked for among the newest only, and by a purge in all."""
        short = Filter(subject=Term("77"))
        assert self.numbers(self.mailbox.newest(ANNS, 9, filter=short)) == []
        assert self.numbers(self.mailbox.newest(ANNS, 9, filter=Filter(subject=Term("95")))) == [295]
        assert self.numbers(self.mailbox.search("ann", "Ж2", 2)) == [299, 293]
        assert self.pump.wait(self.mailbox.purge(ANNS, filter=short)) == 3
        assert self.pump.wait(self.mailbox.purge(ANNS, filter=short)) == 0
        assert self.pump.wait(self.mailbox.purge(PUBLIC, filter=Filter(subject=Term("code 2")))) == 55
        left = self.numbers(self.mailbox.newest(PUBLIC, 999, filter=Filter(subject=Term("code 2"))))
        assert left == []

    def test_signs(self) -> None:
        """No character in what is asked is a command to the search, and none in a mail breaks it."""
        for text in (
            '"',
            '""',
            '"""',
            "code*",
            "NEAR(code)",
            "-code",
            "code\x00",
            "\ud800\ud801\ud802",
            "^cod",
            "' --",
        ):
            assert self.numbers(self.mailbox.search("ann", text, 9)) == []
            assert self.numbers(self.mailbox.newest(ANNS, 9, filter=Filter(subject=Term(text * 2)))) == []
        strange = written(301, "\ud800 <a\x00b@s.test>", 'a "b" \x00 \ud800\udfff "" *', owner="ann")
        self.pump.wait(self.mailbox.append([strange], b"abc"))
        for text in ('"b" \x00', '\ud800\udfff ""', "a\x00b@s", '"" *'):
            assert self.numbers(self.mailbox.search("ann", text, 9)) == [301]
