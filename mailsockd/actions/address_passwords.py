"""The password that one address may have of its own, for mail programs (contract sections 3.7 and 4)."""

from collections.abc import Callable

import attrs

from mailsockd.actions.accounts import SHORTEST_PASSWORD, new_password
from mailsockd.actions.ports import Passwords
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import Registry
from mailsockd.actions.rights import Rights
from mailsockd.state.accounts import Account
from mailsockd.state.addresses import Address

LONGEST_PASSWORD = 200


class AddressPasswords:
    """What an account may do with the passwords of its addresses. Only hashes are kept."""

    def __init__(self, registry: Registry, rights: Rights, passwords: Passwords, now: Callable[[], float]) -> None:
        self._registry = registry
        self._rights = rights
        self._passwords = passwords
        self._now = now

    async def set(self, caller: Account, email: str, password: str = "") -> tuple[str, str]:
        """
        Set a password, a random one unless given; gives the address and the password, which can be had only now.

        Raises Refusal: 400 no password that a mail program can send, 401 another's address, 404 nobody's.
        """
        address = self._address(caller, email)
        password = _checked(password) if password else new_password()
        kept = await self._passwords.hash(password)
        await self._keep(self._address(caller, address.address), kept)
        return address.address, password

    async def clear(self, caller: Account, email: str) -> str:
        """Take the password away; gives the address. Raises Refusal: 401 another's address, 404 nobody's."""
        address = self._address(caller, email)
        await self._keep(address, None)
        return address.address

    async def _keep(self, address: Address, password: str | None) -> None:
        await self._registry.change([attrs.evolve(address, password=password, updated=self._now())])

    def _address(self, caller: Account, email: str) -> Address:
        inbox = self._rights.inbox(email)
        if self._rights.reserver(inbox) not in ("", caller.name):
            raise Refusal(401, f"{self._rights.called(email)} is owned by another account.")
        address = self._registry.book.get(inbox)
        if address is None:
            raise Refusal(404, "The private address was not found for this user.")
        return address


def _checked(password: str) -> str:
    """Give a password that fits into one command line of POP3 and is long enough."""
    reason = ""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        reason = f"password: must have {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters"
    elif not password.isprintable():
        reason = "password: must be printable characters"
    if reason:
        raise Refusal(400, reason, (reason,))
    return password
