"""The routes for the password that an address has of its own."""

from typing import Any

from mailsockd.actions.accounts import SHORTEST_PASSWORD
from mailsockd.actions.address_passwords import LONGEST_PASSWORD, AddressPasswords
from mailsockd.api.answers import Body, gives
from mailsockd.api.fields import text
from mailsockd.api.shapes import Named, closed, nullable
from mailsockd.api.shapes import text as words
from mailsockd.web.router import Call, Routes

_GIVEN = Named(
    "GivenAddressPassword",
    closed(
        "A password, or nothing for a random one.",
        {
            "password": nullable(
                words(
                    f"{SHORTEST_PASSWORD} to {LONGEST_PASSWORD} printable characters; a random one when it is empty.",
                    maxLength=LONGEST_PASSWORD,
                )
            )
        },
        optional=["password"],
        example={},
    ),
)
_ANSWER = Named(
    "AddressPassword",
    closed(
        "An address whose password was changed.",
        {
            "_id": words("The address."),
            "password": nullable(words("The password when it was made here: it is shown now and never again.")),
        },
        example={"_id": "user1@mail.test", "password": "Vn2Gd8sQ0bXw3kTz6YhR"},
    ),
)
_ERRORS = {
    401: "There is no valid key, or the address is another account's.",
    404: "The account has not reserved the address.",
}


class AddressPasswordRoutes:
    """Passwords for mail programs."""

    routes = Routes(tag="Addresses")

    def __init__(self, passwords: AddressPasswords) -> None:
        self._passwords = passwords

    @routes.put(
        "/mailsockd/v1/addresses/{email}/password",
        operation="SetAddressPassword",
        summary="Give an address a password of its own",
        takes=Body(_GIVEN),
        answers=gives(_ANSWER, "The address, with the password if it was made here."),
        errors=_ERRORS,
    )
    async def set(self, call: Call, email: str) -> Any:
        """Set a password with which mail programs read this address and no other."""
        given = text(call.body(), "password") or ""
        inbox, password = await self._passwords.set(call.caller, email, given)
        return {"_id": inbox, "password": None if given else password}

    @routes.delete(
        "/mailsockd/v1/addresses/{email}/password",
        operation="ClearAddressPassword",
        summary="Take the password of an address away",
        answers=gives(_ANSWER, "The address, which has no password of its own any more."),
        errors=_ERRORS,
    )
    async def clear(self, call: Call, email: str) -> Any:
        """Take the password away; the account's keys still read the address."""
        return {"_id": await self._passwords.clear(call.caller, email), "password": None}
