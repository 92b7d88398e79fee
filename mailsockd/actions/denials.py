"""What an operator does with the denylist, and what clients may ask of it (contract section 1.4, mailstats)."""

from collections.abc import Callable

from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import Registry
from mailsockd.state.denials import LONGEST_NOTE, Denial, InvalidDenial, denied_item


class Denials:
    """Changes take effect at once: for the next connection, and for the next mail of one that is open."""

    def __init__(self, registry: Registry, now: Callable[[], float]) -> None:
        self._registry = registry
        self._now = now

    def items(self) -> list[str]:
        """Give what is denied, sorted."""
        return list(self._registry.denylist)

    def denied(self, text: str) -> bool:
        """Tell whether a domain, an address, an IP address or a URL of one is denied; what is none of them is not."""
        return self._registry.denylist.find(text) is not None

    def all(self) -> list[tuple[str, Denial | None]]:
        """Give what is denied, sorted, each with what was added for it; None when only the operator's file has it."""
        return [(item, self._registry.denylist.get(item)) for item in self._registry.denylist]

    async def add(self, text: str, note: str = "") -> Denial:
        """Deny a domain, an address or a network; what was added before gets the new note. Raises Refusal 400."""
        item = _item(text)
        if len(note) > LONGEST_NOTE or not (note.isprintable() or not note):
            reason = f"note: must be at most {LONGEST_NOTE} printable characters"
            raise Refusal(400, reason, (reason,))
        before = self._registry.denylist.get(item)
        denial = Denial(item, before.created if before else self._now(), note)
        await self._registry.change([denial])
        return denial

    async def remove(self, text: str) -> Denial:
        """Take back what was added. Raises Refusal: 400 the operator's file has it, 404 it is not there."""
        item = _item(text)
        denial = self._registry.denylist.get(item)
        if denial is not None:
            await self._registry.change([], [denial])
            return denial
        if self._registry.denylist.fixed(item):
            raise Refusal(400, f"{item} is in the file that smtp.denylist names: take it out there and reload.")
        raise Refusal(404, f"{item} is not denied.")


def _item(text: str) -> str:
    try:
        return denied_item(text)
    except InvalidDenial as error:
        raise Refusal(400, str(error), (f"item: {error}",)) from error
