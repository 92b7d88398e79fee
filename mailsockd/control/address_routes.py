"""The routes of the control socket for addresses: an operator acts for the account that owns one."""

from collections.abc import Sequence
from typing import Any

from mailsockd.actions.accounts import AccountActions
from mailsockd.actions.address_passwords import AddressPasswords
from mailsockd.actions.addresses import Addresses
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import Registry
from mailsockd.actions.rights import Rights
from mailsockd.actions.settings import Setting, changes
from mailsockd.control.fields import known, text_or_none, wrong
from mailsockd.state.accounts import Account
from mailsockd.state.addresses import Address
from mailsockd.web.router import Call, Routes
from mailsockd.wire import address_json


class AddressRoutes:
    """The addresses of all accounts."""

    routes = Routes()

    def __init__(
        self,
        addresses: Addresses,
        passwords: AddressPasswords,
        accounts: AccountActions,
        registry: Registry,
        settings: Sequence[Setting],
    ) -> None:
        self._addresses = addresses
        self._passwords = passwords
        self._accounts = accounts
        self._registry = registry
        self._rights = Rights(registry.book, registry.domains)
        self._settings = settings

    @routes.get("/control/v1/addresses", open=True)
    def list(self, call: Call) -> Any:
        """Answer all addresses, or those of `account`, by address."""
        name = call.query("account")
        book = self._registry.book
        found = book.of(self._accounts.find(name).name) if name else sorted(book, key=lambda one: one.address)
        return [self._json(address) for address in found]

    @routes.post("/control/v1/addresses/{email}", open=True)
    async def add(self, call: Call, email: str) -> Any:
        """Reserve an address for `account` (in the query), with the settings of the body."""
        name = call.query("account")
        if not name:
            raise wrong("account", "must name the account that the address is for")
        account = self._accounts.find(name)
        wanted = changes(call.body(), self._settings, account.name)
        return self._json(await self._addresses.reserve(account, email, wanted))

    @routes.patch("/control/v1/addresses/{email}", open=True)
    async def set(self, call: Call, email: str) -> Any:
        """Change the settings that the body names."""
        owner = self._owner(email)
        wanted = changes(call.body(), self._settings, owner.name)
        return self._json(await self._addresses.update(owner, email, wanted))

    @routes.delete("/control/v1/addresses/{email}", open=True)
    async def release(self, call: Call, email: str) -> Any:
        """Take an address from its account; `messages=true` deletes its mail too."""
        owner = self._owner(email)
        return {"_id": await self._addresses.release(owner, email, call.flag("messages")), "account": owner.name}

    @routes.post("/control/v1/addresses/{email}/password", open=True)
    async def set_password(self, call: Call, email: str) -> Any:
        """Set `password`, else a random one, which is in the answer."""
        given = text_or_none(known(call.body(), {"password"}), "password")
        inbox, password = await self._passwords.set(self._owner(email), email, given or "")
        return {"_id": inbox, "password": None if given else password}

    @routes.delete("/control/v1/addresses/{email}/password", open=True)
    async def clear_password(self, call: Call, email: str) -> Any:
        """Take the password away."""
        return {"_id": await self._passwords.clear(self._owner(email), email), "password": None}

    def _owner(self, email: str) -> Account:
        inbox = self._rights.inbox(email)
        address = self._registry.book.get(inbox)
        if address is None:
            raise Refusal(404, f"Nobody has reserved {inbox}.")
        return self._accounts.find(address.owner)

    def _json(self, address: Address) -> dict[str, Any]:
        return address_json(address, self._registry.book.alias(address.address))
