"""`mailsockctl state …`: works while the daemon does not run."""

import importlib

from mailsockd.control.client import Failed
from mailsockd.control.command import Context, Group

KINDS = ("yaml", "sqlite")


def declare(program: Group) -> None:
    """Declare the commands."""
    group = program.group("state", "take the state from one kind of store to the other")
    convert = group.command(
        "convert",
        _convert,
        "Copy accounts, keys, addresses, domains and secrets to the other kind of store. The daemon must not run.",
        "state convert yaml",
        "--config /etc/mailsockd/mailsockd.yaml state convert sqlite",
    )
    convert.add_argument("kind", metavar="|".join(KINDS), choices=KINDS, help="the kind to make")


def _convert(context: Context) -> None:
    # Imported only now: it brings Twisted, and every other command starts without.
    offline = importlib.import_module("mailsockd.offline")
    config, kind = context.config, context.options.kind
    try:
        done = offline.convert_state(config, kind)
    except offline.OfflineTrouble as trouble:
        raise Failed(str(trouble)) from trouble
    if context.output.json:
        context.output.value({"state": kind, "from": str(done.source), "to": str(done.target), "entries": done.entries})
        return
    context.output.say(f"copied {done.entries} entries from {done.source} to {done.target}")
    if config.state != kind:
        context.output.say(f"now set `state: {kind}` in {config.source} and start the daemon")
