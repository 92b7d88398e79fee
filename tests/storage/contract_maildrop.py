"""What every MaildropStore does, whatever it is made of: a suite that each implementation inherits."""

from typing import Any

from mailsockd.actions.maildrop import Listed, MaildropStore
from mailsockd.actions.ports import Selection
from mailsockd.mail.stored import Message
from mailsockd.mail.trace import received_header
from tests.storage.contract_mailbox import ANNS, BOBS, PUBLIC, Opened, message


class MaildropContract(Opened):
    """The suite; `store` is what works on the open mailbox."""

    def store(self) -> MaildropStore:
        raise NotImplementedError

    def listed(self, selection: Selection = PUBLIC, most: int = 100, added: Any = lambda message: 0) -> list[Listed]:
        return self.pump.wait(self.store().listing(selection, most, added))

    def piece(self, of: Message, start: int, length: int) -> bytes | None:
        return self.pump.wait(self.store().piece(of, start, length))

    def remove(self, selection: Selection, *numbers: int) -> int:
        return self.pump.wait(self.store().remove(selection, numbers))

    def test_list_is_oldest_first(self) -> None:
        """A list has seq, id and octets of each message, the oldest first, whatever their dates say."""
        assert self.listed() == []
        for seq in (1, 2, 3):
            self.append(message(seq, received=1_700_000_000.0 - seq), content=b"a\r\n" * seq)
        assert self.listed() == [Listed(1, "m1", 3), Listed(2, "m2", 6), Listed(3, "m3", 9)]

    def test_list_of_the_newest(self) -> None:
        """When there are more messages than a list may have, the oldest are left out."""
        for seq in (1, 2, 3):
            self.append(message(seq), content=b"a\r\n")
        assert [one.id for one in self.listed(most=2)] == ["m2", "m3"]
        assert self.listed(most=0) == []
        assert self.listed(most=-1) == []

    def test_octets_are_those_of_lines(self) -> None:
        """Octets are counted with CR LF at the end of every line; the copies of one content have the same."""
        self.append(message(1), message(2, inbox="c@b.example"), content=b"one\ntwo\r\nthree")
        assert self.listed() == [Listed(1, "m1", 17)]
        assert self.listed(Selection("c@b.example", None)) == [Listed(2, "m2", 17)]

    def test_octets_beside_the_content(self) -> None:
        """What is added to a message is asked for it alone, with everything that its trace header is made of."""
        odd = message(1, helo="[192.0.2.9]", ip="2001:db8::1", esmtp=False, tls=True, original="a+tag@b.example")
        self.append(odd, content=b"")
        seen: list[bytes] = []

        def added(of: Message) -> int:
            seen.append(received_header(of, "mx.test"))
            return 1000

        assert self.listed(added=added) == [Listed(1, "m1", 1000)]
        assert seen == [received_header(odd, "mx.test")]

    def test_list_is_of_what_the_reader_sees(self) -> None:
        """A list has public messages and the reader's own; what somebody starred is there for whoever did."""
        self.append(message(1))
        self.append(message(2, owner="ann"))
        self.append(message(3, saved_by="bob"))
        self.append(message(4, inbox="c@b.example"))
        assert [one.id for one in self.listed(PUBLIC)] == ["m1"]
        assert [one.id for one in self.listed(ANNS)] == ["m1", "m2"]
        assert [one.id for one in self.listed(BOBS)] == ["m1", "m3"]
        assert [one.id for one in self.listed(Selection("a@b.example", ""))] == ["m1"]

    def test_pieces(self) -> None:
        """Content is given in pieces as received, and is empty behind its end."""
        content = bytes(range(256)) * 64
        self.append(message(1), message(2, inbox="c@b.example"), content=content)
        for of in (message(1), message(2, inbox="c@b.example")):
            assert self.piece(of, 0, 5) == content[:5]
            assert self.piece(of, 4090, 9000) == content[4090 : 4090 + 9000]
            assert self.piece(of, len(content) - 2, 100) == content[-2:]
            assert self.piece(of, len(content), 100) == b""
            assert self.piece(of, 1 << 40, 100) == b""
        self.append(message(3), content=b"")
        assert self.piece(message(3), 0, 100) == b""

    def test_piece_of_what_is_not_there(self) -> None:
        """A message that was deleted, or never was, has no pieces."""
        self.append(message(1))
        self.remove(PUBLIC, 1)
        assert self.piece(message(1), 0, 10) is None
        assert self.piece(message(7), 0, 10) is None

    def test_remove(self) -> None:
        """What is named and in the selection is deleted, starred or not; nothing else is."""
        self.append(message(1))
        self.append(message(2, owner="ann", saved_by="ann"))
        self.append(message(3, owner="bob"))
        self.append(message(4, inbox="c@b.example"))
        self.append(message(5))
        assert self.remove(ANNS, 1, 2, 3, 4, 77) == 2
        assert [one.id for one in self.listed(ANNS)] == ["m5"]
        assert [one.id for one in self.listed(BOBS)] == ["m3", "m5"]
        assert [one.id for one in self.listed(Selection("c@b.example", None))] == ["m4"]
        assert self.remove(ANNS) == 0

    def test_remove_many(self) -> None:
        """More messages than one transaction deletes are all deleted."""
        self.append(*(message(seq, inbox=f"a{seq}@b.example") for seq in range(1000, 1003)))
        for seq in range(1, 121):
            self.append(message(seq))
        assert self.remove(PUBLIC, *range(1, 120)) == 119
        assert [one.id for one in self.listed()] == ["m120"]
