"""The routes of the control socket that tell how the daemon is."""

from typing import Any

from mailsockd.actions.health import Health
from mailsockd.web.router import Call, Routes
from mailsockd.wire import date_json


class StatusRoutes:
    """The daemon as a whole."""

    routes = Routes()

    def __init__(self, health: Health) -> None:
        self._health = health

    @routes.get("/control/v1/ready", open=True)
    def ready(self, call: Call) -> Any:
        """Answer whether the daemon can be used."""
        return {"ready": self._health.started}

    @routes.get("/control/v1/status", open=True)
    async def status(self, call: Call) -> Any:
        """
        Answer facts and counts; `uptime` is seconds, `received` and `evicted` count messages since the start,
        and `rejected` the commands of SMTP that were refused. No more mail is taken below `freeDiskLimit`.

        `refusal` says why no more mail is taken, "" while it is; `troubles` are sentences about what is not right.
        """
        found = [check.trouble for check in await self._health.checks() if check.trouble and check.name != "disk"]
        now, condition = self._health.now, self._health.condition()
        return {
            "version": condition.facts.version,
            "software": dict(condition.facts.software),
            "uptime": condition.uptime,
            "config": condition.config,
            "data": condition.facts.data,
            "state": condition.facts.state,
            "domains": list(condition.domains),
            "listeners": {setting: list(places) for setting, places in condition.listeners.items()},
            "certificates": [
                {"file": one.file, "names": list(one.names), "ends": date_json(one.ends), "days": one.days(now)}
                for one in condition.certificates
            ],
            "accounts": condition.accounts,
            "addresses": condition.addresses,
            "received": condition.received,
            "rejected": condition.rejected,
            "sockets": condition.sockets,
            "queued": condition.queued,
            "storedBytes": condition.stored,
            "storedLimit": condition.stored_limit or None,
            "freeDisk": condition.free_disk,
            "freeDiskLimit": condition.least_free,
            "evicted": condition.evicted,
            "refusal": condition.refusal,
            "troubles": found + [text for _, text in self._health.ending()],
        }
