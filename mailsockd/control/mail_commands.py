"""`mailsockctl tail` and `mailsockctl send`."""

import base64
import mimetypes
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Any

from mailsockd.actions.words import size
from mailsockd.control.client import Failed
from mailsockd.control.command import Context, Group
from mailsockd.control.output import Output, plain


def declare(program: Group) -> None:
    """Declare the commands."""
    tail = program.command(
        "tail",
        _tail,
        "Show mail as it arrives, until Ctrl-C. Items are addresses or domains; none means all mail.",
        "tail user1@mail.test",
        "tail mail.test --account alice",
        "tail user1@mail.test --json | jq .subject",
    )
    tail.add_argument("items", metavar="ADDRESS", nargs="*", help="an address, a domain, or nothing for all mail")
    tail.add_argument("--account", metavar="NAME", help="only what this account may see")
    send = program.command(
        "send",
        _send,
        "Send a test mail to an address of this server; it goes the way of all mail from here on.",
        "send user1@mail.test",
        'send user1@mail.test --from shop@example.org --subject "Your order" --attach invoice.pdf',
        'send user1@mail.test --text "see the page" --html "<p>see the <a href=https://example.org>page</a></p>"',
    )
    send.add_argument("address", metavar="ADDRESS")
    send.add_argument("--from", dest="sender", metavar="ADDRESS", default="test@mailsockd.invalid")
    send.add_argument("--subject", default="A test mail from mailsockctl")
    send.add_argument("--text", help="the text part")
    send.add_argument("--html", help="the HTML part")
    send.add_argument("--attach", metavar="FILE", action="append", default=[], help="an attachment; may be repeated")


def _tail(context: Context) -> int:
    output, options = context.output, context.options
    query = {"address": options.items, "account": options.account, "frame": output.json}
    try:
        for line in context.daemon.follow("tail", query):
            if output.json:
                output.line_of(line)
            elif "msg" in line:
                items = [*line["addresses"], *line["domains"]]
                what = "all mail" if items == ["*"] else ", ".join(items)
                output.say(f"following {plain(what)}; Ctrl-C ends it")
            else:
                _show(output, line)
    except KeyboardInterrupt:
        if not output.json:
            output.say()
    return 0


def _show(output: Output, message: dict[str, Any]) -> None:
    if "skipped" in message:
        output.say(f"({message['skipped']} messages came faster than they could be shown)")
        return
    sender = message["from"][0]["address"] if message["from"] else ""
    attachments = len(message["attachments"])
    clip = f", {attachments} attachment{'s' if attachments > 1 else ''}" if attachments else ""
    subject = plain(message["subject"]) or "(no subject)"
    people = f"{plain(sender) or '<>'} -> {plain(message['originalInbox'])}"
    output.say(f"{message['received'][11:19]}  {people}  {output.strong(subject)}  ({size(message['size'])}{clip})")


def _send(context: Context) -> None:
    options = context.options
    try:
        content = _mail(options).as_bytes()
    except ValueError as error:
        raise Failed(f"this cannot be put into a mail: {error}") from error
    body = {"from": options.sender, "to": options.address, "content": base64.b64encode(content).decode("ascii")}
    answer = context.daemon.call("POST", "mail", body)
    if context.output.json:
        context.output.value(answer)
    else:
        context.output.say(f"stored for {plain(answer['to'])}, queued as {answer['_id']}")


def _mail(options: Any) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = options.sender
    mail["To"] = options.address
    mail["Subject"] = options.subject
    mail["Date"] = formatdate(localtime=True)
    mail["Message-ID"] = make_msgid(domain="mailsockd.invalid")
    if options.text is not None or options.html is None:
        mail.set_content(options.text if options.text is not None else "If you can read this, it works.")
    if options.html is not None:
        add = mail.add_alternative if options.text is not None else mail.set_content
        add(options.html, subtype="html")
    for name in options.attach:
        path = Path(name)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise Failed(f"{name} cannot be read: {error.strerror}") from error
        kind, coding = mimetypes.guess_type(path.name)
        main, _, sub = (kind if kind and not coding else "application/octet-stream").partition("/")
        mail.add_attachment(data, maintype=main, subtype=sub, filename=path.name)
    return mail
