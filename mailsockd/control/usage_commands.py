"""`mailsockctl usage`"""

from typing import Any

from mailsockd.control.client import segment
from mailsockd.control.command import Context, Group


def declare(program: Group) -> None:
    """Declare the command."""
    usage = program.command(
        "usage",
        _usage,
        "Show the operations of an account, or of each; what counts is in docs/usage.md.",
        "usage",
        "usage alice",
        "usage alice --json",
    )
    usage.add_argument("name", metavar="NAME", nargs="?")


def _usage(context: Context) -> None:
    name = context.options.name
    found = context.daemon.call("GET", "usage" if name is None else f"accounts/{segment(name)}/usage")
    if context.output.json:
        context.output.value(found)
    elif name is None:
        context.output.table(
            ("ACCOUNT", "THIS MONTH", "OF", "LAST MONTH", "ALL TIME"),
            [
                (one["_id"], f"{one['used']:,}", _limit(one), f"{one['lastMonth']:,}", f"{one['allTime']:,}")
                for one in found
            ],
        )
    else:
        _show(context, found)


def _show(context: Context, found: dict[str, Any]) -> None:
    context.output.pairs(
        [
            ("month", found["month"]),
            ("operations", f"{found['used']:,} of {_limit(found)}"),
            ("without a key", f"{found['withoutKey']:,}"),
            ("all time", f"{found['allTime']:,}"),
        ]
    )
    if found["byKey"]:
        context.output.table(
            ("KEY", "LAST 4", "OPERATIONS", "LAST USED"),
            [(one["name"], one["last"], f"{one['n']:,}", (one["lastUsed"] or "never")[:10]) for one in found["byKey"]],
        )
    if found["byDay"]:
        context.output.table(("DAY", "OPERATIONS"), [(one["day"], f"{one['n']:,}") for one in found["byDay"]])


def _limit(found: dict[str, Any]) -> str:
    return "any number" if found["limit"] is None else f"{found['limit']:,}"
