"""Finding messages: first what appends left undone, then the question, in turns that keep nobody waiting long."""

from collections.abc import Awaitable, Callable
from typing import Any

from mailsockd.actions.ports import TEXTS_READ, Filter, Term, View
from mailsockd.mail.stored import Message
from mailsockd.storage import finding
from mailsockd.storage.finding import Place
from mailsockd.storage.reader import Question
from mailsockd.storage.terms import terms_of, terms_of_query
from mailsockd.storage.writer import Index, Job

TEXTS_AT_ONCE = 20  # mails parsed before a reader turns to the next question


class Search:
    """Questions that need the index; `ask` gives one to a reader, `submit` a job to the writer."""

    def __init__(self, ask: Callable[[Question], Awaitable[Any]], submit: Callable[[Job], Awaitable[Any]]) -> None:
        self._ask = ask
        self._submit = submit
        self._appends = 0
        self._indexed = -1

    def behind(self) -> None:
        """Remember that something was appended."""
        self._appends += 1

    async def index(self) -> None:
        """Return when everything that was appended before is indexed, a slice at a time."""
        wanted = self._appends
        if self._indexed < wanted:
            while await self._submit(Index()):
                pass
            self._indexed = max(self._indexed, wanted)

    async def ask(self, question: Question) -> Any:
        """Ask a question when the index has what it needs."""
        await self.index()
        return await self._ask(question)

    async def found(self, place: Place, filter: Filter, limit: int, skip: int = 0) -> list[Message]:
        """Give what a filter finds in a place, newest first."""
        terms = terms_of(filter)
        if terms is not None:
            await self.index()
        if filter.text is None:
            return list(await self._ask(finding.found(place, terms, limit, skip)))
        candidates = await self._ask(finding.seqs(place, terms, TEXTS_READ))
        numbers = await self._with_text(candidates, filter.text, max(skip, 0) + max(limit, 0))
        return list(await self._ask(finding.listed(numbers[max(skip, 0) :])))

    async def page(self, view: View, limit: int, before: int | None) -> list[Message]:
        """Give messages of a view."""
        terms = terms_of_query(view.query) if view.query.strip() else None
        if terms is not None:
            await self.index()
        place = Place(
            view.inbox,
            view.reader,
            read=False if view.unread else None,
            up_to=None if before is None else before - 1,
            starred=view.starred,
            folder=view.folder,
            aside=not view.folder,
            label=view.label,
        )
        return list(await self._ask(finding.found(place, terms, limit)))

    async def all(self, place: Place, filter: Filter) -> list[int]:
        """Give the seqs of all that a filter finds in a place, however many there are."""
        # A turn in the writer's queue even without terms: it comes behind what was appended.
        self._indexed = -1
        await self.index()
        numbers = await self._ask(finding.seqs(place, terms_of(filter), None))
        return numbers if filter.text is None else await self._with_text(numbers, filter.text, len(numbers))

    async def _with_text(self, candidates: list[int], term: Term, limit: int) -> list[int]:
        numbers: list[int] = []
        for start in range(0, len(candidates), TEXTS_AT_ONCE):
            if len(numbers) >= limit:
                break
            some = candidates[start : start + TEXTS_AT_ONCE]
            numbers.extend(await self._ask(finding.with_text(some, term)))
        return numbers[:limit]
