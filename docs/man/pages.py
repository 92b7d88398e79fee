"""
The manual pages and the completion that are made of what they describe.

`python3 docs/man/pages.py FOLDER` writes mailsockctl.1 and its completion for bash, from the parser of the command
line, mailsockd.yaml.5, from etc/mailsockd.yaml, and mailsockd.8, which is written by hand, into the folder.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

Words = tuple[str, ...]
ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT))

import mailsockd  # noqa: E402
from mailsockd.control.ctl import parser  # noqa: E402

_SETTING = re.compile(r"( *)#([a-z0-9_]+): (.*)")
_SECTION = re.compile(r"([a-z0-9_]+):")
_COMMENT = re.compile(r" *# (.*)")


def text(line: str) -> str:
    """Quote text for roff."""
    line = line.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "")
    return f"\\&{line}" if line.startswith((".", "\\(aq")) else line


def title(name: str, section: int, about: str) -> list[str]:
    """Give the head of a page."""
    return [
        f'.TH {name.upper()} {section} "" "mailsockd {mailsockd.__version__}" "mailsockd"',
        ".SH NAME",
        f"{name} \\- {about}",
    ]


def settings_page(settings: str) -> str:
    """Give mailsockd.yaml.5, made of the lines of etc/mailsockd.yaml."""
    intro = (ROOT / "docs/man/mailsockd.yaml.5.in").read_text()
    lines = [*title("mailsockd.yaml", 5, "configuration of mailsockd"), intro.rstrip("\n"), ".SH SETTINGS"]
    section, comment = "", ""
    for line in settings.splitlines():
        if found := _COMMENT.fullmatch(line):
            comment = found[1]
        elif found := _SECTION.fullmatch(line):
            section = found[1]
            lines += [f".SS {section}", text(comment)]
        elif found := _SETTING.fullmatch(line):
            name = f"{section}.{found[2]}" if found[1] else found[2]
            lines += [".TP", f".B {name}", text(comment), ".br", f"Shown as: {text(found[3])}"]
    lines += [".SH SEE ALSO", ".BR mailsockd (8),", ".BR mailsockctl (1)"]
    return "\n".join(lines) + "\n"


def commands(program: argparse.ArgumentParser, words: Words = ()) -> Iterator[tuple[Words, argparse.ArgumentParser]]:
    """Give every command below a parser, as its words and its own parser."""
    inner = [action for action in program._actions if isinstance(action, argparse._SubParsersAction)]
    if not inner:
        yield words, program
    for action in inner:
        for name, below in action.choices.items():
            yield from commands(below, (*words, name))


def options(command: argparse.ArgumentParser) -> list[argparse.Action]:
    """Give the options and arguments of a command that are its own, help not among them."""
    shared = {"help", "control", "config", "json"}
    return [action for action in command._actions if action.dest not in shared]


def commands_page() -> str:
    """Give mailsockctl.1, made of the help of every command."""
    intro = (ROOT / "docs/man/mailsockctl.1.in").read_text()
    lines = [*title("mailsockctl", 1, "look after mailsockd"), intro.rstrip("\n"), ".SH COMMANDS"]
    for words, command in commands(parser()):
        usage = " ".join(command.format_usage().split()).removeprefix("usage: ")
        usage = re.sub(r" \[(-h|--control SOCKET|--config FILE|--json)\]", "", usage)
        about = " ".join((command.description or "").split())
        lines += [f".SS {' '.join(words)}", f".B {text(usage)}", ".PP", text(about)]
        for action in options(command):
            name = ", ".join(action.option_strings) or str(action.metavar or action.dest)
            if action.option_strings and action.nargs != 0:
                name += f" {action.metavar or action.dest.upper()}"
            lines += [".TP", f".B {text(name)}", text(" ".join(((action.help or "") % vars(action)).split()))]
        examples = (command.epilog or "").partition("examples:\n")[2].splitlines()
        if examples:
            shown = (text(line.strip()) for line in examples)
            lines += [".PP", "For example:", ".PP", ".nf", ".RS", *shown, ".RE", ".fi"]
    lines += [".SH SEE ALSO", ".BR mailsockd (8),", ".BR mailsockd.yaml (5)"]
    return "\n".join(lines) + "\n"


def completion() -> str:
    """Give the completion for bash: words and options, the latter behind a whole command."""
    program = parser()
    shared = [option for action in program._actions for option in action.option_strings]
    words: dict[Words, list[str]] = {}
    for path, command in commands(program):
        for depth in range(len(path)):
            names = words.setdefault(path[:depth], [])
            if path[depth] not in names:
                names.append(path[depth])
        words[path] = [option for action in options(command) for option in action.option_strings]
    cases = "\n".join(f'        "{" ".join(path)}") words="{" ".join(names)}" ;;' for path, names in words.items())
    template = (ROOT / "docs/man/mailsockctl.completion.in").read_text()
    return template.replace("@OPTIONS@", " ".join(shared)).replace("        @CASES@", cases)


def main(folder: Path) -> None:
    """Write all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mailsockctl.1").write_text(commands_page())
    (folder / "mailsockd.yaml.5").write_text(settings_page((ROOT / "etc/mailsockd.yaml").read_text()))
    daemon = (ROOT / "docs/man/mailsockd.8.in").read_text()
    head = title("mailsockd", 8, "mail in by SMTP, JSON out by WebSocket")
    (folder / "mailsockd.8").write_text("\n".join(head) + "\n" + daemon)
    (folder / "mailsockctl.completion").write_text(completion())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
