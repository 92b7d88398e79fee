"""`mailsockctl backup`, `restore` and `check`: they work on the files of the data folder."""

import importlib
import sys
from pathlib import Path

from mailsockd.actions.words import size
from mailsockd.control.client import Failed
from mailsockd.control.command import Context, Group
from mailsockd.control.progress import Bar
from mailsockd.wire import date_json


def declare(program: Group) -> None:
    """Declare the commands."""
    backup = program.command(
        "backup",
        _backup,
        "Copy mail, accounts and everything else that is kept into a new folder, as it is at this moment. The daemon "
        "may run; mail is taken meanwhile.",
        "backup /var/backups/mailsockd/$(date +%F)",
    )
    backup.add_argument("folder", metavar="FOLDER", type=Path, help="must not be there yet")
    restore = program.command(
        "restore",
        _restore,
        "Put a backup in the place of what the data folder holds. The daemon must not run. What was there is kept in "
        "a folder beside it.",
        "restore /var/backups/mailsockd/2026-11-27",
    )
    restore.add_argument("folder", metavar="FOLDER", type=Path, help="what `mailsockctl backup` made")
    check = program.command(
        "check",
        _check,
        "Read the databases through and say what is damaged. The daemon may run. Exit status 1 when something is.",
        "check",
        "check --quick",
    )
    check.add_argument("--quick", action="store_true", help="leave out whether the indexes fit, which takes longest")


def _backup(context: Context) -> None:
    # Imported only now: it brings Twisted, and most commands start without.
    safekeeping, bar = importlib.import_module("mailsockd.safekeeping"), Bar(sys.stderr, context.output.json)
    try:
        kept = safekeeping.backup(context.config, context.options.folder, bar)
    except safekeeping.OfflineTrouble as trouble:
        raise Failed(str(trouble)) from trouble
    finally:
        bar.end()
    if context.output.json:
        context.output.value({"folder": str(kept.folder), "taken": date_json(kept.taken), "bytes": kept.bytes})
    else:
        context.output.say(f"{size(kept.bytes)} are in {kept.folder}")


def _restore(context: Context) -> None:
    safekeeping, bar = importlib.import_module("mailsockd.safekeeping"), Bar(sys.stderr, context.output.json)
    try:
        kept, aside = safekeeping.restore(context.config, context.options.folder, bar)
    except safekeeping.OfflineTrouble as trouble:
        raise Failed(str(trouble)) from trouble
    finally:
        bar.end()
    if context.output.json:
        context.output.value({"taken": date_json(kept.taken), "before": str(aside) if aside else None})
        return
    context.output.say(f"the data folder is as it was at {date_json(kept.taken)}")
    if aside:
        context.output.say(f"what it held before is in {aside}; remove that when you need it no more")


def _check(context: Context) -> int:
    safekeeping = importlib.import_module("mailsockd.safekeeping")
    found = safekeeping.damage(context.config, not context.options.quick)
    if context.output.json:
        context.output.value(found)
    else:
        for path, faults in found.items():
            for text in faults or ["good"]:
                context.output.say(f"{path}: {text}")
    return 1 if any(found.values()) else 0
