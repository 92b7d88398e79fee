"""The documents say what the program does: every route, setting, frame field and close code, and every command."""

import importlib
import json
import pkgutil
import re
from pathlib import Path
from typing import Any

import attrs
import pytest

from mailsockd import api, control, dashboard, wire
from mailsockd.actions.health import Served
from mailsockd.config import Config, load, parse
from mailsockd.mail.message import parse as parse_mail
from mailsockd.measures import Measures
from mailsockd.metrics import Collected
from mailsockd.reload import LIVE
from mailsockd.state.subscriptions import Admission
from mailsockd.websocket import refusals, socket
from tests.actions.test_health import House
from tests.fakes import stored

ROOT = Path(__file__).parent.parent
SETTINGS = (ROOT / "etc/mailsockd.yaml").read_text()
# Settings without a fixed default: what stands in for them depends on the machine or on other settings.
WITHOUT_DEFAULT = {"hostname", "domains", "control", "smtp.denylist", "validation.disposable_domains"}
WITHOUT_DEFAULT |= {"relay.host", "relay.verify", "relay.authorities", "relay.username", "relay.password_file"}
WITHOUT_DEFAULT |= {"relay.hello", "relay.sender", "relay.domains"}


def uncommented() -> str:
    return re.sub(r"^( *)#(?=\S)", r"\1", SETTINGS, flags=re.MULTILINE)


def names(section: Any = Config, path: str = "") -> list[str]:
    found = []
    for field in attrs.fields(section):
        inner = field.metadata.get("section")
        if inner:
            found += names(inner, f"{path}{field.name}.")
        elif field.metadata:
            found.append(f"{path}{field.name}")
    return found


def value(config: Any, name: str) -> Any:
    for part in name.split("."):
        config = getattr(config, part)
    return config


def test_the_configuration_file_changes_nothing_as_it_is() -> None:
    """Everything in etc/mailsockd.yaml is commented out, so that installing it is the same as having no file."""
    config = parse(SETTINGS, "etc/mailsockd.yaml")
    assert attrs.evolve(config, source="x", lines={}) == attrs.evolve(Config(), source="x", lines={})


def test_the_configuration_file_shows_the_defaults() -> None:
    """With every # removed the file is valid and gives each setting its default."""
    config, default = parse(uncommented(), "etc/mailsockd.yaml"), Config()
    shown = {name: value(config, name) for name in names()}
    assert {name for name in names() if value(default, name) is None} == WITHOUT_DEFAULT
    assert {name: shown[name] for name in shown if name not in WITHOUT_DEFAULT} == {
        name: value(default, name) for name in names() if name not in WITHOUT_DEFAULT
    }
    assert None not in shown.values()


def test_the_configuration_file_names_every_setting() -> None:
    """No setting is missing from etc/mailsockd.yaml, and it names none that is not there."""
    config = parse(uncommented(), "etc/mailsockd.yaml")
    sections = {field.name for field in attrs.fields(Config) if field.metadata.get("section")}
    settings = {name for name in config.lines if name not in sections}
    assert settings == set(names())


def test_every_setting_is_explained_in_one_sentence() -> None:
    """The line above each setting, and above each section, is a sentence."""
    lines = SETTINGS.splitlines()
    for number, line in enumerate(lines):
        if re.match(r" *#?[a-z_]+:", line):
            before = next(previous for previous in reversed(lines[:number]) if previous.strip())
            assert re.fullmatch(r" *# [A-Z].*\.", before), f"line {number + 1}: {line}"


def test_the_file_of_make_run_is_good(monkeypatch: pytest.MonkeyPatch) -> None:
    """make run serves mail.test on loopback, keeps all in ./var, takes any mail and sends web hooks to loopback."""
    monkeypatch.chdir(ROOT)
    config = load("etc/try.yaml")
    assert (config.name, config.served, config.data, config.smtp.accept) == (
        "mail.test",
        ("mail.test",),
        "./var",
        "any",
    )
    assert config.smtp.listen == ("127.0.0.1:1025", "[::1]:1025")
    assert (config.webhook.allow, config.webhook.ports) == (("127.0.0.0/8", "::1/128"), ("1-65535",))


def routes(*packages: Any) -> list[str]:
    """Give every route of some rooms, as the documents head it."""
    found = []
    for package in packages:
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            for thing in vars(importlib.import_module(module.name)).values():
                if isinstance(thing, type) and thing.__module__ == module.name and hasattr(thing, "routes"):
                    found += [f"{route.method} {route.pattern}" for route in thing.routes]
    return found


def test_every_route_is_documented() -> None:
    """docs/api.md has one heading for each route of the program, and none for another."""
    headings = re.findall(r"^### `([A-Z]+ /[^`]*)`$", (ROOT / "docs/api.md").read_text(), flags=re.MULTILINE)
    assert len(routes(api, dashboard)) >= 17
    assert sorted(headings) == sorted(routes(api, dashboard))


def fields_in(section: str) -> set[str]:
    """Give the field names in the tables of one section of docs/websocket.md: what the first column quotes."""
    text = (ROOT / "docs/websocket.md").read_text()
    part = re.split(r"^#+ ", text.split(f"# {section}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    cells = re.findall(r"^\| (`[^|]+) \|", part, flags=re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def test_every_field_of_the_message_frame_is_documented() -> None:
    """docs/websocket.md names all fields of a message frame in all shapes, and no other."""
    content = b"Subject: gr\xfcn\r\n\r\nHello"
    frame = wire.frame_json(stored(), parse_mail(content), "from x", content, alias="inbox-0", shape="both", raw=True)
    assert fields_in("The message frame") == set(frame)


def test_the_documented_message_frame_has_the_fields_in_their_order() -> None:
    """The example of a message frame is valid JSON and has each field of a flat frame where it really is."""
    text = (ROOT / "docs/websocket.md").read_text()
    examples = [json.loads(part) for part in re.findall(r"```json\n(.*?)```", text, flags=re.DOTALL)]
    [example] = [example for example in examples if "_id" in example]
    content = b"Subject: Hello\r\n\r\nIt works."
    frame = wire.frame_json(stored(), parse_mail(content), "from x", content, alias="inbox-0", shape="flat", raw=True)
    assert list(example) == list(frame)


def test_every_field_of_the_listening_frame_is_documented() -> None:
    """docs/websocket.md names all fields of the Listening frame, and no other."""
    frame = wire.listening_json(Admission(("a@b.test",), ("b.test",), (("c", "d"),), ("e",)))
    assert fields_in("The Listening frame") == set(frame)


def test_every_close_code_is_documented() -> None:
    """docs/websocket.md names all codes that the server closes with, and 1000, which is the client's."""
    codes = {
        number
        for name, number in vars(socket).items()
        if isinstance(number, int) and 1000 <= number < 1016 and name not in {"NO_CODE", "LOST"}
    }
    assert len(codes) >= 7
    text = (ROOT / "docs/websocket.md").read_text()
    table = text.split("## Close codes\n", 1)[1].split("\n## ", 1)[0]
    named = {
        int(code) for row in re.findall(r"^\| ([0-9, ]+) \|", table, flags=re.MULTILINE) for code in row.split(",")
    }
    assert named == codes | {1000}


def test_every_refusal_of_a_handshake_is_documented() -> None:
    """docs/websocket.md names every HTTP status that a handshake may be refused with, but for faults and old HTTP."""
    text = (ROOT / "docs/websocket.md").read_text()
    sentence = text.split("A request that is no proper WebSocket handshake", 1)[1].split("\n## ", 1)[0]
    named = {int(status) for status in re.findall(r"\b[45]\d\d\b", sentence)}
    assert set(refusals.SENTENCES) - {500, 505} <= named


DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*/README.md")]
)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name: str) -> None:
    """Every link of a document to a file of the repository, or to a heading of a document, is right."""
    path = ROOT / name
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", path.read_text()):
        file, _, heading = target.partition("#")
        there = path.parent / file if file else path
        assert there.exists(), target
        if heading:
            headings = re.findall(r"^#+ (.+)$", there.read_text(), flags=re.MULTILINE)
            slugs = {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in headings}
            assert heading in slugs, target


@pytest.mark.parametrize("name", DOCUMENTS)
def test_commands_of_documents_exist(name: str) -> None:
    """Every `make` target and every command of mailsockctl that a document names is there."""
    text = (ROOT / name).read_text()
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert set(re.findall(r"(?:^ {4}|`)make ([a-z-]+)", text, flags=re.MULTILINE)) <= targets
    known = [command.split() for command in commands()]
    for words in re.findall(r"mailsockctl ((?:[a-z]+ ?)+)", text):
        named = words.split()
        assert any(named[: len(command)] == command for command in known), f"mailsockctl {words}"


def commands() -> list[str]:
    """Give every command of mailsockctl: those that its own help shows as examples."""
    found = []
    for path in sorted(Path(control.__path__[0]).glob("*.py")):
        text = path.read_text()
        groups = re.findall(r'program\.group\("([a-z]+)"', text)
        prefix = f"{groups[0]} " if groups else ""
        found += [prefix + name for name in re.findall(r'(?:program|group)\.command\(\s*"([a-z]+)"', text)]
    return found


def test_every_command_of_mailsockctl_is_in_the_readme_or_its_help() -> None:
    """The README names every command of mailsockctl, so that it is found without looking for it."""
    readme = (ROOT / "README.md").read_text()
    assert [command for command in commands() if f"mailsockctl {command}" not in readme and command != "welcome"] == []


def test_every_room_is_on_the_map() -> None:
    """HACKING.md names every room and every single module of the house."""
    text = (ROOT / "HACKING.md").read_text()
    things = [
        path for path in (ROOT / "mailsockd").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    ]
    missing = [path.name for path in things if path.name != "__init__.py" and f"{path.name}" not in text]
    assert missing == []


def test_every_file_on_the_map_is_there() -> None:
    """Each file that HACKING.md names is somewhere in the repository."""
    text = (ROOT / "HACKING.md").read_text()
    named = set(re.findall(r"(?<!\*)\b[a-z][\w/-]*\.(?:py|yaml|cfg)\b", text))
    tops = [ROOT / name for name in ("mailsockd", "tests", "etc", "docs")]
    there = [path.relative_to(ROOT).as_posix() for top in tops for path in top.rglob("*.*")]
    assert [name for name in sorted(named) if not any(f"/{path}".endswith(f"/{name}") for path in there)] == []


def test_what_a_reload_takes_over_is_documented() -> None:
    """The table of docs/operating.md names the settings that are taken over while the daemon runs, and no others."""
    text = (ROOT / "docs/operating.md").read_text()
    part = text.split("## Another configuration, or a new certificate\n", 1)[1].split("\n## ", 1)[0]
    cells = re.findall(r"^\| (`[^|]+) \|", part, flags=re.MULTILINE)
    assert {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)} == LIVE


def test_every_metric_is_documented() -> None:
    """docs/operating.md names every metric that is served, and none that is not."""
    house = House()
    house.served = [Served("x", (), 0.0)]
    named = set()
    for metric in Collected(house.health, Measures()).collect():
        named.add(f"{metric.name}_total" if metric.type == "counter" else metric.name)
    text = (ROOT / "docs/operating.md").read_text().split("## Metrics\n", 1)[1].split("Worth an alarm", 1)[0]
    assert set(re.findall(r"`(mailsockd_[a-z_]+)", text)) == named
