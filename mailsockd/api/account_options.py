"""The options of an account that it sets for itself."""

from typing import Any

from mailsockd.actions.accounts import AccountActions
from mailsockd.api.account_schemas import ACCOUNT
from mailsockd.api.answers import Body, gives
from mailsockd.api.shapes import Named, closed, flag
from mailsockd.state.accounts import Accounts, key_digest
from mailsockd.state.addresses import AddressBook
from mailsockd.web.auth import key_of
from mailsockd.web.call import parse_flag
from mailsockd.web.errors import wrong
from mailsockd.web.router import Call, Routes
from mailsockd.wire import account_json

_OPTIONS = Named(
    "AccountOptions",
    closed(
        "Options. What is not named stays as it is.",
        {"capturePrivate": flag("Whether the mail that the account captures from now on is its alone.")},
        optional=["capturePrivate"],
        example={"capturePrivate": True},
    ),
)


class AccountOptionRoutes:
    """The caller's options."""

    routes = Routes(tag="Account")

    def __init__(self, actions: AccountActions, accounts: Accounts, book: AddressBook) -> None:
        self._actions = actions
        self._accounts = accounts
        self._book = book

    @routes.put(
        "/mailsockd/v1/account",
        operation="SetAccountOptions",
        summary="Change the options of the account",
        takes=Body(_OPTIONS),
        answers=gives(ACCOUNT, "The account as it is now."),
    )
    async def set(self, call: Call) -> Any:
        """Change what the body names, and answer the account as `/api/me` does."""
        body = call.body()
        unknown = next((name for name in body if name != "capturePrivate"), None)
        if unknown is not None:
            raise wrong(unknown, "is not an option of an account")
        account = call.caller
        if "capturePrivate" in body:
            account = await self._actions.set(account.name, capture_private=_flag(body["capturePrivate"]))
        key = self._accounts.key(key_digest(key_of(call)))
        return account_json(account, key.name if key else "", self._book.count(account.name))


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str | int):
        return parse_flag("capturePrivate", str(value))
    raise wrong("capturePrivate", "must be true, false, 1 or 0")
