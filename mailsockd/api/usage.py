"""The route for what an account has used (contract section 3.9)."""

from typing import Any

from mailsockd.actions.metering import Metering
from mailsockd.api.answers import gives
from mailsockd.api.shapes import Named, array, closed, date, integer, nullable, text
from mailsockd.state.accounts import Accounts
from mailsockd.state.usage import day_of
from mailsockd.web.router import Call, Routes
from mailsockd.wire.usage import usage_json

_DAYS = closed("A day.", {"day": text("The day, in UTC."), "n": integer("How many operations.")})
_MONTHS = closed("A month.", {"month": text("The month, in UTC."), "n": integer("How many operations.")})
_KEYS = closed(
    "A key.",
    {
        "name": text("Its name."),
        "last": text("Its last four characters."),
        "n": integer("How many operations of this month."),
        "lastUsed": {**nullable(date("When it was used last.")), "description": "Null when it never was."},
    },
)
_USAGE = Named(
    "Usage",
    closed(
        "What an account has used.",
        {
            "month": text("The present month, in UTC."),
            "used": integer("How many operations of this month."),
            "limit": {**nullable(integer("How many there are.")), "description": "Null for any number."},
            "withoutKey": integer("Of these, mail and what was published, which need no key."),
            "byKey": array(_KEYS, "Each key."),
            "byDay": array(_DAYS, "The days of this month on which there were any."),
            "months": array(_MONTHS, "All months, the newest first."),
            "allTime": integer("How many since the account was made."),
        },
    ),
)


class UsageRoutes:
    """The caller's usage."""

    routes = Routes(tag="Account")

    def __init__(self, metering: Metering, accounts: Accounts) -> None:
        self._metering = metering
        self._accounts = accounts

    @routes.get(
        "/mailsockd/v1/usage",
        operation="Usage",
        summary="Show what the account has used",
        answers=gives(_USAGE, "The figures."),
    )
    def show(self, call: Call) -> Any:
        """Answer the operations of this month, by key and by day, and those of all months."""
        month = day_of(self._metering.now)[:7]
        return usage_json(call.caller, self._accounts.keys_of(call.caller.name), self._metering.usage, month)
