"""`mailsockctl expect`: one line in any test that waits for a mail."""

import argparse
import math
import re
from collections.abc import Callable
from typing import Any

from mailsockd.control.client import Failed
from mailsockd.control.command import Context, Group, seconds
from mailsockd.control.output import Output, plain
from mailsockd.mail.codes import one_time_code

_SINCE = re.compile(r"now|all|[0-9]{1,6}[smhd]|[0-9]{1,18}|[A-Za-z0-9_]{16,}-[0-9]+")
_GRACE = 30.0  # seconds that the daemon may take beside the waiting


def declare(program: Group) -> None:
    """Declare the command."""
    expect = program.command(
        "expect",
        _expect,
        "Wait for a mail to an address, and print it, its first link or its code. Mail of the last five minutes counts "
        "too, the newest first. The exit status is 1 when there is none in time.",
        "expect user1@mail.test",
        "expect user1@mail.test --subject 'verify' --timeout 60 --extract link",
        "expect user1@mail.test --from =no-reply@shop.example --since now --extract code",
    )
    expect.add_argument("address", metavar="ADDRESS")
    for name, field in (("from", "sender"), ("to", "recipient"), ("subject", "subject"), ("text", "text")):
        expect.add_argument(
            f"--{name}", dest=field, metavar="TEXT", help=f"the mail's {name} contains this, or is it after a ="
        )
    expect.add_argument("--timeout", metavar="SECONDS", type=seconds, default=30.0, help="default: 30, at most 3600")
    expect.add_argument(
        "--since", metavar="WHEN", type=_since, help="a seq, a message id, 90s, 5m, 2h, now or all (default: 5m)"
    )
    expect.add_argument("--extract", choices=sorted(_EXTRACTS), help="what to print in the place of the mail")


def _since(text: str) -> str:
    if not _SINCE.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no seq, no message id, no time such as 5m, not now and not all")
    return text


def _expect(context: Context) -> None:
    options, output = context.options, context.output
    timeout = math.ceil(options.timeout)
    query = {
        "address": options.address,
        "from": options.sender,
        "to": options.recipient,
        "subject": options.subject,
        "text": options.text,
        "since": options.since,
        "timeout": str(timeout),
    }
    answer = context.daemon.call("GET", "expect", query=query, timeout=timeout + _GRACE)
    mail = answer["found"]
    if mail is None:
        raise Failed(_nothing(options.address, timeout, answer["there"]))
    _EXTRACTS["json" if output.json and not options.extract else options.extract or "mail"](output, mail)


def _nothing(address: str, timeout: int, there: list[dict[str, Any]]) -> str:
    text = f"no such mail to {plain(address)} within {timeout} seconds"
    if not there:
        return f"{text}; the inbox is empty"
    newest = there[0]
    sender = plain(newest["from"][0]["address"]) or "<>"
    return f"{text}; the newest there is {plain(newest['subject'])!r} from {sender}, {newest['received']}"


def _mail(output: Output, mail: dict[str, Any]) -> None:
    people = [(name, ", ".join(_person(person) for person in mail[name])) for name in ("from", "to", "cc")]
    pairs = [(name, text) for name, text in people if text]
    output.pairs([*pairs, ("subject", mail["subject"]), ("received", mail["received"]), ("id", mail["_id"])])
    output.say()
    for line in mail["text"].splitlines():
        output.say(plain(line))


def _person(person: dict[str, str]) -> str:
    return f"{person['name']} <{person['address']}>" if person["name"] else person["address"]


def _link(output: Output, mail: dict[str, Any]) -> None:
    if not mail["links"]:
        raise Failed(f"the mail {mail['subject']!r} ({mail['_id']}) has no link")
    _one(output, mail["links"][0])


def _code(output: Output, mail: dict[str, Any]) -> None:
    code = one_time_code(mail["subject"], mail["text"])
    if not code:
        raise Failed(f"the mail {mail['subject']!r} ({mail['_id']}) has no code that could be told from other text")
    _one(output, code)


def _one(output: Output, text: str) -> None:
    if output.json:
        output.value(text)
    else:
        output.say(plain(text))


_EXTRACTS: dict[str, Callable[[Output, dict[str, Any]], None]] = {
    "link": _link,
    "code": _code,
    "json": lambda output, mail: output.value(mail),
    "mail": _mail,
}
