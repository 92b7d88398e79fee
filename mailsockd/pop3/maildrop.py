"""The list of one session: its messages by number, and which of them are marked as deleted (RFC 1939 section 5)."""

from collections.abc import Iterator, Sequence

from mailsockd.actions.maildrop import Listed


class Maildrop:
    """Numbers begin at 1 and stay what they are; `count` and `octets` are of what is not marked."""

    def __init__(self, listed: Sequence[Listed]) -> None:
        self._listed = listed
        self._marked: set[int] = set()
        self._all_octets = self.octets = sum(one.octets for one in listed)

    @property
    def count(self) -> int:
        """How many messages are not marked."""
        return len(self._listed) - len(self._marked)

    @property
    def last(self) -> int:
        """The highest number, 0 when there is none."""
        return len(self._listed)

    def __iter__(self) -> Iterator[tuple[int, Listed]]:
        """Give the messages that are not marked, with their numbers."""
        for number, one in enumerate(self._listed, 1):
            if number not in self._marked:
                yield number, one

    def get(self, number: int) -> Listed | None:
        """Give the message of a number, None when there is none or it is marked."""
        return None if number in self._marked or not 1 <= number <= self.last else self._listed[number - 1]

    def mark(self, number: int) -> None:
        """Mark the message of a number that `get` gives something for."""
        self._marked.add(number)
        self.octets -= self._listed[number - 1].octets

    def reset(self) -> None:
        """Mark nothing."""
        self._marked.clear()
        self.octets = self._all_octets

    def marked(self) -> list[Listed]:
        """Give the messages that are marked, in their order."""
        return [self._listed[number - 1] for number in sorted(self._marked)]

    def sizes(self) -> Iterator[bytes]:
        """Give the lines that answer LIST."""
        yield b"+OK %d messages (%d octets)\r\n" % (self.count, self.octets)
        for number, listed in self:
            yield b"%d %d\r\n" % (number, listed.octets)
        yield b".\r\n"

    def ids(self) -> Iterator[bytes]:
        """Give the lines that answer UIDL."""
        yield b"+OK %d messages\r\n" % self.count
        for number, listed in self:
            yield b"%d %s\r\n" % (number, listed.id.encode("ascii"))
        yield b".\r\n"
