"""Where the health of the daemon is asked for, put together."""

import platform
import sqlite3
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred

import twisted
from mailsockd import __version__
from mailsockd.actions.health import Facts, Health, Served, Sources
from mailsockd.core import Core
from mailsockd.listening import Listening
from mailsockd.preflight import listeners

PATIENCE = 5.0  # seconds that the writer has to answer


def make_health(
    core: Core, started: Callable[[], bool], touch: "Callable[[], Deferred[Any]]", places: Sequence[Listening]
) -> Health:
    """Put it together; `touch` has the writer do nothing, `places` are the listeners, which may come later."""
    live = core.live
    data = str(Path(core.config.data).absolute())
    sources = Sources(
        config=lambda: live.config.read,
        domains=lambda: live.config.served,
        listeners=lambda: {key: items for key, items in listeners(core.config) if items},
        down=lambda: [f"{place.place} ({place.setting})" for place in places if not place.up],
        certificates=lambda: [Served(one.path, one.names, one.ends) for one in live.certificates],
        queued=lambda: core.queue.waiting,
        started=started,
        touch=lambda: touch().addTimeout(PATIENCE, core.reactor),
        monotonic=time.monotonic,
        now=time.time,
    )
    facts = Facts(__version__, time.monotonic(), data, core.config.state, _software())
    return Health(facts, core.registry, core.subscriptions, core.activity, core.retention, sources)


def _software() -> dict[str, str]:
    return {
        "Python": platform.python_version(),
        "Twisted": twisted.__version__,
        "Autobahn": version("autobahn"),
        "SQLite": sqlite3.sqlite_version,
    }
