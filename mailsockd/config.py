"""
The configuration: one attrs class a section, every default here, and `load`, which reads a YAML file into them.

A new setting is one field. `etc/mailsockd.yaml` shows all of them at their defaults, and a test holds the two together.
An error names file, line, key and reason in one line.
"""

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import yaml

from mailsockd.listen import InvalidListen, listen, on_private_network
from mailsockd.mail.address import InvalidAddress, canonical_domain
from mailsockd.mail.domain_list import domain_list
from mailsockd.sections import Check, ConfigError, Reader, section, setting

__all__ = ["Config", "ConfigError", "load", "parse"]

PLACES = (Path("mailsockd.yaml"), Path("/etc/mailsockd/mailsockd.yaml"))
MIB = 1024 * 1024


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("must be text")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("must be a list, such as [a, b]")
    return tuple(_text(item) for item in value)


def _domain(value: Any) -> str:
    try:
        return canonical_domain(_text(value))
    except InvalidAddress as error:
        raise ValueError(str(error)) from error


def _domains(value: Any) -> tuple[str, ...]:
    if value == []:
        raise ValueError("must name at least one domain")
    return tuple(dict.fromkeys(_domain(item) for item in _texts(value)))


def _listens(value: Any) -> tuple[str, ...]:
    items = _texts(value)
    for item in items:
        try:
            listen(item)
        except InvalidListen as error:
            raise ValueError(f"{item!r}: {error}") from error
    return items


def _number(least: int, most: int) -> Check:
    def check(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return value

    return check


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _choice(*choices: str) -> Check:
    def check(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"must be {' or '.join(choices)}")
        return str(value)

    return check


def _certificates(value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, list):
        raise ValueError("must be a list of {certificate: FILE, key: FILE}")
    pairs = []
    for item in value:
        if not isinstance(item, dict) or item.keys() != {"certificate", "key"}:
            raise ValueError("each item must be {certificate: FILE, key: FILE}")
        pairs.append((_text(item["certificate"]), _text(item["key"])))
    return tuple(pairs)


@attrs.frozen
class SMTP:
    """Receiving mail."""

    listen: tuple[str, ...] = setting(("127.0.0.1:1025", "[::1]:1025"), _listens)
    listen_tls: tuple[str, ...] = setting((), _listens)
    accept: str = setting("domains", _choice("domains", "any"))


@attrs.frozen
class HTTP:
    """REST, the socket and the pages."""

    listen: tuple[str, ...] = setting(("127.0.0.1:8025", "[::1]:8025"), _listens)
    listen_tls: tuple[str, ...] = setting((), _listens)


@attrs.frozen
class API:
    """Who may use REST, and how often; 0 requests a minute is no limit."""

    anonymous_public: bool = setting(False, _flag)
    requests_per_minute_per_key: int = setting(0, _number(0, 1_000_000))
    requests_per_minute_per_ip: int = setting(0, _number(0, 1_000_000))


@attrs.frozen
class Validation:
    """What is known of other people's addresses."""

    disposable_domains: str | None = setting(None, _text)


@attrs.frozen
class Inboxes:
    """Inboxes that nobody reserved."""

    unreserved: str = setting("accept", _choice("accept", "reject"))


@attrs.frozen
class TLS:
    """Certificates."""

    certificates: tuple[tuple[str, str], ...] = setting((), _certificates)


@attrs.frozen
class WebSocket:
    """The socket. Sizes are bytes, times seconds."""

    frame: str = setting("flat", _choice("flat", "nested", "both"))
    ping_interval: int = setting(25, _number(1, 3600))
    backlog: int = setting(128 * MIB, _number(65536, 1 << 40))
    backlog_total: int = setting(256 * MIB, _number(65536, 1 << 40))
    connections: int = setting(10_000, _number(1, 1_000_000))
    connections_per_account: int = setting(10_000, _number(1, 1_000_000))
    connections_per_peer: int = setting(10_000, _number(1, 1_000_000))


@attrs.frozen
class Limits:
    """Bounds on what one peer may ask. Sizes are bytes, times seconds."""

    message_size: int = setting(25 * MIB, _number(1024, 1 << 30))
    recipients: int = setting(100, _number(1, 10_000))
    smtp_connections: int = setting(1000, _number(1, 1_000_000))
    smtp_connections_per_peer: int = setting(100, _number(1, 1_000_000))
    smtp_idle: int = setting(300, _number(1, 86_400))
    smtp_session: int = setting(1800, _number(1, 86_400))
    smtp_errors: int = setting(10, _number(1, 1000))
    http_body: int = setting(128 * 1024, _number(1024, 1 << 30))
    http_connections: int = setting(20_000, _number(1, 1_000_000))
    http_connections_per_peer: int = setting(1000, _number(1, 1_000_000))
    http_header_time: int = setting(15, _number(1, 3600))
    http_idle: int = setting(60, _number(1, 86_400))


@attrs.frozen
class Config:
    """Everything that can be set. `source` is where it was read: a file, or "built-in defaults"."""

    hostname: str | None = setting(None, _domain)
    domains: tuple[str, ...] | None = setting(None, _domains)
    data: str = setting("/var/lib/mailsockd", _text)
    state: str = setting("sqlite", _choice("sqlite", "yaml"))
    control: str | None = setting(None, _text)
    smtp: SMTP = section(SMTP)
    http: HTTP = section(HTTP)
    api: API = section(API)
    validation: Validation = section(Validation)
    inboxes: Inboxes = section(Inboxes)
    tls: TLS = section(TLS)
    websocket: WebSocket = section(WebSocket)
    limits: Limits = section(Limits)
    source: str = "built-in defaults"
    lines: Mapping[str, int] = attrs.field(factory=dict, eq=False, repr=False)

    def error(self, key: str, reason: str) -> ConfigError:
        """Make the error that says what is wrong with a setting, wherever it was noticed."""
        line = self.lines.get(key)
        return ConfigError(f"{self.source}{f':{line}' if line else ''}: {key}: {reason}")

    @property
    def name(self) -> str:
        """The host's name: as set, else the machine's FQDN, else localhost when that is no name with a dot."""
        if self.hostname is not None:
            return self.hostname
        found = socket.getfqdn()
        try:
            return canonical_domain(found) if "." in found else "localhost"
        except InvalidAddress:
            return "localhost"

    @property
    def served(self) -> tuple[str, ...]:
        """The domains that need no proof."""
        if self.domains is not None:
            return self.domains
        return tuple(dict.fromkeys((canonical_domain(self.name), "localhost")))

    @property
    def disposable(self) -> frozenset[str]:
        """The disposable domains: those of the operator's file, and the served ones. Raises ConfigError."""
        file = self.validation.disposable_domains
        if file is None:
            return frozenset(self.served)
        try:
            return domain_list(Path(file).read_text(encoding="utf-8")) | frozenset(self.served)
        except OSError as error:
            reason = f"{file} cannot be read: {error.strerror}"
        except UnicodeDecodeError:
            reason = f"{file} cannot be read: it is not UTF-8"
        except InvalidAddress as error:
            reason = f"{file}: {error}"
        raise self.error("validation.disposable_domains", reason)

    @property
    def control_socket(self) -> Path:
        """The path of the control socket."""
        text = self.control or f"unix:{self.data}/control.sock"
        return Path(text.removeprefix("unix:"))


def load(path: str | None = None) -> Config:
    """
    Read the configuration from `path`, else from the first of PLACES that exists, else take the defaults.

    Raises ConfigError.
    """
    found = Path(path) if path is not None else next((place for place in PLACES if place.exists()), None)
    if found is None:
        return _checked(Config())
    try:
        text = found.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(f"{found}: cannot be read: {reason}") from error
    config = parse(text, str(found))
    _ = config.disposable  # a file that cannot be used is named now
    return config


def parse(text: str, source: str) -> Config:
    """Read the configuration from YAML; `source` is named in errors. Raises ConfigError."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigError(f"{source}{line}: it is not YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{source}: it is not YAML: {' '.join(str(error).split())}") from error
    reader = Reader(source)
    config = Config() if node is None else reader.section(Config, node, "")
    return _checked(attrs.evolve(config, source=source, lines=reader.lines))


def _checked(config: Config) -> Config:
    """Check what needs more than one setting to be seen."""
    if config.smtp.accept == "any":
        public = [item for item in (*config.smtp.listen, *config.smtp.listen_tls) if not on_private_network(item)]
        if public:
            raise config.error(
                "smtp.accept", f"any is only for loopback and private networks, and smtp.listen has {public[0]}"
            )
    for key, items in (("smtp.listen_tls", config.smtp.listen_tls), ("http.listen_tls", config.http.listen_tls)):
        if items and not config.tls.certificates:
            raise config.error(key, "needs tls.certificates")
    if len(str(config.control_socket)) > 100:
        raise config.error("control", f"the path {config.control_socket} is too long for a socket (100 characters)")
    return config
