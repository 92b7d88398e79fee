"""Long lists with a field to search them: what all of them have in common."""

from collections.abc import Sequence
from typing import Generic, TypeVar

from twisted.web.template import Element, Tag, renderer

from mailsockd.dashboard.pages import Request

Item = TypeVar("Item")
SHOWN = 200  # items on one page


class FoundList(Element, Generic[Item]):
    """The first of the items that a query finds; its template has page, table, row, empty and more."""

    def __init__(self, found: Sequence[Item], query: str) -> None:
        super().__init__()
        self.shown = found[:SHOWN]
        self._left = len(found) - len(self.shown)
        self._query = query

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        return tag.fillSlots(query=self._query)

    @renderer
    def table(self, request: Request, tag: Tag) -> "Tag | str":
        """Show the table when there is something in it."""
        return tag if self.shown else ""

    @renderer
    def empty(self, request: Request, tag: Tag) -> "Tag | str":
        """Say that nothing was found."""
        return "" if self.shown else tag.fillSlots(sought=self._query)

    @renderer
    def more(self, request: Request, tag: Tag) -> "Tag | str":
        """Say that there are more."""
        return tag(f"{self._left:,} more. Type a part of the name to find it.") if self._left > 0 else ""
