"""The routes that judge addresses (contract section 1.4)."""

from collections.abc import Container
from typing import Any

from mailsockd.actions.validation import MOST_VALIDATED, verdict
from mailsockd.api.account_schemas import VERDICT, VERDICTS
from mailsockd.api.answers import Body, gives
from mailsockd.api.bodies import VALIDATED
from mailsockd.api.fields import texts
from mailsockd.api.objects import verdict_json
from mailsockd.web.router import Call, Routes


class ValidationRoutes:
    """What can be told of an address; `disposable` are the domains that are known to be; they may change."""

    routes = Routes(tag="Validation")

    def __init__(self, disposable: Container[str]) -> None:
        self.disposable = disposable

    @routes.get(
        "/api/validations/addresses/{email}",
        operation="ValidateAddress",
        summary="Judge an address",
        answers=gives(VERDICT, "The judgement."),
    )
    def one(self, call: Call, email: str) -> Any:
        """Answer whether an address has a valid form and a disposable domain."""
        return verdict_json(verdict(email, self.disposable))

    @routes.post(
        "/api/validations/addresses",
        operation="ValidateAddressesBulk",
        summary="Judge up to 50 addresses",
        takes=Body(VALIDATED, required=True),
        answers=gives(VERDICTS, "The judgements."),
    )
    def many(self, call: Call) -> Any:
        """Answer the same for each of `emails`, in their order."""
        emails = texts(call.body(), "emails", MOST_VALIDATED)
        return [verdict_json(verdict(email, self.disposable)) for email in emails]
