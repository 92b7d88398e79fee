"""The routes for addresses (contract section 1.2)."""

from collections.abc import Sequence
from typing import Any

from mailsockd.actions.addresses import Addresses
from mailsockd.actions.settings import Setting, changes
from mailsockd.api.answers import Body, Query, gives
from mailsockd.api.bodies import RESERVED, SETTINGS
from mailsockd.api.fields import MOST_RESERVED, texts
from mailsockd.api.schemas import ADDRESS, ADDRESSES, AVAILABILITY, RELEASED
from mailsockd.api.shapes import flag
from mailsockd.state.addresses import Address, AddressBook
from mailsockd.web.router import Call, Routes
from mailsockd.wire import address_json, unreserved_json

_FOREIGN = {401: "There is no valid key, or the address is another account's."}
_NOT_RESERVED = {404: "The account has not reserved the address."}
_WITH_MAIL = Query("deleteAddressMessages", flag("Whether all its mail is deleted for good, starred too."))


class AddressRoutes:
    """The caller's addresses."""

    routes = Routes(tag="Addresses")

    def __init__(self, addresses: Addresses, book: AddressBook, settings: Sequence[Setting]) -> None:
        self._addresses = addresses
        self._book = book
        self._settings = settings

    @routes.get(
        "/api/addresses",
        operation="ListAddresses",
        summary="List the addresses of the account",
        answers=gives(ADDRESSES, "The addresses."),
    )
    def list(self, call: Call) -> Any:
        """Answer every address of the caller's."""
        return [self._json(address) for address in self._addresses.of(call.caller)]

    @routes.get(
        "/api/addresses/{email}",
        operation="GetAddress",
        summary="Show an address",
        answers=gives(ADDRESS, "The address."),
        errors=_FOREIGN,
    )
    def show(self, call: Call, email: str) -> Any:
        """Answer one address, reserved or not."""
        inbox, address, implicit = self._addresses.show(call.caller, email)
        return self._json(address) if address else unreserved_json(inbox, self._book.alias(inbox), implicit)

    @routes.post(
        "/api/addresses/{email}",
        operation="CreateAddress",
        summary="Reserve an address",
        takes=Body(SETTINGS),
        answers=gives(ADDRESS, "The address, which is the account's now."),
        errors=_FOREIGN,
    )
    async def reserve(self, call: Call, email: str) -> Any:
        """Reserve an address, with the settings of the body."""
        wanted = changes(call.body(), self._settings, call.caller.name)
        return self._json(await self._addresses.reserve(call.caller, email, wanted))

    @routes.post(
        "/api/private-addresses-bulk",
        operation="CreateAddresses",
        summary="Reserve up to 100 addresses",
        takes=Body(RESERVED, required=True),
        answers=gives(ADDRESSES, "The addresses, which are the account's now."),
        errors={401: "There is no valid key, or an address is another account's."},
    )
    async def reserve_all(self, call: Call) -> Any:
        """Reserve all of `addresses`, or none of them, and answer the new ones."""
        emails = texts(call.body(), "addresses", MOST_RESERVED)
        return [self._json(address) for address in await self._addresses.reserve_all(call.caller, emails)]

    @routes.put(
        "/api/addresses/{email}",
        operation="UpdateAddress",
        summary="Change an address",
        takes=Body(SETTINGS),
        answers=gives(ADDRESS, "The address as it is now."),
        errors=_FOREIGN | _NOT_RESERVED,
    )
    async def update(self, call: Call, email: str) -> Any:
        """Change the settings that the body names."""
        wanted = changes(call.body(), self._settings, call.caller.name)
        return self._json(await self._addresses.update(call.caller, email, wanted))

    @routes.put(
        "/api/private-address-forwarding/{email}",
        operation="UpdateForwarding",
        summary="Change an address (older route)",
        takes=Body(SETTINGS),
        answers=gives(ADDRESS, "The address as it is now."),
        errors=_NOT_RESERVED,
    )
    async def forward(self, call: Call, email: str) -> Any:
        """Change the settings that the body names; 404 for whatever is not the caller's."""
        wanted = changes(call.body(), self._settings, call.caller.name)
        return self._json(await self._addresses.forward(call.caller, email, wanted))

    @routes.delete(
        "/api/addresses/{email}",
        operation="DeleteAddress",
        summary="Release an address",
        query=(_WITH_MAIL,),
        answers=gives(RELEASED, "The address is nobody's now."),
    )
    async def release(self, call: Call, email: str) -> Any:
        """Give an address back, and with `deleteAddressMessages=true` all its mail to nobody."""
        inbox = await self._addresses.release(call.caller, email, call.flag("deleteAddressMessages"))
        return {"message": "Address was released.", "_id": inbox}

    @routes.get(
        "/api/addresses/{email}/availability",
        public=True,
        operation="CheckAvailability",
        summary="Tell whether an address can be reserved",
        answers=gives(AVAILABILITY, "Whether it can."),
    )
    def availability(self, call: Call, email: str) -> Any:
        """Answer whether the caller could reserve the address, and whether it is the caller's already."""
        inbox, available, owned = self._addresses.available(call.caller, email)
        return {"available": available, "email": inbox, "owned": owned}

    def _json(self, address: Address) -> dict[str, Any]:
        return address_json(address, self._book.alias(address.address))
