"""`mailsockctl key …`"""

from mailsockd.control.client import segment
from mailsockd.control.command import Context, Group


def declare(program: Group) -> None:
    """Declare the commands."""
    group = program.group("key", "add, list and revoke API keys")
    add = group.command(
        "add",
        _add,
        "Add an API key to an account: a new one, which is shown once, or one that programs use already.",
        "key add alice --name laptop",
        "key add ci --name pipeline --from-stdin < key",
    )
    add.add_argument("account", metavar="ACCOUNT")
    add.add_argument("--name", metavar="LABEL", default="key", help="what the key is called in lists")
    add.add_argument("--from-stdin", action="store_true", help="read the key from the standard input")
    listing = group.command("list", _list, "List the API keys of an account.", "key list alice", "key list ci --json")
    listing.add_argument("account", metavar="ACCOUNT")
    revoke = group.command(
        "revoke",
        _revoke,
        "Revoke an API key and close the sockets that were opened with it.",
        "key revoke alice laptop",
        "key revoke alice Zk3x",
    )
    revoke.add_argument("account", metavar="ACCOUNT")
    revoke.add_argument("which", metavar="KEYNAME|LAST4", help="the key's name, or its last four characters")


def _path(context: Context) -> str:
    return f"accounts/{segment(context.options.account)}/keys"


def _add(context: Context) -> None:
    body = {"name": context.options.name}
    if context.options.from_stdin:
        body["key"] = context.secret()
    made = context.daemon.call("POST", _path(context), body)
    if context.output.json:
        context.output.value(made)
        return
    key = made["key"] or f"as given, ending in {made['last']}"
    context.output.pairs([("account", made["account"]), ("name", made["name"]), ("key", key)])
    if made["key"]:
        context.output.say("This is shown once: the server keeps only a hash of the key.")


def _list(context: Context) -> None:
    keys = context.daemon.call("GET", _path(context))
    if context.output.json:
        context.output.value(keys)
    else:
        rows = [(key["name"], key["last"], key["created"][:10], (key["lastUsed"] or "never")[:10]) for key in keys]
        context.output.table(("NAME", "LAST 4", "CREATED", "LAST USED"), rows)


def _revoke(context: Context) -> None:
    revoked = context.daemon.call("DELETE", _path(context), query={"which": context.options.which})
    if context.output.json:
        context.output.value(revoked)
    else:
        context.output.say(f"revoked {revoked['name']}, the key ending in {revoked['last']}")
