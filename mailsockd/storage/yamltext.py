"""
The state as YAML that people can read and edit, and the check of what they wrote.

Each entry is a mapping under its name; fields that have their default are left out. The text ends with YAML's end
marker, because a file that was cut off between two entries would otherwise look whole.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from textwrap import indent
from typing import Any

import attrs
import yaml
from yaml.constructor import SafeConstructor

from mailsockd.actions.ports import Snapshot
from mailsockd.mail.address import InvalidAddress, canonical, canonical_domain
from mailsockd.state.accounts import Account, ApiKey
from mailsockd.state.addresses import Address
from mailsockd.state.denials import Denial, denied_item
from mailsockd.state.domains import Domain
from mailsockd.state.secrets import Secret

VERSION = 1
HEADER = """\
# What mailsockd knows, but for mail. Comments are lost when the daemon next writes this file.
# Edit it only while the daemon is stopped. Leave the last line in place: it shows that the file is whole.
"""
END = "...\n"
SECTIONS = ("accounts", "addresses", "domains", "secrets", "denials")
_LATER = ("denials",)  # sections that files of the first versions do not have

# Both are the same language; libyaml's is faster and may be missing.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


class Wrong(Exception):
    """What is wrong with a text: the line, from 1, the key, and the reason in words."""

    def __init__(self, line: int, key: str, reason: str) -> None:
        super().__init__(f"{line}: {key}: {reason}" if key else f"{line}: {reason}")


def entry_text(name: str, value: object) -> str:
    """Give the lines of one entry of a section."""
    text: str = yaml.dump(
        {name: value}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=1000
    )
    return indent(text, "  ")


def fields_of(entry: Account | ApiKey | Address | Domain | Denial, *left_out: str) -> dict[str, object]:
    """Give the fields of an entry that have not their defaults, without those that are `left_out`."""
    found: dict[str, object] = {}
    for field in attrs.fields(type(entry)):
        value = getattr(entry, field.name)
        if field.name in left_out or value in (field.default, {}):
            continue
        found[field.name] = dict(value) if isinstance(value, Mapping) else value
    return found


def read(content: bytes) -> Snapshot:
    """Give the state that a text describes. Raises Wrong."""
    root = _compose(content)
    sections: dict[str, yaml.Node] = {}
    version = None
    for name, key, value in _items(root, ""):
        if name == "version":
            version = _scalar(value, name)
            if version != VERSION or isinstance(version, bool):
                raise Wrong(_line(value), name, f"must be {VERSION}; this mailsockd knows no other")
        elif name in SECTIONS:
            sections[name] = value
        else:
            raise Wrong(_line(key), name, f"unknown key; known are version, {', '.join(SECTIONS)}")
    for name in ("version", *SECTIONS):
        if name not in sections and name not in _LATER and (name != "version" or version is None):
            raise Wrong(_line(root), name, "is missing")
    accounts, keys = _accounts(sections["accounts"])
    addresses = _addresses(sections["addresses"])
    domains = _domains(sections["domains"])
    return Snapshot(
        tuple(sorted(accounts, key=lambda account: account.name)),
        tuple(sorted(keys, key=lambda key: key.digest)),
        tuple(sorted(addresses, key=lambda address: address.address)),
        tuple(sorted(domains, key=lambda domain: (domain.name, domain.owner))),
        tuple(sorted(_secrets(sections["secrets"]), key=lambda secret: secret.name)),
        tuple(sorted(_denials(sections.get("denials")), key=lambda denial: denial.item)),
    )


def _compose(content: bytes) -> yaml.Node:
    lines = content.count(b"\n") + 1
    if not content.strip():
        raise Wrong(1, "", "the file is empty")
    if content.rstrip().rpartition(b"\n")[2] != b"...":
        raise Wrong(lines, "", 'the last line is not "...", so the end of the file may be missing')
    try:
        node = yaml.compose(content, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Wrong(mark.line + 1 if mark else 1, "", f"not YAML: {error.problem or error.context}") from error
    except (yaml.YAMLError, UnicodeError, RecursionError) as error:
        raise Wrong(1, "", f"not YAML: {' '.join(str(error).split())}") from error
    if node is None:
        raise Wrong(1, "", "the file is empty")
    return node


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _scalar(node: yaml.Node, key: str) -> Any:
    if not isinstance(node, yaml.ScalarNode):
        raise Wrong(_line(node), key, "must be a single value")
    try:
        return SafeConstructor().construct_object(node)
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise Wrong(_line(node), key, "cannot be understood") from error


def _items(node: yaml.Node, path: str) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
    # Names are text as written, whatever YAML would make of them: an account may be called 007 or null.
    if isinstance(node, yaml.ScalarNode) and _scalar(node, path) is None:
        return
    if not isinstance(node, yaml.MappingNode):
        raise Wrong(_line(node), path, "must be a mapping of names to values")
    seen: set[str] = set()
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode) or not key.value:
            raise Wrong(_line(key), path, "a name must be text")
        if key.value in seen:
            raise Wrong(_line(key), f"{path}.{key.value}".lstrip("."), "is there twice")
        seen.add(key.value)
        yield key.value, key, value


def _text(node: yaml.Node, key: str) -> str:
    value = _scalar(node, key)
    if not isinstance(value, str):
        raise Wrong(_line(node), key, "must be text (in quotes, when it looks like something else)")
    return value


def _optional_text(node: yaml.Node, key: str) -> str | None:
    return None if _scalar(node, key) is None else _text(node, key)


def _flag(node: yaml.Node, key: str) -> bool:
    value = _scalar(node, key)
    if not isinstance(value, bool):
        raise Wrong(_line(node), key, "must be true or false")
    return value


def _time(node: yaml.Node, key: str) -> float:
    value = _scalar(node, key)
    if isinstance(value, datetime):
        value = (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Wrong(_line(node), key, "must be a time: seconds since 1970, or like 2026-11-22T10:00:00Z")
    return float(value)


def _count(node: yaml.Node, key: str) -> int:
    value = _optional_count(node, key)
    if value is None:
        raise Wrong(_line(node), key, "must be a whole number that is not negative")
    return value


def _optional_count(node: yaml.Node, key: str) -> int | None:
    value = _scalar(node, key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 63):
        raise Wrong(_line(node), key, "must be a whole number that is not negative, or null")
    return value


def _settings(node: yaml.Node, key: str) -> dict[str, str | bool]:
    found: dict[str, str | bool] = {}
    for name, _, value in _items(node, key):
        setting = _scalar(value, f"{key}.{name}")
        if not isinstance(setting, str | bool):
            raise Wrong(_line(value), f"{key}.{name}", "must be text, true or false")
        found[name] = setting
    return found


_CHECKS: dict[object, Callable[[yaml.Node, str], object]] = {
    str: _text,
    str | None: _optional_text,
    bool: _flag,
    float: _time,
    int: _count,
    int | None: _optional_count,
    Mapping[str, str | bool]: _settings,
}


def _entry(node: yaml.Node, path: str, kind: type[Any], known: dict[str, object], besides: tuple[str, ...] = ()) -> Any:
    # The fields and their types are those of the class, without those that are `known`; `besides` are read elsewhere.
    fields = {field.name: field for field in attrs.fields(kind) if field.name not in known}
    values = known.copy()
    for name, key, value in _items(node, path):
        if name in besides:
            continue
        if name not in fields:
            raise Wrong(_line(key), f"{path}.{name}", f"unknown key; known are {', '.join((*fields, *besides))}")
        values[name] = _CHECKS[fields[name].type](value, f"{path}.{name}")
    for name, field in fields.items():
        if name not in values and field.default is attrs.NOTHING:
            raise Wrong(_line(node), f"{path}.{name}", "is missing")
    return kind(**values)


def _addresses(node: yaml.Node) -> Iterator[Address]:
    seen: set[str] = set()
    for name, key, value in _items(node, "addresses"):
        path = f"addresses.{name}"
        address = _canonical(canonical, name, key, path)
        if address in seen:
            raise Wrong(_line(key), path, f"is there twice, as {address}")
        seen.add(address)
        yield _entry(value, path, Address, {"address": address})


def _domains(node: yaml.Node) -> Iterator[Domain]:
    # Each is under NAME/OWNER, or under its name alone with the owner in a field.
    seen: set[tuple[str, str]] = set()
    for name, key, value in _items(node, "domains"):
        path = f"domains.{name}"
        before, slash, owner = name.partition("/")
        known: dict[str, object] = {"name": _canonical(canonical_domain, before, key, path)}
        domain: Domain = _entry(value, path, Domain, known | ({"owner": owner} if slash else {}))
        if not domain.owner:
            raise Wrong(_line(key), path, "must name an owner behind the slash")
        if (domain.name, domain.owner) in seen:
            raise Wrong(_line(key), path, f"is there twice, as {domain.name}/{domain.owner}")
        seen.add((domain.name, domain.owner))
        yield domain


def _canonical(form: Callable[[str], str], name: str, key: yaml.Node, path: str) -> str:
    try:
        return form(name)
    except InvalidAddress as error:
        raise Wrong(_line(key), path, str(error)) from error


def _accounts(node: yaml.Node) -> tuple[list[Account], list[ApiKey]]:
    accounts: list[Account] = []
    found: dict[str, ApiKey] = {}
    for name, _, fields in _items(node, "accounts"):
        accounts.append(_entry(fields, f"accounts.{name}", Account, {"name": name}, ("keys",)))
        for field, _, keys in _items(fields, f"accounts.{name}"):
            if field != "keys":
                continue
            for digest, key, value in _items(keys, f"accounts.{name}.keys"):
                path = f"accounts.{name}.keys.{digest}"
                if not _DIGEST.match(digest):
                    raise Wrong(_line(key), path, "must be a SHA-256 in 64 hex digits")
                if digest in found:
                    raise Wrong(_line(key), path, f"is there twice, also for {found[digest].account}")
                found[digest] = _entry(value, path, ApiKey, {"digest": digest, "account": name})
    return accounts, list(found.values())


def _secrets(node: yaml.Node) -> Iterator[Secret]:
    for name, _, value in _items(node, "secrets"):
        yield Secret(name, _text(value, f"secrets.{name}"))


def _denials(node: yaml.Node | None) -> Iterator[Denial]:
    seen: set[str] = set()
    for name, key, value in _items(node, "denials") if node is not None else ():
        path = f"denials.{name}"
        item = _canonical(denied_item, name, key, path)
        if item in seen:
            raise Wrong(_line(key), path, f"is there twice, as {item}")
        seen.add(item)
        yield _entry(value, path, Denial, {"item": item})
