"""The routes that load balancers and service managers ask: nothing of them is anybody's secret."""

from typing import Any

from mailsockd.actions.health import Health
from mailsockd.web.router import JSON, Call, Routes

PATHS = frozenset(("/healthz", "/readyz"))
_FRESH = {"Cache-Control": "no-store"}


class ProbeRoutes:
    """Whether the daemon lives, and whether it is of use. Why it is not is in the log and in `mailsockctl status`."""

    routes = Routes()

    def __init__(self, health: Health) -> None:
        self._health = health

    @routes.get("/healthz", open=True)
    def live(self, call: Call) -> Any:
        """Answer at all: that is what is asked."""
        return JSON({"alive": True}, headers=_FRESH)

    @routes.get("/readyz", open=True)
    async def ready(self, call: Call) -> Any:
        """Answer 200 when everything is right, and 503 when something is not; `checks` says what."""
        checks = await self._health.checks()
        ready = not any(check.trouble for check in checks)
        answer = {"ready": ready, "checks": {check.name: not check.trouble for check in checks}}
        return JSON(answer, 200 if ready else 503, _FRESH)
