"""The routes for addresses (contract section 1.2)."""

from collections.abc import Sequence
from typing import Any

from mailsockd.actions.addresses import Addresses
from mailsockd.actions.settings import Setting, changes
from mailsockd.api.fields import MOST_RESERVED, texts
from mailsockd.state.addresses import Address, AddressBook
from mailsockd.web.router import Call, Routes
from mailsockd.wire import address_json, unreserved_json


class AddressRoutes:
    """The caller's addresses."""

    routes = Routes()

    def __init__(self, addresses: Addresses, book: AddressBook, settings: Sequence[Setting]) -> None:
        self._addresses = addresses
        self._book = book
        self._settings = settings

    @routes.get("/api/addresses", summary="List the addresses of the account")
    def list(self, call: Call) -> Any:
        """Answer every address of the caller's."""
        return [self._json(address) for address in self._addresses.of(call.caller)]

    @routes.get("/api/addresses/{email}", summary="Show an address")
    def show(self, call: Call, email: str) -> Any:
        """Answer one address, reserved or not."""
        inbox, address, implicit = self._addresses.show(call.caller, email)
        return self._json(address) if address else unreserved_json(inbox, self._book.alias(inbox), implicit)

    @routes.post("/api/addresses/{email}", summary="Reserve an address")
    async def reserve(self, call: Call, email: str) -> Any:
        """Reserve an address, with the settings of the body."""
        wanted = changes(call.body(), self._settings)
        return self._json(await self._addresses.reserve(call.caller, email, wanted))

    @routes.post("/api/private-addresses-bulk", summary="Reserve up to 100 addresses")
    async def reserve_all(self, call: Call) -> Any:
        """Reserve all of `addresses`, or none of them, and answer the new ones."""
        emails = texts(call.body(), "addresses", MOST_RESERVED)
        return [self._json(address) for address in await self._addresses.reserve_all(call.caller, emails)]

    @routes.put("/api/addresses/{email}", summary="Change an address")
    async def update(self, call: Call, email: str) -> Any:
        """Change the settings that the body names."""
        return self._json(await self._addresses.update(call.caller, email, changes(call.body(), self._settings)))

    @routes.put("/api/private-address-forwarding/{email}", summary="Change an address (older route)")
    async def forward(self, call: Call, email: str) -> Any:
        """Change the settings that the body names; 404 for whatever is not the caller's."""
        return self._json(await self._addresses.forward(call.caller, email, changes(call.body(), self._settings)))

    @routes.delete("/api/addresses/{email}", summary="Release an address")
    async def release(self, call: Call, email: str) -> Any:
        """Give an address back, and with `deleteAddressMessages=true` all its mail to nobody."""
        inbox = await self._addresses.release(call.caller, email, call.flag("deleteAddressMessages"))
        return {"message": "Address was released.", "_id": inbox}

    @routes.get("/api/addresses/{email}/availability", public=True, summary="Tell whether an address can be reserved")
    def availability(self, call: Call, email: str) -> Any:
        """Answer whether the caller could reserve the address, and whether it is the caller's already."""
        inbox, available, owned = self._addresses.available(call.caller, email)
        return {"available": available, "email": inbox, "owned": owned}

    def _json(self, address: Address) -> dict[str, Any]:
        return address_json(address, self._book.alias(address.address))
