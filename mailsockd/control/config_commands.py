"""`mailsockctl config …`: works without the daemon."""

from typing import Any

import attrs
import yaml

from mailsockd.config import Config, load
from mailsockd.control.command import Context, Group


def declare(program: Group) -> None:
    """Declare the commands."""
    group = program.group("config", "check and show the configuration")
    check = group.command(
        "check",
        _check,
        "Read a configuration file and say what is wrong with it: file, line, key, reason.",
        "config check /etc/mailsockd/mailsockd.yaml",
        "config check",
    )
    check.add_argument("file", metavar="FILE", nargs="?", help="default: the file that the daemon would read")
    group.command(
        "show", _show, "Show every setting as it is in effect, in YAML.", "config show", "--config try.yaml config show"
    )


def _check(context: Context) -> None:
    config = load(context.options.file) if context.options.file is not None else context.config
    if context.output.json:
        context.output.value({"config": config.source, "more": list(config.more), "good": True})
    else:
        context.output.say(f"{config.read}: good")


def _show(context: Context) -> None:
    config = context.config
    values = effective(config)
    if context.output.json:
        context.output.value(values)
    else:
        context.output.say(f"# in effect from {config.read}")
        context.output.out.write(yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=110))


def effective(config: Config) -> dict[str, Any]:
    """Give all settings with what stands in for those that are not set; the result is itself a configuration."""
    concrete = attrs.evolve(
        config, hostname=config.name, domains=config.served, control=f"unix:{config.control_socket}"
    )
    return _plain(concrete)


def _plain(section: Any) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in attrs.fields(type(section)):
        value = getattr(section, field.name)
        if not field.metadata or value is None:
            continue
        values[field.name] = _plain(value) if attrs.has(type(value)) else _listed(value)
    return values


def _listed(value: Any) -> Any:
    return [_listed(item) for item in value] if isinstance(value, tuple) else value
