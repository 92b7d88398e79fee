"""The house as it is drawn in HACKING.md: who imports whom, and what no module may do."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HOUSE = ROOT / "mailsockd"
TESTS = ROOT / "tests"

CORE = {"wire", "state", "mail"}
ROOM = {"actions", "transport", "flow", "connections", "sessions"} | CORE
MAY_IMPORT = {
    "mail": {"mail"},
    "state": {"state", "mail"},
    "wire": CORE,
    "actions": {"actions"} | CORE,
    "storage": {"storage"} | ROOM,
    "smtp": {"smtp"} | ROOM,
    "pop3": {"pop3"} | ROOM,
    "delivery": {"delivery"} | ROOM,
    "websocket": {"websocket"} | ROOM,
    "web": {"web", "transport"},
    "api": {"api", "web"} | ROOM,
    "dashboard": {"dashboard", "web"} | ROOM,
    "control": {"control", "web", "config", "offline", "safekeeping", "export", "doctor", "listen"} | ROOM,
    # Single modules beside the rooms.
    "transport": set(),
    "flow": {"transport"},
    "connections": {"state"},
    "sessions": {"connections"},
    "passwords": set(),
    "tls": set(),
    "filesystem": set(),
    "doctor": {"doctor", "config", "filesystem", "listen", "mail", "preflight", "resolver", "state", "tls"},
    "registered": {"actions", "reload", "services", "state"},
    "listening": {"listen"},
    "probes": {"actions", "web"},
    "measures": {"state"},
    "metrics": {"actions", "measures", "state", "web"},
    "expiry": set(),
    "selfsigned": {"storage", "tls"},
    "reload": {"actions", "config", "mail", "selfsigned", "tls"},
    "following": {"actions", "bounds", "delivery", "reload", "services", "storage"},
    "listen": set(),
    "resolver": {"listen", "state"},
    "ownership": {"actions", "config", "resolver", "state"},
    "rechecks": {"actions"},
    "sweeping": {"actions", "state"},
    "trimming": {"state"},
    "bookkeeping": {"actions", "state"},
    "forgetting": {"actions"},
    "log": {"state"},
    "sections": set(),
    "checks": {"listen", "mail", "sections"},
    "settings": {"checks", "sections"},
    "config": {"checks", "settings", "listen", "mail", "sections", "state"},
    "bounds": {"actions", "config", "delivery", "smtp", "storage", "web", "websocket", "pop3"},
    "stores": {"config", "storage"},
    "way_out": {"actions", "config", "delivery", "listen", "state"},
    "activation": set(),
    "preflight": {"filesystem", "actions", "activation", "config", "listen", "reload", "storage", "stores"},
    "services": {"actions", "state"},
    "notify": set(),
    "watchdog": {"notify"},
    "script": {"activation", "tap"},
    "tap": {"assembly", "config", "preflight"},
}
KNOWS_EVERYTHING = {"assembly", "core", "healthy", "website", "webpages", "offline", "safekeeping", "export"}
PURE = {"mail", "state", "wire"}
FORBIDDEN_IN_PURE = {"twisted", "zope", "autobahn", "treq", "sqlite3", "socket", "threading", "time"}
LONGEST_FILE = 320
NO_NAME_SAYS = {"handler", "manager", "processor", "engine", "util", "utils", "helper", "common", "base"}


def modules() -> list[Path]:
    return sorted(HOUSE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(HOUSE).with_suffix("").parts[0]


def imports(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            if node.module == "mailsockd":
                yield from ((node.lineno, f"mailsockd.{alias.name}") for alias in node.names)
            yield node.lineno, str(node.module)


def test_rooms_import_only_what_is_below_them() -> None:
    """Every import inside the house follows the direction tap, assembly, rooms, actions, wire, state, mail."""
    wrong = []
    for path in modules():
        room = room_of(path)
        if room == "__init__" or room in KNOWS_EVERYTHING:
            continue
        assert room in MAY_IMPORT, f"{path}: a new room or module is drawn in MAY_IMPORT and HACKING.md first"
        for line, name in imports(path):
            package, *rest = name.split(".")
            if package == "mailsockd" and rest and rest[0] not in MAY_IMPORT[room]:
                wrong.append(f"{path.relative_to(ROOT)}:{line}: {room} imports {name}")
    assert wrong == []


def test_the_core_knows_no_network() -> None:
    """The rooms mail and state, and wire, import nothing that does I/O or keeps time."""
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in modules()
        if room_of(path) in PURE
        for line, name in imports(path)
        if name.split(".")[0] in FORBIDDEN_IN_PURE
    ]
    assert wrong == []


def test_actions_know_of_twisted_only_deferreds() -> None:
    """The room actions takes nothing of Twisted but Deferreds and their failures."""
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in modules()
        if room_of(path) == "actions"
        for line, name in imports(path)
        if name.startswith("twisted") and name not in {"twisted.internet.defer", "twisted.python.failure"}
    ]
    assert wrong == []


def test_no_module_takes_the_reactor_by_itself() -> None:
    """The reactor is an argument everywhere but in tap, which hands it on."""
    wrong = []
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and any(alias.name == "reactor" for alias in node.names):
                wrong.append(str(path.relative_to(ROOT)))
    assert wrong == ["mailsockd/tap.py"]


def test_sql_is_written_in_storage_only_and_never_formatted() -> None:
    """Statements are literals, and only the room storage executes any."""
    wrong = []
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in {"execute", "executemany", "executescript"}
            ):
                literal = node.args and not isinstance(node.args[0], ast.JoinedStr | ast.BinOp)
                # A script is a step of the schema, read from its file.
                script = node.func.attr == "executescript" and path.name == "database.py"
                if room_of(path) != "storage" or not (literal or script):
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert wrong == []


def test_files_stay_small_and_are_named_for_what_they_are() -> None:
    """No module is longer than a reader can hold in mind, and none has a name that says nothing."""
    long = {str(p.relative_to(ROOT)) for p in modules() if len(p.read_text().splitlines()) > LONGEST_FILE}
    assert long == set()
    assert [str(p) for p in modules() if p.stem in NO_NAME_SAYS] == []


def test_twisted_plugins_is_no_package_of_ours() -> None:
    """The plugin folder has no __init__.py, so that it lives beside Twisted's own after an installation."""
    assert sorted(p.name for p in (ROOT / "twisted").rglob("*.py")) == ["mailsockd_plugin.py"]


@pytest.mark.parametrize("path", sorted(TESTS.rglob("test_*.py")), ids=lambda path: str(path.relative_to(TESTS)))
def test_every_test_can_fail_and_says_what_it_is_about(path: Path) -> None:
    """No test is async (Twisted 22.4 never awaits one), skipped, or without a sentence that says what holds."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.AsyncFunctionDef):
            assert not node.name.startswith("test"), f"{path}:{node.lineno}: {node.name} would never run"
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            assert ast.get_docstring(node), f"{path}:{node.lineno}: {node.name} says nothing"
        if isinstance(node, ast.Attribute) and node.attr in {"skip", "skipif", "xfail", "importorskip"}:
            raise AssertionError(f"{path}:{node.lineno}: a test that does not run looks like one that passes")


def test_packages_are_all_listed() -> None:
    """Every room is named in setup.cfg, so that an installation has it."""
    import configparser

    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    listed = set(parser["options"]["packages"].split())
    found = {".".join(p.parent.relative_to(ROOT).parts) for p in HOUSE.rglob("__init__.py")}
    assert listed == found | {"twisted.plugins"}
