"""What a configuration is made of: settings and sections as attrs fields, and a reader of YAML that knows its lines."""

from collections.abc import Callable
from typing import Any, TypeVar

import attrs
import yaml

Check = Callable[[Any], Any]
Section = TypeVar("Section")


class ConfigError(Exception):
    """A configuration that cannot be used; the text is `file:line: key: reason`."""


def setting(default: Any, check: Check) -> Any:
    """Declare one setting: its default and what makes of a YAML value the value, or raises ValueError with a reason."""
    return attrs.field(default=default, metadata={"check": check})


def section(kind: type) -> Any:
    """Declare a section."""
    return attrs.field(factory=kind, metadata={"section": kind})


class Reader:
    """Turns YAML nodes, which know their lines, into sections."""

    def __init__(self, source: str) -> None:
        self._source = source
        self.lines: dict[str, int] = {}

    def section(self, before: Section, node: yaml.Node, path: str) -> Section:
        """Read a section over what it was before, "" being the path of the outermost one. Raises ConfigError."""
        if not isinstance(node, yaml.MappingNode):
            if path and isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null":
                return before
            raise self._error(node, path or "the file", "must be settings, each `key: value`")
        fields = {field.name: field for field in attrs.fields(type(before)) if field.metadata}  # type: ignore[arg-type]
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            full = f"{path}.{key}" if path else key
            field = fields.get(key)
            if field is None:
                raise self._error(key_node, full, f"is not a setting; there are {', '.join(sorted(fields))}")
            if key in values:
                raise self._error(key_node, full, "is given twice")
            self.lines[full] = key_node.start_mark.line + 1
            values[key] = (
                self.section(getattr(before, key), value_node, full)
                if "section" in field.metadata
                else self._value(field, key_node, value_node, full)
            )
        return attrs.evolve(before, **values)  # type: ignore[misc]

    def _value(self, field: Any, key_node: yaml.Node, node: yaml.Node, full: str) -> Any:
        try:
            value = yaml.SafeLoader("").construct_document(node)
            return field.metadata["check"](value)
        except yaml.MarkedYAMLError as error:
            raise self._error(key_node, full, str(error.problem)) from error
        except ValueError as error:
            raise self._error(key_node, full, str(error)) from error

    def _error(self, node: yaml.Node, key: str, reason: str) -> ConfigError:
        return ConfigError(f"{self._source}:{node.start_mark.line + 1}: {key}: {reason}")
