"""`mailsockctl deny …`"""

from mailsockd.control.command import Context, Group

_WHAT = "a sender's domain (its subdomains with it), a sender's address, an IP address or a network"


def declare(program: Group) -> None:
    """Declare the commands."""
    group = program.group("deny", "refuse mail by sender or IP address")
    add = group.command(
        "add",
        _add,
        "Refuse mail from a domain, a sender or a network, at once.",
        'deny add spam.example --note "floods us since Monday"',
        "deny add bob@shop.example",
        "deny add 192.0.2.0/24",
    )
    add.add_argument("item", metavar="ITEM", help=_WHAT)
    add.add_argument("--note", metavar="TEXT", default="", help="why, for the list")
    remove = group.command("remove", _remove, "Take it back.", "deny remove spam.example")
    remove.add_argument("item", metavar="ITEM", help=_WHAT)
    group.command("list", _list, "List what is refused.", "deny list", "deny list --json")


def _add(context: Context) -> None:
    body = {"item": context.options.item, "note": context.options.note}
    denied = context.daemon.call("POST", "denials", body)
    if context.output.json:
        context.output.value(denied)
    else:
        context.output.say(f"mail from {denied['item']} is refused from now on")


def _remove(context: Context) -> None:
    removed = context.daemon.call("DELETE", "denials", query={"item": context.options.item})
    if context.output.json:
        context.output.value(removed)
    else:
        context.output.say(f"took {removed['item']} from the denylist")


def _list(context: Context) -> None:
    denied = context.daemon.call("GET", "denials")
    if context.output.json:
        context.output.value(denied)
        return
    context.output.table(
        ("ITEM", "SINCE", "NOTE"),
        [(one["item"], one["created"][:10] if one["created"] else "in the file", one["note"]) for one in denied],
    )
