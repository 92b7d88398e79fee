"""The routes of the control socket for web hooks: an operator acts for the account that owns the address."""

from typing import Any

from mailsockd.actions.accounts import AccountActions
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import Registry
from mailsockd.actions.rights import Rights
from mailsockd.actions.webhooks import Try, Webhooks
from mailsockd.state.accounts import Account
from mailsockd.web.router import Call, Routes
from mailsockd.wire.webhook import secret_json, trial_json


class WebhookRoutes:
    """The web hooks of all accounts. `attempt` sends a made-up message to one."""

    routes = Routes()

    def __init__(self, webhooks: Webhooks, attempt: Try, accounts: AccountActions, registry: Registry) -> None:
        self._webhooks = webhooks
        self._attempt = attempt
        self._accounts = accounts
        self._registry = registry
        self._rights = Rights(registry.book, registry.domains)

    @routes.get("/control/v1/addresses/{email}/webhook-secret", open=True)
    async def secret(self, call: Call, email: str) -> Any:
        """Answer the secret that signs the address's web hook."""
        address, secret = await self._webhooks.secret(self._owner(email), email)
        return secret_json(address, secret, self._webhooks.now())

    @routes.post("/control/v1/addresses/{email}/webhook-secret/rotate", open=True)
    async def rotate(self, call: Call, email: str) -> Any:
        """Replace it; for a day both sign."""
        address, secret = await self._webhooks.rotate(self._owner(email), email)
        return secret_json(address, secret, self._webhooks.now())

    @routes.post("/control/v1/addresses/{email}/webhook-test", open=True)
    async def test(self, call: Call, email: str) -> Any:
        """Send a made-up message to the address's web hook, and answer how it went."""
        return trial_json(await self._webhooks.test(self._owner(email), email, self._attempt))

    def _owner(self, email: str) -> Account:
        inbox = self._rights.inbox(email)
        address = self._registry.book.get(inbox)
        if address is None:
            raise Refusal(404, f"Nobody has reserved {inbox}.")
        return self._accounts.find(address.owner)
