"""The secret that signs an address's web hook, and trying the web hook out."""

import secrets
from base64 import b64encode
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import Registry
from mailsockd.actions.rights import Rights
from mailsockd.state.accounts import Account
from mailsockd.state.addresses import Address
from mailsockd.state.deliveries import Trial
from mailsockd.state.secrets import Secret, SigningSecret, webhook_secret

SECRET_BYTES = 32  # Standard Webhooks: 24 to 64
BOTH_SIGN = 86_400.0  # seconds after a rotation
TESTS_AT_ONCE = 4


Try: TypeAlias = Callable[[Address], Awaitable[Trial]]


def new_secret() -> str:
    """Make a secret: `whsec_` and base64."""
    return "whsec_" + b64encode(secrets.token_bytes(SECRET_BYTES)).decode("ascii")


def secret_beside(registry: Registry, address: Address) -> list[Secret]:
    """Give what has to be saved beside an address: a secret, when it has a web hook and no secret yet."""
    name = webhook_secret(address.address)
    if not address.settings.get("webhook") or registry.secrets.get(name) is not None:
        return []
    return [Secret(name, SigningSecret(new_secret()).text)]


class Webhooks:
    """What an account may do with the web hooks of its addresses. `now` gives UTC seconds."""

    def __init__(self, registry: Registry, rights: Rights, now: Callable[[], float]) -> None:
        self._registry = registry
        self._rights = rights
        self.now = now
        self._testing: set[str] = set()

    async def signing(self, address: Address) -> tuple[str, ...]:
        """
        Give the secrets that sign what is sent to an address's web hook now.

        A state that was edited may have a web hook and no secret: it is made then. Raises StorageTrouble.
        """
        kept = self._kept(address)
        if kept is None:
            await self._registry.change(secret_beside(self._registry, address))
            kept = self._kept(address)
        return () if kept is None else kept.signing(self.now())

    async def secret(self, caller: Account, email: str) -> tuple[Address, SigningSecret]:
        """Give the secret of a web hook. Raises Refusal 404 for what is not the caller's, and without a web hook."""
        address = self._address(caller, email)
        await self.signing(address)
        kept = self._kept(address)
        if kept is None:
            raise Refusal(404, f"{address.address} has no web hook yet: set `webhook` first.")
        return address, kept

    async def rotate(self, caller: Account, email: str) -> tuple[Address, SigningSecret]:
        """Replace the secret; for a day both sign. Raises Refusal as `secret` does."""
        address, kept = await self.secret(caller, email)
        rotated = kept.rotated(new_secret(), self.now() + BOTH_SIGN)
        await self._registry.change([Secret(webhook_secret(address.address), rotated.text)])
        return address, rotated

    async def test(self, caller: Account, email: str, attempt: Try) -> Trial:
        """
        Send a made-up message to the web hook at once.

        Raises Refusal 404 as `secret` does, and 429 while the account has a test running, or too many others have.
        """
        address = self._address(caller, email)
        if not address.settings.get("webhook"):
            raise Refusal(404, f"{address.address} has no web hook yet: set `webhook` first.")
        if caller.name in self._testing or len(self._testing) >= TESTS_AT_ONCE:
            raise Refusal(429, "A test of a web hook is running already. Try again when it is over.")
        self._testing.add(caller.name)
        try:
            return await attempt(address)
        finally:
            self._testing.discard(caller.name)

    def _kept(self, address: Address) -> SigningSecret | None:
        secret = self._registry.secrets.get(webhook_secret(address.address))
        return None if secret is None else SigningSecret.of(secret.value)

    def _address(self, caller: Account, email: str) -> Address:
        address = self._registry.book.get(self._rights.inbox(email))
        if address is None or address.owner != caller.name:
            raise Refusal(404, "The private address was not found for this user.")
        return address
