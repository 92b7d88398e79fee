"""The routes about the caller (contract section 1.4)."""

from collections.abc import Awaitable, Callable
from typing import Any

from mailsockd.actions.statistics import Statistics
from mailsockd.api.account_schemas import ACCOUNT, FIGURES, SIGNED_OUT
from mailsockd.api.answers import Query, gives
from mailsockd.api.objects import figures_json
from mailsockd.api.shapes import nullable, text
from mailsockd.state.accounts import Accounts, key_digest
from mailsockd.state.addresses import AddressBook
from mailsockd.web.auth import key_of
from mailsockd.web.router import JSON, Call, Routes
from mailsockd.web.session import session_token, set_cookie
from mailsockd.wire import account_json


class AccountRoutes:
    """The caller's account. `used` gives the operations of an account in this month."""

    routes = Routes(tag="Account")

    def __init__(
        self,
        accounts: Accounts,
        book: AddressBook,
        statistics: Statistics,
        sign_out: Callable[[str], Awaitable[None]],
        used: Callable[[str], int],
    ) -> None:
        self._accounts = accounts
        self._book = book
        self._statistics = statistics
        self._sign_out = sign_out
        self._used = used

    @routes.get(
        "/api/me",
        open=True,
        operation="User",
        summary="Show the account that the key speaks for",
        answers=gives(nullable(ACCOUNT), "The account; null without a valid key."),
    )
    def me(self, call: Call) -> Any:
        """Answer the account, or `null` for no key or a wrong one (contract section 0.2)."""
        if call.caller is None:
            return JSON(None)
        key = self._accounts.key(key_digest(key_of(call)))
        name = call.caller.name
        return account_json(call.caller, key.name if key else "", self._book.count(name), self._used(name))

    @routes.get(
        "/api/me/stats",
        operation="AccountStats",
        summary="Show what the account has",
        query=(Query("overrideAccountId", text("Another account; only administrators are heard.")),),
        answers=gives(FIGURES, "The figures."),
        errors={404: "An administrator named an account that is not there."},
    )
    async def stats(self, call: Call) -> Any:
        """Answer addresses, domains and totals; an administrator may ask for another account."""
        return figures_json(await self._statistics.of(call.caller, call.query("overrideAccountId")))

    @routes.post(
        "/api/auth/logout",
        open=True,
        operation="Logout",
        summary="Sign out",
        answers=gives(SIGNED_OUT, "The session is over."),
    )
    async def logout(self, call: Call) -> Any:
        """End the session of the browser; a key goes on working."""
        await self._sign_out(session_token(call))
        return JSON({"ok": True}, headers={"Set-Cookie": set_cookie("", 0, call.secure)})
