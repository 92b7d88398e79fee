"""`mailsockctl activity`."""

from datetime import UTC, datetime
from typing import Any

from mailsockd.control.command import Context, Group
from mailsockd.control.moments import WHEN, moment
from mailsockd.control.output import Output, plain


def declare(program: Group) -> None:
    """Declare the command."""
    activity = program.command(
        "activity",
        _activity,
        "Show what happened to mail, addresses, sockets and deliveries, the newest last.",
        "activity --since 15m",
        "activity --address user1@mail.test",
        "activity --message YEwtPVXzGB7eFmbC4wZ8qA-0",
        "activity --kind rejected,refused --follow",
        "activity --account alice --since 2026-11-26T08:00:00Z --until 2026-11-26T08:15:00Z --json",
    )
    activity.add_argument("--follow", action="store_true", help="go on with what happens from now on, until Ctrl-C")
    activity.add_argument("--account", metavar="NAME", help="only this account's")
    activity.add_argument("--address", metavar="ADDRESS", help="only what happened to this address")
    activity.add_argument("--message", metavar="ID", help="the timeline of this message, or of a mail by its queue id")
    activity.add_argument(
        "--kind", metavar="KIND", action="append", default=[], help="only these, such as rejected; commas or repeated"
    )
    activity.add_argument("--peer", metavar="IP", help="only what this address caused")
    activity.add_argument("--search", metavar="TEXT", help="only what has this in one of its texts")
    activity.add_argument("--since", metavar="WHEN", help=WHEN)
    activity.add_argument("--until", metavar="WHEN", help="the same, for the end")
    activity.add_argument("--limit", metavar="N", type=int, help="the newest so many (100; 10 with --follow)")


def _activity(context: Context) -> int:
    options, output = context.options, context.output
    now = datetime.now(UTC)
    query = {
        **{name: getattr(options, name) for name in ("account", "address", "message", "kind", "peer")},
        "q": options.search,
        "since": moment("--since", options.since, now),
        "until": moment("--until", options.until, now),
        "limit": options.limit,
    }
    if options.follow:
        return _follow(context, {**query, "limit": 10 if options.limit is None else options.limit})
    found = context.daemon.call("GET", "activity", query=query)
    if output.json:
        output.value(found)
    elif not found:
        output.say("none")
    else:
        for event in reversed(found):
            _show(output, event)
    return 0


def _follow(context: Context, query: dict[str, Any]) -> int:
    output = context.output
    try:
        for line in context.daemon.follow("activity/follow", query):
            if output.json:
                output.line_of(line)
            elif "msg" in line:
                output.say("following; Ctrl-C ends it")
            elif "skipped" in line:
                output.say(f"({line['skipped']} events came faster than they could be shown)")
            else:
                _show(output, line)
    except KeyboardInterrupt:
        if not output.json:
            output.say()
    return 0


def _show(output: Output, event: dict[str, Any]) -> None:
    more = [event["message"]]
    if event["account"]:
        more.append(f"account {event['account']}")
    if event["kind"] == "stored":
        more += [f"from {event['peer']}" if event["peer"] else "", f"{event['count']} bytes"]
    if event["milliseconds"] is not None:
        more.append(f"{event['milliseconds']:g} ms")
    beside = ", ".join(plain(each) for each in more if each)
    at = f"{event['at'][:10]} {event['at'][11:23]}"
    output.say(f"{at}  {plain(event['summary'])}" + (f"  ({beside})" if beside else ""))
    if event["detail"]:
        output.say(f"{' ' * 25}{plain(event['detail'])}")
