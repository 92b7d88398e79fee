"""`mailsockctl export` and `mailsockctl import`: mail as mbox and .eml files."""

import argparse
import base64
import importlib
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mailsockd.control.client import Failed, NotThere
from mailsockd.control.command import Context, Group
from mailsockd.control.moments import WHEN, seconds_at
from mailsockd.control.progress import Bar
from mailsockd.mail.address import InvalidAddress, canonical
from mailsockd.mail.mbox import crlf, entries

# As export writes it, in the first Received line.
_FOR = re.compile(rb"\AReceived: from [^\r\n]*(?:\r\n[ \t][^\r\n]*)*?\r\n[ \t]for <([^<>\r\n]{1,320})>;")
_RETURN_PATH = re.compile(rb"^Return-Path: *<([^<>\r\n]{1,320})>", re.MULTILINE | re.IGNORECASE)
_SHOWN = 20  # failures that are told one by one


def declare(program: Group) -> None:
    """Declare the commands."""
    export = program.command(
        "export",
        _export,
        "Write mail to an mbox file, or as one .eml file each into a folder, the oldest first. It reads the data "
        "folder; the daemon may run.",
        "export all.mbox",
        "export --inbox user1@mail.test user1.mbox",
        "export --account alice alice-mail/",
        "export --since 24h yesterday.mbox",
    )
    export.add_argument("target", metavar="FILE.mbox|FOLDER", type=Path, help="the file must not be there yet")
    export.add_argument("--inbox", metavar="ADDRESS", type=_address, help="only what came for this address")
    export.add_argument("--account", metavar="NAME", help="only what belongs to this account")
    export.add_argument("--since", metavar="WHEN", help=f"only what came since then: {WHEN}")
    take = program.command(
        "import",
        _import,
        "Give mail to the running daemon, as if it came now: it is stored, and goes to sockets and web hooks.",
        "import --to user1@mail.test old.mbox",
        "import --to user1@mail.test mails/ one.eml",
        "import all.mbox",
    )
    take.add_argument("sources", metavar="FILE|FOLDER", type=Path, nargs="+", help="mbox files, .eml files, folders")
    take.add_argument(
        "--to", metavar="ADDRESS", type=_address, help="whom it is for; default: whom `mailsockctl export` had it for"
    )


def _address(text: str) -> str:
    try:
        return canonical(text)
    except InvalidAddress as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from error


def _export(context: Context) -> None:
    options, bar = context.options, Bar(sys.stderr, context.output.json)
    since = seconds_at("--since", options.since, datetime.now(UTC)) or 0.0
    module = importlib.import_module("mailsockd.export")
    try:
        count = module.export(context.config, options.target, bar, options.inbox, options.account, since)
    except module.OfflineTrouble as trouble:
        raise Failed(str(trouble)) from trouble
    finally:
        bar.end()
    if context.output.json:
        context.output.value({"messages": count, "target": str(options.target)})
    else:
        context.output.say(f"{count} messages are in {options.target}")


def _import(context: Context) -> int:
    bar, stored, failures = Bar(sys.stderr, context.output.json), 0, []
    files = [file for source in context.options.sources for file in _files(source)]
    for number, file in enumerate(files):
        for place, content in _mails(file):
            bar(file.name, number, len(files))
            try:
                _give(context, content)
                stored += 1
            except NotThere:
                bar.end()
                raise
            except Failed as failed:
                failures.append(f"{file}{place}: {failed}")
    bar.end()
    if context.output.json:
        context.output.value({"stored": stored, "failed": failures})
        return 1 if failures else 0
    context.output.say(f"{stored} messages are stored")
    for text in failures[:_SHOWN]:
        context.output.say(f"not stored: {text}")
    if len(failures) > _SHOWN:
        context.output.say(f"not stored: {len(failures) - _SHOWN} more")
    return 1 if failures else 0


def _give(context: Context, content: bytes) -> None:
    to: Any = context.options.to
    if to is None:
        found = _FOR.match(content)
        if found is None:
            raise Failed("it does not say whom it is for; use --to ADDRESS")
        to = found[1].decode("utf-8", "replace")
    sender = _RETURN_PATH.search(content.partition(b"\r\n\r\n")[0])
    body = {
        "from": sender[1].decode("utf-8", "replace") if sender else "",
        "to": to,
        "content": base64.b64encode(content).decode("ascii"),
    }
    context.daemon.call("POST", "mail", body)


def _files(source: Path) -> list[Path]:
    if source.is_dir():
        return sorted(path for path in source.iterdir() if path.suffix in (".eml", ".mbox") and path.is_file())
    return [source]


def _mails(file: Path) -> Iterator[tuple[str, bytes]]:
    """Give the mails of a file, and where in it each is."""
    try:
        with file.open("rb") as lines:
            first = lines.readline()
            lines.seek(0)
            if file.suffix == ".mbox" or first.startswith(b"From "):
                for number, content in enumerate(entries(lines), 1):
                    yield f", mail {number}", content
            else:
                yield "", crlf(lines.read())
    except OSError as error:
        raise Failed(f"{file} cannot be read: {error.strerror}") from error
