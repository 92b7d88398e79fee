"""`mailsockctl doctor`."""

import importlib
from typing import Any

from mailsockd.config import ConfigError
from mailsockd.control.client import Daemon, Failed
from mailsockd.control.command import Context, Group

_MARKS = {"good": "  ok  ", "unsure": "  ?   ", "warning": " warn ", "bad": " BAD  "}


def declare(program: Group) -> None:
    """Declare the command."""
    doctor = program.command(
        "doctor",
        _doctor,
        "Look for what keeps the server from working or makes it unsafe, and say how to mend it: configuration, ports "
        "and who holds them, DNS, certificates, clock, disk, file system, what is open to strangers. Exit status 1 "
        "when something is bad. As root it sees most.",
        "doctor",
        "doctor --all",
        "doctor --json",
    )
    doctor.add_argument("--all", action="store_true", help="show what is good, too")


def _doctor(context: Context) -> int:
    # Imported only now: it brings everything, and other commands start without.
    finding = importlib.import_module("mailsockd.doctor.finding")
    examination = importlib.import_module("mailsockd.doctor.examination")
    try:
        found = examination.examine(context.config)
        found += _daemon(context, finding)
    except ConfigError as error:
        found = [finding.bad("configuration", str(error), "mend it; `mailsockctl config check` reads it again")]
    shown = [one for one in found if context.options.all or context.output.json or one.level is not finding.Level.GOOD]
    if context.output.json:
        context.output.value(
            [{"level": one.level.value, "what": one.what, "text": one.text, "fix": one.fix} for one in shown]
        )
    else:
        for one in shown:
            mark = _MARKS[one.level.value]
            context.output.say(f"[{mark}] {one.what}: {one.text}")
            if one.fix:
                context.output.say(f"         {one.fix}")
        good = sum(one.level is finding.Level.GOOD for one in found)
        context.output.say(f"{good} of {len(found)} things are good")
    return 1 if any(one.level is finding.Level.BAD for one in found) else 0


def _daemon(context: Context, make: Any) -> list[Any]:
    """Ask the daemon itself, when it runs."""
    daemon: Daemon = context.daemon
    try:
        status = daemon.call("GET", "status", timeout=10.0)
    except Failed as failed:
        return [make.warning("daemon", str(failed), "start it: `systemctl start mailsockd`; its log says why it ended")]
    found = [make.bad("daemon", text, "its log says more: `journalctl -u mailsockd`") for text in status["troubles"]]
    if status["refusal"]:
        found.append(make.bad("daemon", f"no mail is taken: {status['refusal']}", "make room; see docs/retention.md"))
    return found or [make.good("daemon", f"it runs, version {status['version']}")]
