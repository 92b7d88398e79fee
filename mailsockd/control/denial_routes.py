"""The routes of the control socket for the denylist."""

from typing import Any

from mailsockd.actions.denials import Denials
from mailsockd.control.fields import known, text, wrong
from mailsockd.state.denials import Denial
from mailsockd.web.router import Call, Routes
from mailsockd.wire import date_json


class DenialRoutes:
    """Whom mail is not taken from."""

    routes = Routes()

    def __init__(self, denials: Denials) -> None:
        self._denials = denials

    @routes.get("/control/v1/denials", open=True)
    def list(self, call: Call) -> Any:
        """Answer what is denied, by item; what only the operator's file has, has no date."""
        return [_json(item, denial) for item, denial in self._denials.all()]

    @routes.post("/control/v1/denials", open=True)
    async def add(self, call: Call) -> Any:
        """Deny `item`, with a `note` on why."""
        body = known(call.body(), {"item", "note"})
        denial = await self._denials.add(text(body, "item"), text(body, "note", ""))
        return _json(denial.item, denial)

    @routes.delete("/control/v1/denials", open=True)
    async def remove(self, call: Call) -> Any:
        """Take back `item`, which is in the query because a network has a slash."""
        item = call.query("item")
        if not item:
            raise wrong("item", "must be a domain, an address or a network")
        denial = await self._denials.remove(item)
        return _json(denial.item, denial)


def _json(item: str, denial: Denial | None) -> dict[str, Any]:
    return {
        "item": item,
        "note": denial.note if denial else "",
        "created": date_json(denial.created) if denial else None,
    }
