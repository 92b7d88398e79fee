"""The routes of the control socket that tell how the daemon is."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs

from mailsockd.actions.registry import Registry
from mailsockd.actions.retention import Retention
from mailsockd.state.activity import ActivityLog, Event, Kind
from mailsockd.state.subscriptions import Subscriptions
from mailsockd.web.router import Call, Routes


@attrs.frozen
class Facts:
    """
    What does not change while the daemon runs.

    `started` is monotonic seconds, `config` where the configuration was read, `data` the absolute path of the data
    folder, `state` the kind of store.
    """

    version: str
    started: float
    config: str
    data: str
    state: str


class StatusRoutes:
    """
    The daemon as a whole.

    `domains` gives the configured ones in their order; `listeners`, by setting, the places that are listened on;
    `ready` whether everything that a start does is done, the first account and its file included.
    """

    routes = Routes()

    def __init__(
        self,
        facts: Facts,
        registry: Registry,
        subscriptions: Subscriptions,
        activity: ActivityLog,
        *,
        retention: Retention,
        domains: Callable[[], Sequence[str]],
        listeners: Callable[[], Mapping[str, Sequence[str]]],
        ready: Callable[[], bool],
        monotonic: Callable[[], float],
    ) -> None:
        self._facts = facts
        self._registry = registry
        self._subscriptions = subscriptions
        self._retention = retention
        self._domains = domains
        self._listeners = listeners
        self._ready = ready
        self._monotonic = monotonic
        self._received = 0
        activity.listen(self._count)

    @routes.get("/control/v1/ready", open=True)
    def ready(self, call: Call) -> Any:
        """Answer whether the daemon can be used."""
        return {"ready": self._ready()}

    @routes.get("/control/v1/status", open=True)
    def status(self, call: Call) -> Any:
        """
        Answer facts and counts; `uptime` is seconds, `received` and `evicted` count messages since the start.

        `refusal` says why no more mail is taken, "" while it is.
        """
        facts = self._facts
        return {
            "version": facts.version,
            "uptime": round(self._monotonic() - facts.started, 1),
            "config": facts.config,
            "data": facts.data,
            "state": facts.state,
            "domains": list(self._domains()),
            "listeners": {setting: list(places) for setting, places in self._listeners().items()},
            "accounts": len(self._registry.accounts),
            "addresses": len(self._registry.book),
            "received": self._received,
            "sockets": len(self._subscriptions),
            "storedBytes": self._retention.room.used,
            "storedLimit": self._retention.kept.total_bytes or None,
            "freeDisk": self._retention.room.free,
            "evicted": self._retention.evicted,
            "refusal": self._retention.refusal,
        }

    def _count(self, event: Event) -> None:
        self._received += event.kind is Kind.STORED
