"""The routes that judge addresses (contract section 1.4)."""

from collections.abc import Container
from typing import Any

from mailsockd.actions.validation import verdict
from mailsockd.api.fields import MOST_VALIDATED, texts
from mailsockd.api.objects import verdict_json
from mailsockd.web.router import Call, Routes


class ValidationRoutes:
    """What can be told of an address; `disposable` are the domains that are known to be."""

    routes = Routes()

    def __init__(self, disposable: Container[str]) -> None:
        self._disposable = disposable

    @routes.get("/api/validations/addresses/{email}", summary="Judge an address")
    def one(self, call: Call, email: str) -> Any:
        """Answer whether an address has a valid form and a disposable domain."""
        return verdict_json(verdict(email, self._disposable))

    @routes.post("/api/validations/addresses", summary="Judge up to 50 addresses")
    def many(self, call: Call) -> Any:
        """Answer the same for each of `emails`, in their order."""
        emails = texts(call.body(), "emails", MOST_VALIDATED)
        return [verdict_json(verdict(email, self._disposable)) for email in emails]
