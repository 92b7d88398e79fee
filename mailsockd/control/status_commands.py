"""`mailsockctl status` and `mailsockctl ready`."""

import time
from collections.abc import Callable

from mailsockd.actions.words import duration, size
from mailsockd.control.client import Daemon, Failed
from mailsockd.control.command import Context, Group, seconds

PAUSE = 0.1
ONE_CALL = 5.0


def declare(program: Group) -> None:
    """Declare the commands."""
    program.command("status", _status, "Show how the daemon is and where it listens.", "status", "status --json")
    ready = program.command(
        "ready",
        _ready,
        "Tell by the exit status whether the daemon can be used.",
        "ready && echo it runs",
        "ready --wait 30",
    )
    ready.add_argument("--wait", metavar="S", type=seconds, default=0.0, help="wait up to this many seconds for it")


def _status(context: Context) -> None:
    status = context.daemon.call("GET", "status")
    if context.output.json:
        context.output.value(status)
        return
    pairs = [
        ("version", status["version"]),
        ("runs on", ", ".join(f"{name} {version}" for name, version in status["software"].items())),
        ("running for", duration(status["uptime"])),
        ("configuration", status["config"]),
        ("data folder", status["data"]),
        ("state", status["state"]),
        ("domains", ", ".join(status["domains"])),
    ]
    for one in status["certificates"]:
        names = ", ".join(one["names"]) or "no name"
        pairs.append(("certificate", f"{one['file']} for {names}, good for {one['days']} days"))
    pairs += [(setting, ", ".join(places)) for setting, places in status["listeners"].items() if places]
    for name, key in (
        ("accounts", "accounts"),
        ("addresses", "addresses"),
        ("web sockets", "sockets"),
        ("messages received", "received"),
        ("commands refused", "rejected"),
        ("deliveries queued", "queued"),
    ):
        pairs.append((name, str(status[key])))
    limit = status["storedLimit"]
    pairs.append(("stored", size(status["storedBytes"]) + (f" of {size(limit)}" if limit else "")))
    pairs.append(("evicted", str(status["evicted"])))
    pairs.append(("disk left", size(status["freeDisk"])))
    if status["refusal"]:
        pairs.append(("NO MAIL IS TAKEN", status["refusal"]))
    pairs += [("TROUBLE", text) for text in status["troubles"]]
    context.output.pairs(pairs)


def _ready(context: Context) -> int:
    wait_until_ready(context.daemon, context.options.wait)
    if context.output.json:
        context.output.value({"ready": True})
    return 0


def wait_until_ready(
    daemon: Daemon,
    wait: float,
    *,
    go_on: Callable[[], bool] = lambda: True,
    now: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Return when the daemon can be used. Raises Failed after `wait` seconds, and when `go_on` says False."""
    end = now() + wait
    while True:
        try:
            if daemon.call("GET", "ready", timeout=max(0.1, min(ONE_CALL, end - now())))["ready"]:
                return
            reason = "mailsockd is still starting"
        except Failed as failed:
            reason = str(failed)
        if now() >= end or not go_on():
            raise Failed(reason + (f" (waited {wait:g} s)" if wait else ""))
        sleep(PAUSE)
