"""`mailsockctl delivery …`"""

import argparse
from typing import Any

from mailsockd.control.command import Context, Group, Misused


def declare(program: Group) -> None:
    """Declare the commands."""
    group = program.group("delivery", "see what became of deliveries to web hooks, Slack and other addresses")
    listing = group.command(
        "list",
        _list,
        "List deliveries, newest first.",
        "delivery list --status failed",
        "delivery list --account alice --channel webhook --limit 100",
        "delivery list --address user1@mail.test --json",
    )
    listing.add_argument("--status", choices=("waiting", "delivered", "failed"), help="only those")
    listing.add_argument("--message", metavar="ID", help="only those of this message")
    _conditions(listing)
    listing.add_argument("--limit", metavar="N", type=int, default=20, help="how many at most (20)")
    listing.add_argument("--before", metavar="NUMBER", type=int, help="only those with a smaller number")
    show = group.command("show", _show, "Show one delivery.", "delivery show 17", "delivery show 17 --json")
    show.add_argument("number", metavar="NUMBER", type=int)
    retry = group.command(
        "retry",
        _retry,
        "Have failed deliveries tried again as if they were new, and waiting ones at once.",
        "delivery retry 17 18",
        "delivery retry --failed --address user1@mail.test",
        "delivery retry --failed --account alice",
    )
    retry.add_argument("numbers", metavar="NUMBER", type=int, nargs="*")
    retry.add_argument("--failed", action="store_true", help="all that have failed, or those that the options name")
    _conditions(retry)
    cancel = group.command("cancel", _cancel, "Give up deliveries that wait.", "delivery cancel 17 18")
    cancel.add_argument("numbers", metavar="NUMBER", type=int, nargs="+")


def _conditions(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--account", metavar="NAME", help="only this account's")
    parser.add_argument("--address", metavar="ADDRESS", help="only those that this address asked for")
    parser.add_argument("--channel", metavar="NAME", help="only those by this channel, such as webhook")


def _list(context: Context) -> None:
    options = context.options
    names = ("account", "status", "channel", "address", "message", "limit", "before")
    found = context.daemon.call("GET", "deliveries", query={name: getattr(options, name) for name in names})
    if context.output.json:
        context.output.value(found)
        return
    context.output.table(
        ("NUMBER", "CREATED", "STATUS", "TRIES", "CHANNEL", "ADDRESS", "WHY"),
        [
            (
                str(one["_id"]),
                _moment(one["created"]),
                one["status"],
                str(one["attempts"]),
                one["channel"],
                one["address"],
                one["error"],
            )
            for one in found
        ],
    )


def _show(context: Context) -> None:
    _one(context, context.daemon.call("GET", f"deliveries/{context.options.number}"))


def _retry(context: Context) -> None:
    options = context.options
    conditions = {name: getattr(options, name) for name in ("account", "address", "channel") if getattr(options, name)}
    if options.failed == bool(options.numbers) or (conditions and not options.failed):
        raise Misused(
            "name deliveries by their numbers, or say --failed with or without --account, --address, --channel"
        )
    if options.failed:
        answer = context.daemon.call("POST", "deliveries/retry", conditions)
    else:
        for number in options.numbers:
            context.daemon.call("POST", f"deliveries/{number}/retry")
        answer = {"retried": len(options.numbers)}
    if context.output.json:
        context.output.value(answer)
    else:
        number = answer["retried"]
        context.output.say(f"{number} {'delivery is' if number == 1 else 'deliveries are'} tried again")


def _cancel(context: Context) -> None:
    cancelled = [context.daemon.call("POST", f"deliveries/{number}/cancel") for number in context.options.numbers]
    if context.output.json:
        context.output.value(cancelled)
    else:
        context.output.say(f"{len(cancelled)} {'delivery is' if len(cancelled) == 1 else 'deliveries are'} given up")


def _one(context: Context, delivery: dict[str, Any]) -> None:
    if context.output.json:
        context.output.value(delivery)
        return
    pairs = [
        ("number", str(delivery["_id"])),
        ("account", delivery["account"]),
        ("address", delivery["address"]),
        ("message", delivery["message"]),
        ("channel", delivery["channel"]),
        ("target", delivery["target"]),
        ("status", delivery["status"]),
        ("tries", str(delivery["attempts"])),
        ("created", _moment(delivery["created"])),
    ]
    pairs += [("why", delivery["error"])] if delivery["error"] else []
    pairs += [("next try", _moment(delivery["next"]))] if delivery["next"] else []
    pairs += [("finished", _moment(delivery["finished"]))] if delivery["finished"] else []
    pairs += [("forwarded through", ", ".join(delivery["trail"]))] if delivery["trail"] else []
    context.output.pairs(pairs)


def _moment(date: str) -> str:
    return f"{date[:10]} {date[11:19]}"
