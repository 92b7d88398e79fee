"""`mailsockctl usage`"""

from mailsockd.control.client import segment
from mailsockd.control.command import Context, Group


def declare(program: Group) -> None:
    """Declare the command."""
    usage = program.command("usage", _usage, "Show what an account has used.", "usage alice", "usage alice --json")
    usage.add_argument("name", metavar="NAME")


def _usage(context: Context) -> None:
    found = context.daemon.call("GET", f"accounts/{segment(context.options.name)}/usage")
    if context.output.json:
        context.output.value(found)
        return
    limit = "any number" if found["limit"] is None else f"{found['limit']:,}"
    context.output.pairs(
        [
            ("month", found["month"]),
            ("operations", f"{found['used']:,} of {limit}"),
            ("without a key", f"{found['withoutKey']:,}"),
            ("all time", f"{found['allTime']:,}"),
        ]
    )
    if found["byKey"]:
        rows = [(one["name"], one["last"], f"{one['n']:,}", (one["lastUsed"] or "never")[:10]) for one in found["byKey"]]
        context.output.table(("KEY", "LAST 4", "OPERATIONS", "LAST USED"), rows)
    if found["byDay"]:
        context.output.table(("DAY", "OPERATIONS"), [(one["day"], f"{one['n']:,}") for one in found["byDay"]])
