"""The routes about the caller (contract section 1.4)."""

from typing import Any

from mailsockd.actions.statistics import Statistics
from mailsockd.api.objects import figures_json
from mailsockd.state.accounts import Accounts, key_digest
from mailsockd.state.addresses import AddressBook
from mailsockd.web.auth import EXPIRED_SESSION, key_of
from mailsockd.web.router import JSON, Call, Routes
from mailsockd.wire import account_json


class AccountRoutes:
    """The caller's account."""

    routes = Routes()

    def __init__(self, accounts: Accounts, book: AddressBook, statistics: Statistics) -> None:
        self._accounts = accounts
        self._book = book
        self._statistics = statistics

    @routes.get("/api/me", open=True, summary="Show the account that the key speaks for")
    def me(self, call: Call) -> Any:
        """Answer the account, or `null` for no key or a wrong one (contract section 0.2)."""
        if call.caller is None:
            return JSON(None)
        key = self._accounts.key(key_digest(key_of(call)))
        return account_json(call.caller, key.name if key else "", self._book.count(call.caller.name))

    @routes.get("/api/me/stats", summary="Show what the account has")
    async def stats(self, call: Call) -> Any:
        """Answer addresses, domains and totals; an administrator may ask for another account."""
        return figures_json(await self._statistics.of(call.caller, call.query("overrideAccountId")))

    @routes.post("/api/auth/logout", open=True, summary="Sign out")
    def logout(self, call: Call) -> Any:
        """Have the browser forget its session; a key goes on working."""
        return JSON({"ok": True}, headers={"Set-Cookie": EXPIRED_SESSION})
