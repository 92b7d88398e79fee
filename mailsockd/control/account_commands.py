"""`mailsockctl account …`"""

import argparse

from mailsockd.control.client import segment
from mailsockd.control.command import Context, Group, Misused, yes_or_no


def declare(program: Group) -> None:
    """Declare the commands."""
    group = program.group("account", "make, change and remove accounts")
    add = group.command(
        "add",
        _add,
        "Make an account; its password and first API key are shown once.",
        "account add alice",
        "account add ci --json",
        "account add bob --admin --email bob@example.org --password-from-stdin < password",
    )
    add.add_argument("name", metavar="NAME", help="lower-case letters, digits, dots, dashes and underscores")
    add.add_argument("--admin", action="store_true", help="make an administrator")
    add.add_argument("--email", default="", help="where to reach whoever has the account")
    add.add_argument("--password-from-stdin", action="store_true", help="read the password from the standard input")
    change = group.command(
        "set",
        _set,
        "Change what an account may use, whether it is an administrator, and whether it can do anything.",
        "account set alice --credits 50 --messages 1000 --ops 10000",
        "account set alice --credits unlimited --admin yes",
        "account set alice --disabled yes",
    )
    change.add_argument("name", metavar="NAME")
    change.add_argument("--credits", type=_credits, metavar="N|unlimited", help="how many addresses it may reserve")
    change.add_argument(
        "--messages", type=_credits, metavar="N|unlimited", help="how many messages it may keep; the oldest go"
    )
    change.add_argument("--ops", type=_credits, metavar="N|unlimited", help="how many operations it has each month")
    change.add_argument(
        "--capture-private", type=yes_or_no, metavar="yes|no", help="whether the mail that it captures is its alone"
    )
    change.add_argument("--admin", type=yes_or_no, metavar="yes|no", help="whether it is an administrator")
    change.add_argument(
        "--disabled", type=yes_or_no, metavar="yes|no", help="whether it is shut out: sockets and sign-ins end at once"
    )
    group.command("list", _list, "List the accounts.", "account list", "account list --json")
    remove = group.command(
        "remove",
        _remove,
        "Remove an account with its keys and addresses, and close its sockets.",
        "account remove alice",
        "account remove alice --purge",
    )
    remove.add_argument("name", metavar="NAME")
    remove.add_argument("--purge", action="store_true", help="delete its mail too, for good")
    password = group.command(
        "passwd",
        _passwd,
        "Set a new password: a random one, which is shown once, or one from the standard input.",
        "account passwd alice",
        "account passwd alice --password-from-stdin < password",
    )
    password.add_argument("name", metavar="NAME")
    password.add_argument("--password-from-stdin", action="store_true", help="read it from the standard input")


def _credits(text: str) -> int | str:
    if text == "unlimited" or (text.isascii() and text.isdigit()):
        return text if text == "unlimited" else int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is neither a whole number nor `unlimited`")


def _add(context: Context) -> None:
    options = context.options
    body = {"_id": options.name, "admin": options.admin, "email": options.email}
    if options.password_from_stdin:
        body["password"] = context.secret()
    made = context.daemon.call("POST", "accounts", body)
    if context.output.json:
        context.output.value(made)
        return
    password = made["password"] or "as given"
    context.output.pairs([("account", made["_id"]), ("password", password), ("key", made["key"])])
    context.output.say("This is shown once: the server keeps only hashes of password and key.")


def _set(context: Context) -> None:
    options = context.options
    body: dict[str, object] = {}
    if options.credits is not None:
        body["credits"] = None if options.credits == "unlimited" else options.credits
    if options.messages is not None:
        body["messageLimit"] = None if options.messages == "unlimited" else options.messages
    if options.ops is not None:
        body["monthlyOps"] = None if options.ops == "unlimited" else options.ops
    if options.capture_private is not None:
        body["capturePrivate"] = options.capture_private
    if options.admin is not None:
        body["admin"] = options.admin
    if options.disabled is not None:
        body["disabled"] = options.disabled
    if not body:
        raise Misused("account set: say what is to be changed")
    account = context.daemon.call("PATCH", f"accounts/{segment(options.name)}", body)
    if context.output.json:
        context.output.value(account)
    else:
        context.output.pairs(
            [
                ("account", account["_id"]),
                ("credits", _limit(account["credits"])),
                ("messages", _limit(account["messageLimit"])),
                ("operations", _limit(account["monthlyOps"])),
                ("captures private", _yes(account["capturePrivate"])),
                ("admin", _yes(account["admin"])),
                ("disabled", _yes(account["disabled"])),
            ]
        )


def _list(context: Context) -> None:
    accounts = context.daemon.call("GET", "accounts")
    if context.output.json:
        context.output.value(accounts)
        return
    context.output.table(
        ("ACCOUNT", "ADMIN", "DISABLED", "ADDRESSES", "CREDITS", "KEYS", "CREATED", "EMAIL"),
        [
            (
                account["_id"],
                _yes(account["admin"]),
                _yes(account["disabled"]),
                str(account["addresses"]),
                _limit(account["credits"]),
                str(account["keys"]),
                account["created"][:10],
                account["email"],
            )
            for account in accounts
        ],
    )


def _remove(context: Context) -> None:
    options = context.options
    query = {"purge": True} if options.purge else None
    removed = context.daemon.call("DELETE", f"accounts/{segment(options.name)}", query=query)
    if context.output.json:
        context.output.value(removed)
    else:
        context.output.say(f"removed {removed['_id']}" + (" and its mail" if options.purge else ""))


def _passwd(context: Context) -> None:
    options = context.options
    body = {"password": context.secret()} if options.password_from_stdin else {}
    answer = context.daemon.call("POST", f"accounts/{segment(options.name)}/password", body)
    if context.output.json:
        context.output.value(answer)
    elif answer["password"] is None:
        context.output.say(f"the password of {answer['_id']} is set")
    else:
        context.output.pairs([("account", answer["_id"]), ("password", answer["password"])])


def _limit(value: int | None) -> str:
    return "unlimited" if value is None else str(value)


def _yes(flag: object) -> str:
    return "yes" if flag else "no"
