"""The routes for web hooks that Mailsac does not have: the secret that signs, and a test."""

from typing import Any

from mailsockd.actions.webhooks import Try, Webhooks
from mailsockd.api.answers import gives
from mailsockd.api.webhook_schemas import WEBHOOK_SECRET, WEBHOOK_TRIAL
from mailsockd.web.router import Call, Routes
from mailsockd.wire.webhook import secret_json, trial_json

_NOT_THERE = {404: "The account has not reserved the address, or it has no web hook."}


class WebhookRoutes:
    """The web hooks of the caller's addresses. `attempt` sends a made-up message to one."""

    routes = Routes(tag="Web hooks")

    def __init__(self, webhooks: Webhooks, attempt: Try) -> None:
        self._webhooks = webhooks
        self._attempt = attempt

    @routes.get(
        "/mailsockd/v1/addresses/{email}/webhook-secret",
        operation="GetWebhookSecret",
        summary="Show the secret that signs a web hook",
        answers=gives(WEBHOOK_SECRET, "The secret."),
        errors=_NOT_THERE,
    )
    async def secret(self, call: Call, email: str) -> Any:
        """Answer the secret with which what is sent to the address's web hook is signed."""
        address, secret = await self._webhooks.secret(call.caller, email)
        return secret_json(address, secret, self._webhooks.now())

    @routes.post(
        "/mailsockd/v1/addresses/{email}/webhook-secret/rotate",
        operation="RotateWebhookSecret",
        summary="Replace the secret that signs a web hook",
        answers=gives(WEBHOOK_SECRET, "The new secret, and the one before it, which signs too for a day."),
        errors=_NOT_THERE,
    )
    async def rotate(self, call: Call, email: str) -> Any:
        """Make a new secret. For a day there is a signature by each, so that receivers can change over."""
        address, secret = await self._webhooks.rotate(call.caller, email)
        return secret_json(address, secret, self._webhooks.now())

    @routes.post(
        "/mailsockd/v1/addresses/{email}/webhook-test",
        operation="TestWebhook",
        summary="Send a made-up message to a web hook",
        answers=gives(WEBHOOK_TRIAL, "How it went; 200 as well when the web hook refused it."),
        errors=_NOT_THERE,
    )
    async def test(self, call: Call, email: str) -> Any:
        """Send a message that is stored nowhere to the address's web hook, at once and once, and answer how it went."""
        return trial_json(await self._webhooks.test(call.caller, email, self._attempt))
