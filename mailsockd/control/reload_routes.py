"""The route of the control socket that has the configuration read again."""

from collections.abc import Callable
from typing import Any, TypeAlias

from twisted.internet.defer import Deferred

from mailsockd.actions.reloaded import Reloaded
from mailsockd.web.router import Call, Routes

Reload: TypeAlias = "Callable[[], Deferred[Reloaded]]"


class ReloadRoutes:
    """`reload` fails with Refusal when what it read is not good; then nothing has changed."""

    routes = Routes()

    def __init__(self, reload: Reload) -> None:
        self._reload = reload

    @routes.post("/control/v1/reload", open=True)
    async def reload(self, call: Call) -> Any:
        """Answer what was read, the settings that are in force now, and those that need a restart."""
        done = await self._reload()
        return {"config": done.source, "reloaded": list(done.taken), "needRestart": list(done.waiting)}
