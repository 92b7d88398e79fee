"""`mailsockctl address …`"""

import argparse
from typing import Any

from mailsockd.control.client import segment
from mailsockd.control.command import Context, Group, Misused

_SHOWN_APART = ("enablews", "webhook", "webhookSlack", "forward")


def declare(program: Group) -> None:
    """Declare the commands."""
    group = program.group("address", "reserve, list, change and release addresses")
    add = group.command(
        "add",
        _add,
        "Reserve an address for an account.",
        "address add user1@mail.test --account alice --enablews",
        'address add sales@mail.test --account alice --info "orders from the shop"',
    )
    add.add_argument("address", metavar="ADDRESS")
    add.add_argument("--account", metavar="NAME", required=True, help="whose it will be")
    add.add_argument("--enablews", action="store_true", help="send its mail to the account's web sockets")
    add.add_argument("--info", metavar="TEXT", help="a note")
    listing = group.command("list", _list, "List addresses.", "address list", "address list --account alice --json")
    listing.add_argument("--account", metavar="NAME", help="only this account's")
    change = group.command(
        "set",
        _set,
        "Change settings of an address. An empty value clears one.",
        "address set user1@mail.test enablews=true",
        'address set user1@mail.test enablews=false info="out of use"',
        "address set user1@mail.test webhook=https://example.org/mail",
    )
    change.add_argument("address", metavar="ADDRESS")
    change.add_argument("settings", metavar="SETTING=VALUE", nargs="+", type=_setting)
    release = group.command(
        "release",
        _release,
        "Take an address from its account; sockets lose it at once.",
        "address release user1@mail.test",
        "address release user1@mail.test --messages",
    )
    release.add_argument("address", metavar="ADDRESS")
    release.add_argument("--messages", action="store_true", help="delete all of its mail, for good")
    password = group.command(
        "passwd",
        _passwd,
        "Give an address a password of its own for mail programs: a random one, which is shown once, or one from the "
        "standard input.",
        "address passwd user1@mail.test",
        "address passwd user1@mail.test --password-from-stdin < password",
        "address passwd user1@mail.test --clear",
    )
    password.add_argument("address", metavar="ADDRESS")
    which = password.add_mutually_exclusive_group()
    which.add_argument("--password-from-stdin", action="store_true", help="read it from the standard input")
    which.add_argument("--clear", action="store_true", help="take the password away")


def _setting(text: str) -> tuple[str, str | None]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not SETTING=VALUE")
    return name, value or None


def _add(context: Context) -> None:
    options = context.options
    body: dict[str, object] = {"enablews": True} if options.enablews else {}
    if options.info is not None:
        body["info"] = options.info
    path = f"addresses/{segment(options.address)}"
    _show(context, context.daemon.call("POST", path, body, {"account": options.account}))


def _list(context: Context) -> None:
    addresses = context.daemon.call("GET", "addresses", query={"account": context.options.account})
    if context.output.json:
        context.output.value(addresses)
    else:
        context.output.table(
            ("ADDRESS", "ACCOUNT", "GOES TO", "INFO"),
            [(address["_id"], address["owner"], _goes_to(address), address["info"]) for address in addresses],
        )


def _set(context: Context) -> None:
    path = f"addresses/{segment(context.options.address)}"
    _show(context, context.daemon.call("PATCH", path, dict(context.options.settings)))


def _release(context: Context) -> None:
    options = context.options
    query = {"messages": True} if options.messages else None
    released = context.daemon.call("DELETE", f"addresses/{segment(options.address)}", query=query)
    if context.output.json:
        context.output.value(released)
    else:
        mail = " and deleted its mail" if options.messages else ""
        context.output.say(f"took {released['_id']} from {released['account']}{mail}")


def _passwd(context: Context) -> None:
    options = context.options
    path = f"addresses/{segment(options.address)}/password"
    if options.clear:
        answer = context.daemon.call("DELETE", path)
    else:
        body = {"password": context.secret()} if options.password_from_stdin else {}
        if body and not body["password"]:
            raise Misused("address passwd: there is no password on the standard input")
        answer = context.daemon.call("POST", path, body)
    if context.output.json:
        context.output.value(answer)
    elif answer["password"] is not None:
        context.output.pairs([("address", answer["_id"]), ("password", answer["password"])])
        context.output.say("This is shown once: the server keeps only its hash.")
    else:
        said = "has no password of its own any more" if options.clear else "has the password that was given"
        context.output.say(f"{answer['_id']} {said}")


def _show(context: Context, address: dict[str, Any]) -> None:
    if context.output.json:
        context.output.value(address)
        return
    pairs = [("address", address["_id"]), ("account", address["owner"]), ("goes to", _goes_to(address))]
    pairs += [("info", address["info"])] if address["info"] else []
    context.output.pairs([*pairs, ("alias", address["encryptedInbox"])])


def _goes_to(address: dict[str, Any]) -> str:
    names = {"enablews": "web sockets", "webhook": "web hook", "webhookSlack": "Slack"}
    places = [names.get(name, name) for name in _SHOWN_APART if address.get(name)]
    return ", ".join(["inbox", *places])
