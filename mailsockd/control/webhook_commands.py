"""`mailsockctl webhook …`"""

from typing import Any

from mailsockd.control.client import segment
from mailsockd.control.command import Context, Group


def declare(program: Group) -> None:
    """Declare the commands."""
    group = program.group("webhook", "the secrets that sign web hooks, and tests of web hooks")
    secret = group.command(
        "secret",
        _secret,
        "Show the secret that signs what is sent to the web hook of an address.",
        "webhook secret user1@mail.test",
    )
    rotate = group.command(
        "rotate",
        _rotate,
        "Replace the secret of a web hook. For a day there is a signature by each.",
        "webhook rotate user1@mail.test",
    )
    test = group.command(
        "test",
        _test,
        "Send a made-up message to a web hook, at once and once, and say how it went.",
        "webhook test user1@mail.test",
    )
    for command in (secret, rotate, test):
        command.add_argument("address", metavar="ADDRESS")


def _path(context: Context, what: str) -> str:
    return f"addresses/{segment(context.options.address)}/{what}"


def _secret(context: Context) -> None:
    _show(context, context.daemon.call("GET", _path(context, "webhook-secret")))


def _rotate(context: Context) -> None:
    _show(context, context.daemon.call("POST", _path(context, "webhook-secret/rotate")))


def _show(context: Context, secret: dict[str, Any]) -> None:
    if context.output.json:
        context.output.value(secret)
        return
    pairs = [("address", secret["_id"]), ("secret", secret["secret"])]
    if secret["previous"]:
        pairs += [("before", secret["previous"]), ("signs too until", secret["previousUntil"])]
    context.output.pairs(pairs)


def _test(context: Context) -> int:
    trial = context.daemon.call("POST", _path(context, "webhook-test"))
    if context.output.json:
        context.output.value(trial)
    else:
        said = "delivered" if trial["delivered"] else "not delivered"
        context.output.say(f"{said}: {trial['reason']} ({trial['milliseconds']} ms)")
    return 0 if trial["delivered"] else 1
