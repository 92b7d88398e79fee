"""Paths that stand in Mailsac's description for its documents: they tell where the thing itself is."""

from typing import Any

from mailsockd.web.router import Call, HTTPError, Routes


class PlaceholderRoutes:
    """Two paths behind which there is nothing."""

    routes = Routes(tag="WebSocket", answers=(), errors={404: "Always: `message` tells where it is."})

    @routes.get(
        "/api/custom_web_sockets", open=True, operation="WebSocketPlace", summary="Say where the web sockets are"
    )
    @routes.post(
        "/api/custom_web_sockets",
        open=True,
        operation="PostWebSocketPlace",
        summary="Say where the web sockets are (the same with POST)",
    )
    def sockets(self, call: Call) -> Any:
        """Answer 404 with the path of the socket."""
        raise HTTPError(
            404,
            "Web sockets are at /incoming-messages?key=KEY&addresses=ADDRESSES, and are switched on for an address "
            'with PUT /api/addresses/{email} and {"enablews": true}.',
        )

    @routes.get("/api/custom_webhooks", open=True, operation="WebhookPlace", summary="Say how web hooks are set")
    @routes.post(
        "/api/custom_webhooks",
        open=True,
        operation="PostWebhookPlace",
        summary="Say how web hooks are set (the same with POST)",
    )
    def webhooks(self, call: Call) -> Any:
        """Answer 404 with how a web hook is set."""
        raise HTTPError(
            404,
            "A web hook is set for an address with PUT /api/addresses/{email} and "
            '{"webhook": "https://example.org/mail"}; docs/webhooks.md has what is sent.',
        )
