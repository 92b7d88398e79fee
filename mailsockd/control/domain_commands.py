"""`mailsockctl domain …`"""

from collections.abc import Mapping
from typing import Any

from mailsockd.control.client import segment
from mailsockd.control.command import Context, Group, yes_or_no

_FLAGS = (("enablews", "enablews"), ("catch_all", "catchAll"), ("private", "isPrivate"))


def declare(program: Group) -> None:
    """Declare the commands."""
    group = program.group("domain", "domains of accounts: claim, prove, set, remove")
    add = group.command(
        "add",
        _add,
        "Claim a domain for an account; say which DNS records prove it.",
        "domain add shop.example --account alice",
        "domain add shop.example --account alice --token mailsac_0123456789abcdefghijklmn",
    )
    add.add_argument("domain", metavar="DOMAIN")
    add.add_argument("--account", metavar="NAME", required=True, help="whose it will be")
    _settings(add)
    listing = group.command("list", _list, "List domains and claims.", "domain list", "domain list --account alice")
    listing.add_argument("--account", metavar="NAME", help="only this account's")
    show = group.command(
        "show", _show, "Show a domain and the DNS records that it needs.", "domain show shop.example"
    )
    verify = group.command(
        "verify", _verify, "Ask the DNS now whether a domain is its account's.", "domain verify shop.example"
    )
    remove = group.command(
        "remove",
        _remove,
        "Take a domain from its account, with the account's addresses in it.",
        "domain remove shop.example",
    )
    for command in (show, verify, remove):
        command.add_argument("domain", metavar="DOMAIN")
        command.add_argument("--account", metavar="NAME", help="whose, when several claim it")
    change = group.command(
        "set",
        _set,
        "Change settings of a domain.",
        "domain set shop.example --catch-all yes",
        "domain set shop.example --enablews yes --private no",
    )
    change.add_argument("domain", metavar="DOMAIN")
    change.add_argument("--account", metavar="NAME", help="whose, when several claim it")
    _settings(change)


def _settings(command: Any) -> None:
    command.add_argument("--token", metavar="TEXT", help="the TXT record that proves it, such as one from Mailsac")
    command.add_argument("--enablews", type=yes_or_no, metavar="yes|no", help="send its mail to its owner's sockets")
    command.add_argument("--catch-all", type=yes_or_no, metavar="yes|no", help="take what nobody reserved in *@DOMAIN")
    command.add_argument(
        "--private", type=yes_or_no, metavar="yes|no", help="whether inboxes that nobody reserved are its owner's alone"
    )


def _body(context: Context) -> dict[str, object]:
    options = context.options
    body: dict[str, object] = {
        field: getattr(options, option) for option, field in _FLAGS if getattr(options, option) is not None
    }
    if options.token is not None:
        body["token"] = options.token
    return body


def _ask(context: Context, method: str, path: str = "", body: Mapping[str, Any] | None = None) -> Any:
    query = {"account": context.options.account} if context.options.account else None
    return context.daemon.call(method, f"domains/{segment(context.options.domain)}{path}", body, query=query)


def _add(context: Context) -> None:
    _say(context, _ask(context, "POST", body=_body(context)))


def _show(context: Context) -> None:
    _say(context, _ask(context, "GET"))


def _set(context: Context) -> None:
    _say(context, _ask(context, "PATCH", body=_body(context)))


def _verify(context: Context) -> int:
    found = _ask(context, "POST", "/verify")
    _say(context, found)
    return 0 if found["domain"]["verified"] else 1


def _remove(context: Context) -> None:
    removed = _ask(context, "DELETE")
    if context.output.json:
        context.output.value(removed)
    else:
        context.output.say(f"took {removed['_id']} from {removed['account']}")


def _list(context: Context) -> None:
    query = {"account": context.options.account} if context.options.account else None
    found = context.daemon.call("GET", "domains", query=query)
    if context.output.json:
        context.output.value(found)
        return
    rows = [
        (one["domain"]["_id"], one["domain"]["owner"], _state(one["domain"]), "yes" if one["catchAll"] else "no")
        for one in found
    ]
    context.output.table(("DOMAIN", "ACCOUNT", "STATE", "CATCH-ALL"), rows)


def _state(domain: dict[str, Any]) -> str:
    if not domain["verified"]:
        return "not verified"
    state = "hosted" if domain["hosted"] else "verified"
    return state if domain["verifiedMx"] else f"{state}, its mail goes elsewhere"


def _say(context: Context, found: dict[str, Any]) -> None:
    if context.output.json:
        context.output.value(found)
        return
    domain = found["domain"]
    context.output.pairs(
        [
            ("domain", domain["_id"]),
            ("account", domain["owner"]),
            ("state", _state(domain)),
            ("private", "yes" if domain["isPrivate"] else "no"),
            ("web sockets", "yes" if domain["enablews"] else "no"),
            ("catch-all", "yes" if found["catchAll"] else "no"),
        ]
    )
    if found["records"]:
        context.output.table(
            ("FOUND", "TYPE", "NAME", "VALUE"),
            [("yes" if one["found"] else "no", one["type"], one["name"], one["value"]) for one in found["records"]],
        )
    if domain["lastVerificationErrors"]:
        context.output.say(domain["lastVerificationErrors"])
