"""The routes about the caller (contract section 1.4)."""

from typing import Any

from mailsockd.state.accounts import Accounts
from mailsockd.state.addresses import AddressBook
from mailsockd.web.router import JSON, Call, Routes
from mailsockd.wire import account_json


class AccountRoutes:
    """The caller's account."""

    routes = Routes()

    def __init__(self, accounts: Accounts, book: AddressBook) -> None:
        self._accounts = accounts
        self._book = book

    @routes.get("/api/me", open=True, summary="Show the account that the key speaks for")
    def me(self, call: Call) -> Any:
        """Answer the account, or `null` for no key or a wrong one (contract section 0.2)."""
        if call.caller is None:
            return JSON(None)
        return account_json(call.caller, "", self._book.count(call.caller.name))
