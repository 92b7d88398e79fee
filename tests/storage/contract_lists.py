"""What every Mailbox finds, changes and counts, the fake one too: a suite that each implementation inherits."""

from typing import Any

import attrs
from twisted.internet.defer import Deferred

from mailsockd.actions.ports import Filter, InboxTotals, Selection, Term, Totals, View
from mailsockd.mail.people import Person
from mailsockd.mail.stored import Message, Summary
from tests.storage.contract_mailbox import ANNS, BOBS, PUBLIC, Opened, message


def written(seq: int, sender: str = "", subject: str = "", to: str = "", **changes: Any) -> Message:
    """Give a message with people given as `name <address>` and a subject."""
    summary = Summary((person(sender),), (person(to),) if to else (), subject=subject)
    return message(seq, summary=attrs.evolve(summary, **changes.pop("summary", {})), **changes)


def person(text: str) -> Person:
    """Give the person of `name <address>`."""
    name, _, address = text.rpartition("<")
    return Person(address.rstrip(">"), name.strip())


FOUR = (
    written(1, "Ann Smith <ann@one.test>", "Welcome to Åland", "Bob <bob@two.test>"),
    written(2, "Carl <carl@one.test>", "Your code is 1234", "dora@two.test", original="a+tag@b.example"),
    written(3, "welcome@three.test", "100% of _it_", summary={"cc": (Person("eve@four.test", "Évelyne"),)}),
    written(4, "<>", "", read=True, summary={"bcc": (Person("hidden@five.test", "Hidden"),)}),
)
FOUND: list[tuple[Filter, list[int]]] = [
    (Filter(), [4, 3, 2, 1]),
    (Filter(sender=Term("one.test")), [2, 1]),
    (Filter(sender=Term("ONE.test")), [2, 1]),
    (Filter(sender=Term("smith")), [1]),
    (Filter(sender=Term("ann smith", exact=True)), [1]),
    (Filter(sender=Term("Ann", exact=True)), []),
    (Filter(sender=Term("ann@ONE.test", exact=True)), [1]),
    (Filter(sender=Term("s@c.example")), []),
    (Filter(sender=Term("")), [4, 3, 2, 1]),
    (Filter(recipient=Term("two.test")), [2, 1]),
    (Filter(recipient=Term("bob", exact=True)), [1]),
    (Filter(recipient=Term("ÉVELYNE")), [3]),
    (Filter(recipient=Term("hidden")), []),
    (Filter(recipient=Term("a@b.example", exact=True)), [4, 3, 2, 1]),
    (Filter(recipient=Term("+TAG")), [2]),
    (Filter(recipient=Term("a+tag@b.example", exact=True)), [2]),
    (Filter(subject=Term("welcome")), [1]),
    (Filter(subject=Term("åLAND")), [1]),
    (Filter(subject=Term("WELCOME TO ÅLAND", exact=True)), [1]),
    (Filter(subject=Term("", exact=True)), [4]),
    (Filter(subject=Term("is")), [2]),
    (Filter(subject=Term("0% of _")), [3]),
    (Filter(subject=Term("%")), [3]),
    (Filter(subject=Term("1_34")), []),
    (Filter(subject=Term('"')), []),
    (Filter(subject=Term('code" OR "welcome')), []),
    (Filter(sender=Term("one"), subject=Term("code")), [2]),
    (Filter(sender=Term("one"), recipient=Term("bob"), subject=Term("o")), [1]),
    (Filter(sender=Term("three"), subject=Term("code")), []),
    (Filter(read=True), [4]),
    (Filter(read=False), [3, 2, 1]),
    (Filter(sender=Term("o"), read=False), [3, 2, 1]),
]
SOUGHT = [
    ("welcome", [3, 1]),
    ("WELCOME", [3, 1]),
    ("one.test", [2, 1]),
    ("eve@four", [3]),
    ("hidden", []),
    ("a+tag", [2]),
    ("a@b.example", [4, 3, 2, 1]),
    ("e", [4, 3, 2, 1]),
    ("ål", [1]),
    ("12", [2]),
    ("one.test subject", []),
    ("", [4, 3, 2, 1]),
]


class ListsContract(Opened):
    """The suite."""

    def numbers(self, waiting: "Deferred[list[Message]]") -> list[int]:
        return [found.seq for found in self.pump.wait(waiting)]

    def each(self, *messages: Message, content: bytes = b"abc") -> None:
        """Append mails, each with its own summary, which copies of one would share."""
        for one in messages:
            self.append(one, content=content)

    def test_filters(self) -> None:
        """A filter gives what meets all of its conditions, contained or equal, whatever the case, newest first."""
        for one in FOUR:
            self.each(one)
        for filter, numbers in FOUND:
            assert self.numbers(self.mailbox.newest(PUBLIC, 10, filter=filter)) == numbers, filter
            assert self.numbers(self.mailbox.newest(PUBLIC, 1, filter=filter)) == numbers[:1], filter
        assert self.pump.wait(self.mailbox.newest(PUBLIC, 1, filter=Filter(subject=Term("code")))) == [FOUR[1]]

    def test_filters_and_the_rest(self) -> None:
        """A filter holds together with the inbox, the reader, `until` and `after`."""
        self.each(written(1, subject="one code"), written(2, subject="two code", inbox="x@b.example"))
        self.each(written(3, subject="three code", owner="ann"), written(4, subject="code", saved_by="bob"))
        self.each(written(5, subject="other"), written(6, subject="late code", received=1_800_000_000.0))
        code = Filter(subject=Term("code"))
        assert self.numbers(self.mailbox.newest(ANNS, 9, filter=code)) == [6, 3, 1]
        assert self.numbers(self.mailbox.newest(BOBS, 9, filter=code)) == [6, 4, 1]
        assert self.numbers(self.mailbox.newest(PUBLIC, 9, filter=code)) == [6, 1]
        assert self.numbers(self.mailbox.newest(ANNS, 9, 1_750_000_000.0, code)) == [3, 1]
        assert self.numbers(self.mailbox.newest(ANNS, 9, filter=code, after=1)) == [6, 3]
        assert self.numbers(self.mailbox.newest(ANNS, 9, 1_750_000_000.0, code, 1)) == [3]
        assert self.numbers(self.mailbox.newest(ANNS, 9, after=3)) == [6, 5]
        assert self.numbers(self.mailbox.newest(ANNS, 9, after=6)) == []
        assert self.numbers(self.mailbox.newest(ANNS, 0, filter=code)) == []
        assert self.numbers(self.mailbox.newest(ANNS, -1, filter=code)) == []

    def test_pages(self) -> None:
        """A page of a view has what meets all of its conditions below a seq, newest first."""
        self.each(written(1, subject="one code"), written(2, subject="two", owner="ann", labels=("x", "y")))
        self.each(written(3, subject="code", owner="bob"), written(4, subject="four code", owner="ann", read=True))
        self.each(written(5, "Code <c@d.test>", "five", owner="ann", saved_by="ann", inbox="x@b.example"))
        self.each(written(6, subject="six", saved_by="ann"), written(7, subject="seven", saved_by="bob"))
        self.each(written(8, subject="eight", owner="ann", folder="spam"), written(9, folder="trash", owner="ann"))
        self.each(written(10, subject="ten", owner="ann", folder="sent", labels=("y z",)))
        inbox, all = View("a@b.example", "ann"), View(None, "ann")
        for view, numbers in (
            (inbox, [10, 6, 4, 2, 1]),
            (View("a@b.example", None), [1]),
            (all, [10, 6, 5, 4, 2]),
            (attrs.evolve(inbox, query="CODE"), [4, 1]),
            (attrs.evolve(all, query="code"), [5, 4]),
            (attrs.evolve(all, query="co"), [5, 4]),
            (attrs.evolve(all, query=" "), [10, 6, 5, 4, 2]),
            (attrs.evolve(all, starred=True), [6, 5]),
            (attrs.evolve(all, unread=True), [10, 6, 5, 2]),
            (attrs.evolve(all, folder="spam"), [8]),
            (attrs.evolve(all, folder="trash", query="s@c"), []),
            (attrs.evolve(inbox, label="y"), [2]),
            (attrs.evolve(all, label="y z", folder="sent"), [10]),
            (attrs.evolve(all, label="z"), []),
        ):
            assert self.numbers(self.mailbox.page(view, 9)) == numbers, view
            assert self.numbers(self.mailbox.page(view, 1, 5)) == [one for one in numbers if one < 5][:1], view

    def test_text_of_the_mail(self) -> None:
        """A filter of the text decodes each mail that meets the other conditions and looks into what it says."""
        self.each(written(1, subject="one"), content=b"Subject: one\r\n\r\nThe Magic w\xc3\xb6rd\r\n")
        encoded = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nbWFnaWMK\r\n"
        self.each(written(2, subject="two"), content=encoded)
        self.each(written(3, subject="two"), content=b"X-Magic: magic\r\n\r\nnothing\r\n")
        self.each(written(4, subject="two"), content=b"Content-Type: text/html\r\n\r\n<p>ma<b>gic</b><script>nothing")
        for text, subject, numbers in (("magic", None, [4, 2, 1]), ("MAGIC", "two", [4, 2]), ("nothing", "two", [3])):
            filter = Filter(text=Term(text), subject=Term(subject) if subject else None)
            assert self.numbers(self.mailbox.newest(PUBLIC, 9, filter=filter)) == numbers
            assert self.numbers(self.mailbox.newest(PUBLIC, 1, filter=filter)) == numbers[:1]
        assert self.numbers(self.mailbox.newest(PUBLIC, 9, filter=Filter(text=Term("magic\n", exact=True)))) == [2]

    def test_purge_filtered(self) -> None:
        """A purge with a filter deletes what it lets through and nothing else, starred ones only if asked."""
        for one in FOUR:
            self.each(one)
        self.each(written(5, subject="welcome", owner="ann", saved_by="ann"), written(6, subject="welcome"))
        self.each(written(7, subject="welcome", owner="bob"), written(8, subject="welcome", inbox="x@b.example"))
        welcome = Filter(subject=Term("welcome"))
        assert self.pump.wait(self.mailbox.purge(ANNS, filter=welcome)) == 2
        assert self.numbers(self.mailbox.newest(ANNS, 9)) == [5, 4, 3, 2]
        assert self.pump.wait(self.mailbox.purge(ANNS, starred=True, filter=welcome)) == 1
        assert self.pump.wait(self.mailbox.purge(ANNS, filter=Filter(read=True))) == 1
        assert self.pump.wait(self.mailbox.purge(ANNS, filter=Filter(text=Term("abc"), sender=Term("carl")))) == 1
        assert self.pump.wait(self.mailbox.purge(ANNS, filter=Filter(text=Term("absent")))) == 0
        assert self.numbers(self.mailbox.newest(ANNS, 9)) == [3]
        assert self.numbers(self.mailbox.newest(BOBS, 9)) == [7, 3]
        assert self.numbers(self.mailbox.newest(Selection("x@b.example", None), 9)) == [8]

    def test_changes(self) -> None:
        """A message is starred, moved, labelled and marked; each gives it as it is now, and so do the lists."""
        self.each(message(1), message(2))
        changed = self.pump.wait(self.mailbox.star(message(1), "ann"))
        assert changed == message(1, saved_by="ann")
        changed = self.pump.wait(self.mailbox.move(changed, "spam"))
        assert changed == message(1, saved_by="ann", folder="spam")
        changed = self.pump.wait(self.mailbox.label(changed, ("one", "zwei/dréi")))
        assert changed == message(1, saved_by="ann", folder="spam", labels=("one", "zwei/dréi"))
        changed = self.pump.wait(self.mailbox.mark(changed, True))
        assert changed == message(1, saved_by="ann", folder="spam", labels=("one", "zwei/dréi"), read=True)
        assert self.pump.wait(self.mailbox.newest(ANNS, 9)) == [message(2), changed]
        assert self.pump.wait(self.mailbox.newest(PUBLIC, 9)) == [message(2)]
        changed = self.pump.wait(self.mailbox.mark(changed, False))
        changed = self.pump.wait(self.mailbox.label(changed, ()))
        changed = self.pump.wait(self.mailbox.star(changed, None))
        assert changed == message(1, folder="spam", read=False)
        assert self.pump.wait(self.mailbox.get(PUBLIC, "m1")) == changed

    def test_changes_that_come_too_late(self) -> None:
        """What was deleted, adopted by another or starred by another meanwhile is not changed, and that is told."""
        self.each(message(1), message(2), message(3), message(4, owner="ann"))
        assert self.pump.wait(self.mailbox.delete(message(1))) is True
        assert self.pump.wait(self.mailbox.star(message(2), "bob")) == message(2, saved_by="bob")
        for late in (message(1), message(2), message(4), message(9), message(3, id="m2")):
            for change in (
                self.mailbox.star(late, "ann"),
                self.mailbox.move(late, "trash"),
                self.mailbox.label(late, ("x",)),
                self.mailbox.mark(late, True),
            ):
                assert self.pump.wait(change) is None
        assert self.pump.wait(self.mailbox.newest(BOBS, 9)) == [message(3), message(2, saved_by="bob")]
        assert self.pump.wait(self.mailbox.star(message(3), "ann")) == message(3, saved_by="ann")
        assert self.pump.wait(self.mailbox.star(message(3), "ann")) == message(3, saved_by="ann")
        starred = message(4, owner="ann", saved_by="ann")
        assert self.pump.wait(self.mailbox.star(message(4, owner="ann"), "ann")) == starred
        assert self.pump.wait(self.mailbox.mark(message(4, owner="ann"), True)) == attrs.evolve(starred, read=True)

    def fill(self) -> None:
        """Store what several accounts own and starred, in two domains."""
        self.each(message(1, owner="ann", size=10), message(2, owner="bob", size=100), message(3, size=1000))
        self.each(message(4, saved_by="ann", size=7, inbox="x@c.example"), message(5, saved_by="bob"))
        self.each(message(6, owner="ann", saved_by="ann", read=True, inbox="y@c.example", size=5))
        self.each(message(7, owner="ann", read=False, size=1), message(8, saved_by="ann", read=True, size=2))

    def test_owned(self) -> None:
        """What belongs to an account is what it owns and the public mail that it starred, newest first."""
        self.fill()
        assert self.numbers(self.mailbox.owned("ann", 9)) == [8, 7, 6, 4, 1]
        assert self.numbers(self.mailbox.owned("bob", 9)) == [5, 2]
        for nobody in ("eve", ""):
            assert self.numbers(self.mailbox.owned(nobody, 9)) == []
        assert self.numbers(self.mailbox.owned("ann", 2)) == [8, 7]
        assert self.numbers(self.mailbox.owned("ann", 2, 3)) == [4, 1]
        assert self.numbers(self.mailbox.owned("ann", 2, -3)) == [8, 7]
        assert self.numbers(self.mailbox.owned("ann", 0)) == []
        assert self.numbers(self.mailbox.owned("ann", -1)) == []
        assert self.numbers(self.mailbox.owned("ann", 9, since=1_700_000_006.0)) == [8, 7, 6]
        assert self.numbers(self.mailbox.owned("ann", 9, 1, since=1_700_000_006.0)) == [7, 6]

    def test_owned_filtered(self) -> None:
        """What belongs to an account is filtered as an inbox is."""
        self.fill()
        assert self.numbers(self.mailbox.owned("ann", 9, filter=Filter(read=False))) == [7, 4, 1]
        assert self.numbers(self.mailbox.owned("ann", 9, filter=Filter(recipient=Term("c.example")))) == [6, 4]
        assert self.numbers(self.mailbox.owned("ann", 1, 1, filter=Filter(recipient=Term("c.example")))) == [4]
        assert self.numbers(self.mailbox.owned("ann", 9, filter=Filter(subject=Term("number")))) == [8, 7, 6, 4, 1]
        assert self.numbers(self.mailbox.owned("bob", 9, filter=Filter(subject=Term("number 3")))) == []
        assert self.numbers(self.mailbox.owned("ann", 2, 1, filter=Filter(text=Term("abc")))) == [7, 6]
        assert self.numbers(self.mailbox.owned("", 9, filter=Filter(subject=Term("number")))) == []

    def test_search(self) -> None:
        """A search looks into From, To, Cc, inbox and subject of what belongs to the account, whatever the case."""
        for one in FOUR:
            self.each(attrs.evolve(one, owner="ann"))
        self.each(written(5, subject="welcome one.test"), written(6, subject="welcome", owner="bob"))
        for query, numbers in SOUGHT:
            assert self.numbers(self.mailbox.search("ann", query, 10)) == numbers, query
            assert self.numbers(self.mailbox.search("ann", query, 1)) == numbers[:1], query
        assert self.numbers(self.mailbox.search("bob", "welcome", 10)) == [6]
        assert self.numbers(self.mailbox.search("", "welcome", 10)) == []
        changed = self.pump.wait(self.mailbox.star(written(5, subject="welcome one.test"), "ann"))
        assert self.numbers(self.mailbox.search("ann", "welcome", 10)) == [5, 3, 1]
        assert changed is not None
        assert self.pump.wait(self.mailbox.delete(changed)) is True
        assert self.numbers(self.mailbox.search("ann", "welcome", 10)) == [3, 1]

    def test_found_at_once(self) -> None:
        """What was appended before a question is found by it, though nobody waited in between."""
        for seq in range(1, 60):
            self.each(written(seq, subject=f"code <{seq}>", owner="ann", inbox=f"x@d{seq}.test"))
            assert self.numbers(self.mailbox.search("ann", f"CODE <{seq}>", 10)) == [seq]
            assert self.pump.wait(self.mailbox.count_domain(f"d{seq}.test", "ann")) == 1

    def test_out_of_order(self) -> None:
        """A message whose number is lower than one that was stored before is found like any other."""
        self.each(written(10, subject="code", owner="ann"))
        assert self.numbers(self.mailbox.search("ann", "code", 10)) == [10]
        self.each(written(5, subject="code", owner="ann"))
        assert self.numbers(self.mailbox.search("ann", "code", 10)) == [10, 5]
        assert self.numbers(self.mailbox.of_domain("b.example", "ann", 10)) == [10, 5]

    def test_sums(self) -> None:
        """The unread, the sums and the inboxes of an account are those of what belongs to it."""
        self.fill()
        unread = {owner: self.pump.wait(self.mailbox.unread(owner)) for owner in ("ann", "bob", "eve", "")}
        assert unread == {"ann": 3, "bob": 2, "eve": 0, "": 0}
        totals = {owner: self.pump.wait(self.mailbox.totals(owner)) for owner in ("ann", "bob", "eve", "")}
        assert totals == {"ann": Totals(5, 25, 3), "bob": Totals(2, 103, 1), "eve": Totals(), "": Totals()}
        inboxes = {owner: self.pump.wait(self.mailbox.inboxes_of(owner)) for owner in ("ann", "bob", "eve", "")}
        assert inboxes == {"ann": ["a@b.example", "y@c.example"], "bob": ["a@b.example"], "eve": [], "": []}

    def test_largest_inboxes(self) -> None:
        """What an account owns is counted and measured by inbox, the largest first; nobody else's mail is in it."""
        self.fill()
        first = InboxTotals("a@b.example", 2, 11, 0)
        assert self.pump.wait(self.mailbox.largest_inboxes("ann", 9)) == [first, InboxTotals("y@c.example", 1, 5, 1)]
        assert self.pump.wait(self.mailbox.largest_inboxes("ann", 1)) == [first]
        assert self.pump.wait(self.mailbox.largest_inboxes("ann", -1)) == []
        assert self.pump.wait(self.mailbox.largest_inboxes("bob", 9)) == [InboxTotals("a@b.example", 1, 100, 0)]
        assert self.pump.wait(self.mailbox.largest_inboxes("", 9)) == []

    def test_starred(self) -> None:
        """Starred messages are the account's own and public ones, of all inboxes, newest first."""
        self.fill()
        assert self.numbers(self.mailbox.starred("ann", 9)) == [8, 6, 4]
        assert self.numbers(self.mailbox.starred("ann", 1)) == [8]
        assert self.numbers(self.mailbox.starred("ann", 9, 1_700_000_006.0)) == [6, 4]
        assert self.numbers(self.mailbox.starred("bob", 9)) == [5]
        assert self.numbers(self.mailbox.starred("", 9)) == []
        assert self.numbers(self.mailbox.starred("ann", -1)) == []

    def test_domains(self) -> None:
        """A domain has what its inboxes have, the catch-all's and quoted ones too, as one reader sees it."""
        inboxes = ("*@c.example", "a@c.example", '"a@c.example"@d.example', '"x@y"@c.example', "c.example@d.example")
        self.each(*(message(seq, inbox=inbox) for seq, inbox in enumerate(inboxes, 1)))
        self.each(message(6, inbox="a@sub.c.example"), message(7, inbox="a@c.example", owner="ann"))
        self.each(message(8, inbox="a@c.example", saved_by="bob"), message(9, inbox="a@[192.0.2.1]"))
        seen = {None: [4, 2, 1], "ann": [7, 4, 2, 1], "bob": [8, 4, 2, 1]}
        for reader, numbers in seen.items():
            assert self.numbers(self.mailbox.of_domain("c.example", reader, 9)) == numbers
            assert self.pump.wait(self.mailbox.count_domain("c.example", reader)) == len(numbers)
        assert self.numbers(self.mailbox.of_domain("c.example", "ann", 2)) == [7, 4]
        assert self.numbers(self.mailbox.of_domain("c.example", "ann", -1)) == []
        assert self.numbers(self.mailbox.of_domain("c.example", "ann", 9, 1_700_000_002.0)) == [2, 1]
        assert self.numbers(self.mailbox.of_domain("[192.0.2.1]", None, 9)) == [9]
        assert self.numbers(self.mailbox.of_domain("example", None, 9)) == []
        assert self.pump.wait(self.mailbox.purge_domain("c.example", "ann")) == 4
        assert self.numbers(self.mailbox.of_domain("c.example", "ann", 9)) == []
        assert self.numbers(self.mailbox.of_domain("c.example", "bob", 9)) == [8]
        assert self.numbers(self.mailbox.of_domain("d.example", None, 9)) == [5, 3]
        assert self.pump.wait(self.mailbox.purge_domain("c.example", "bob")) == 1

    def test_purge_domain_of_many(self) -> None:
        """All mail of a domain goes, starred too, however much, and what comes behind it stays."""
        for _ in range(230):
            self.mailbox.append([message(self.mailbox.next_seq(), owner="ann", saved_by="ann")], b"abc")
        purged = self.mailbox.purge_domain("b.example", "ann")
        late = self.mailbox.append([message(self.mailbox.next_seq(), owner="ann")], b"abc")
        assert self.pump.wait(purged) == 230
        self.pump.wait(late)
        assert self.numbers(self.mailbox.of_domain("b.example", "ann", 9)) == [231]

    def test_top(self) -> None:
        """Public mail of a time that nobody starred is counted by inbox, sender and domain, the largest first."""
        one, two = "S <One@S.test>", "two@s.test"
        self.each(written(1, one, received=10.0), written(2, one, received=20.0, inbox="x@c.example"))
        self.each(written(3, two, received=30.0), written(4, "<>", received=30.0, inbox="x@c.example"))
        self.each(written(5, one, received=30.0, owner="ann"), written(6, one, received=31.0, saved_by="ann"))
        self.each(written(7, one, received=40.0))
        for start, end, addresses, senders, domains in (
            (
                0.0,
                99.0,
                [("a@b.example", 3), ("x@c.example", 2)],
                [("one@s.test", 3), ("two@s.test", 1)],
                [("b.example", 3), ("c.example", 2)],
            ),
            (
                20.0,
                30.0,
                [("x@c.example", 2), ("a@b.example", 1)],
                [("one@s.test", 1), ("two@s.test", 1)],
                [("c.example", 2), ("b.example", 1)],
            ),
            (41.0, 99.0, [], [], []),
        ):
            assert self.pump.wait(self.mailbox.top("addresses", start, end, 0, 9)) == addresses
            assert self.pump.wait(self.mailbox.top("senders", start, end, 0, 9)) == senders
            assert self.pump.wait(self.mailbox.top("domains", start, end, 0, 9)) == domains
        assert self.pump.wait(self.mailbox.top("senders", 0.0, 99.0, 1, 9)) == [("two@s.test", 1)]
        assert self.pump.wait(self.mailbox.top("senders", 0.0, 99.0, -1, 1)) == [("one@s.test", 3)]
        assert self.pump.wait(self.mailbox.top("senders", 0.0, 99.0, 0, -1)) == []
        assert self.pump.wait(self.mailbox.adopt("x@c.example", "ann")) == 2
        assert self.pump.wait(self.mailbox.top("domains", 0.0, 99.0, 0, 9)) == [("b.example", 3)]
        assert self.pump.wait(self.mailbox.purge(PUBLIC)) == 3
        assert self.pump.wait(self.mailbox.top("domains", 0.0, 99.0, 0, 9)) == []

    def test_attachments(self) -> None:
        """Attachments are counted by the public messages that have them, once a message; starred ones are hidden."""

        def attached(seq: int, *checksums: str, **changes: Any) -> Message:
            return written(seq, received=10.0 * seq, summary={"attachments": checksums}, **changes)

        a, b, c = "a" * 32, "b" * 32, "c" * 32
        both = [attached(1, a, b), attached(2, a, b, inbox="x@c.example")]
        self.append(*both)
        self.each(attached(3, b, b))
        self.each(attached(4, b, c, owner="ann"))
        self.each(attached(5, c, saved_by="ann"))
        self.each(message(6))
        common = self.mailbox.common_attachments
        assert self.pump.wait(common(0.0, 99.0, 0, 9)) == [(b, 3), (a, 2)]
        assert self.pump.wait(common(0.0, 99.0, 1, 1)) == [(a, 2)]
        assert self.pump.wait(common(20.0, 40.0, 0, 9)) == [(b, 2), (a, 1)]
        assert [self.pump.wait(self.mailbox.attachment_count(one)) for one in (a, b, c, "d")] == [2, 3, 0, 0]
        assert self.numbers(self.mailbox.messages_with_attachment(b, 9)) == [3, 2, 1]
        assert self.numbers(self.mailbox.messages_with_attachment(c, 9)) == []
        assert self.numbers(self.mailbox.messages_with_attachment(b, 1)) == [3]
        assert self.numbers(self.mailbox.messages_with_attachment(b, -1)) == []
        assert self.pump.wait(self.mailbox.delete(both[0])) is True
        assert self.numbers(self.mailbox.messages_with_attachment(b, 9)) == [3, 2]
        assert self.pump.wait(self.mailbox.delete(both[1])) is True
        assert self.pump.wait(common(0.0, 99.0, 0, 9)) == [(b, 1)]
        assert self.numbers(self.mailbox.messages_with_attachment(a, 9)) == []

    def test_counts_follow(self) -> None:
        """A count that was asked before is right after each append and change, in order or not."""

        def counts() -> tuple[int, int, int, Totals]:
            return (
                self.pump.wait(self.mailbox.count(ANNS)),
                self.pump.wait(self.mailbox.count_domain("b.example", "ann")),
                self.pump.wait(self.mailbox.unread("ann")),
                self.pump.wait(self.mailbox.totals("ann")),
            )

        assert counts() == (0, 0, 0, Totals())
        self.each(message(5, owner="ann"))
        assert counts() == (1, 1, 1, Totals(1, 3, 0))
        self.each(message(6, owner="ann", inbox="x@b.example"))
        assert counts() == (1, 2, 2, Totals(2, 6, 0))
        assert counts() == (1, 2, 2, Totals(2, 6, 0))
        self.each(message(2, owner="ann"), message(3))
        assert counts() == (3, 4, 3, Totals(3, 9, 0))
        self.pump.wait(self.mailbox.mark(message(2, owner="ann"), True))
        self.pump.wait(self.mailbox.star(message(3), "ann"))
        assert counts() == (3, 4, 3, Totals(4, 12, 1))
        self.pump.wait(self.mailbox.delete(message(5, owner="ann")))
        assert counts() == (2, 3, 2, Totals(3, 9, 1))
        self.each(message(7))
        assert counts() == (3, 4, 2, Totals(3, 9, 1))
        assert self.pump.wait(self.mailbox.adopt("a@b.example", "ann")) == 2
        assert counts() == (3, 4, 3, Totals(4, 12, 1))
        assert self.pump.wait(self.mailbox.purge(ANNS)) == 2
        assert counts() == (1, 2, 2, Totals(2, 6, 1))
        assert self.pump.wait(self.mailbox.purge_owner("ann")) == 2
        assert counts() == (0, 0, 0, Totals())
