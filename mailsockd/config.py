"""
The configuration: `load` reads YAML files into `settings`, and checks what needs more than one of them to be seen.

A new setting is one field. `etc/mailsockd.yaml` shows all of them at their defaults, and a test holds the two together.
An error names file, line, key and reason in one line.
"""

import os
import socket
from collections.abc import Mapping
from pathlib import Path

import attrs
import yaml
from cryptography import x509

from mailsockd import checks, settings
from mailsockd.listen import names_this_machine, on_private_network
from mailsockd.mail.address import InvalidAddress, canonical_domain
from mailsockd.mail.domain_list import domain_list
from mailsockd.sections import ConfigError, Reader, section, setting
from mailsockd.state.denials import InvalidDenial, denied_items

__all__ = ["Config", "ConfigError", "checked", "load", "parse"]

_CERTIFICATE = "-----BEGIN CERTIFICATE-----"
PLACES = (Path("mailsockd.yaml"), Path("/etc/mailsockd/mailsockd.yaml"))
MORE = "conf.d"
"""The folder, beside a file of the usual name, whose files are read after it."""


@attrs.frozen
class Config:
    """
    Everything that can be set. `source` is where it was read: a file, or "built-in defaults"; `more` are the files that
    were read after it. `lines` has the line of each setting that was set, `files` the file when it is one of `more`.
    """

    hostname: str | None = setting(None, checks.domain)
    domains: tuple[str, ...] | None = setting(None, checks.domains)
    domains_hosted: tuple[str, ...] = setting((), checks.any_domains)
    data: str = setting("/var/lib/mailsockd", checks.text)
    data_on_network: bool = setting(False, checks.flag)
    state: str = setting("sqlite", checks.choice("sqlite", "yaml"))
    control: str | None = setting(None, checks.text)
    smtp: settings.SMTP = section(settings.SMTP)
    capture: settings.Capture = section(settings.Capture)
    http: settings.HTTP = section(settings.HTTP)
    metrics: settings.Metrics = section(settings.Metrics)
    pop3: settings.POP3 = section(settings.POP3)
    api: settings.API = section(settings.API)
    validation: settings.Validation = section(settings.Validation)
    domain_checks: settings.DomainChecks = section(settings.DomainChecks)
    dns: settings.DNS = section(settings.DNS)
    inboxes: settings.Inboxes = section(settings.Inboxes)
    retention: settings.Retention = section(settings.Retention)
    tls: settings.TLS = section(settings.TLS)
    websocket: settings.WebSocket = section(settings.WebSocket)
    delivery: settings.Delivery = section(settings.Delivery)
    relay: settings.Relay = section(settings.Relay)
    webhook: settings.Webhook = section(settings.Webhook)
    activity: settings.Activity = section(settings.Activity)
    limits: settings.Limits = section(settings.Limits)
    source: str = "built-in defaults"
    more: tuple[str, ...] = ()
    lines: Mapping[str, int] = attrs.field(factory=dict, eq=False, repr=False)
    files: Mapping[str, str] = attrs.field(factory=dict, eq=False, repr=False)

    def error(self, key: str, reason: str) -> ConfigError:
        """Make the error that says what is wrong with a setting, wherever it was noticed."""
        line = self.lines.get(key)
        file = self.files.get(key, self.source)
        return ConfigError(f"{file}{f':{line}' if line else ''}: {key}: {reason}")

    @property
    def read(self) -> str:
        """Say where it was read, every file of it."""
        return ", ".join((self.source, *self.more))

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
    def has_tls(self) -> bool:
        """Whether there is a certificate, or is going to be one that signs itself."""
        return bool(self.tls.certificates) or self.tls.self_signed

    @property
    def served(self) -> tuple[str, ...]:
        """The domains that need no proof."""
        if self.domains is not None:
            return self.domains
        return tuple(dict.fromkeys((canonical_domain(self.name), "localhost")))

    @property
    def mail_hosts(self) -> tuple[str, ...]:
        """The hosts that the MX records of own domains should lead to."""
        return self.domain_checks.mx or (canonical_domain(self.name),)

    @property
    def disposable(self) -> frozenset[str]:
        """The disposable domains: those of the operator's file, and the served ones. Raises ConfigError."""
        file = self.validation.disposable_domains
        if file is None:
            return frozenset(self.served)
        key = "validation.disposable_domains"
        try:
            return domain_list(self._text_of(key, file)) | frozenset(self.served)
        except InvalidAddress as error:
            raise self.error(key, f"{file}: {error}") from error

    @property
    def denied(self) -> tuple[str, ...]:
        """What the operator's file denies. Raises ConfigError."""
        file = self.smtp.denylist
        if file is None:
            return ()
        try:
            return tuple(item for _, item in denied_items(self._text_of("smtp.denylist", file)))
        except InvalidDenial as error:
            raise self.error("smtp.denylist", f"{file}:{error}") from error

    def _text_of(self, key: str, file: str) -> str:
        try:
            return Path(file).read_text(encoding="utf-8")
        except OSError as error:
            reason = f"{file} cannot be read: {error.strerror}"
        except UnicodeDecodeError:
            reason = f"{file} cannot be read: it is not UTF-8"
        raise self.error(key, reason)

    @property
    def relay_password(self) -> str:
        """The password for the relay, which is the first line of its file; "" without one. Raises ConfigError."""
        file = self.relay.password_file
        if file is None:
            return ""
        password = self._text_of("relay.password_file", file).partition("\n")[0].removesuffix("\r")
        if not password:
            raise self.error("relay.password_file", f"{file}: its first line is empty")
        return password

    @property
    def relay_authorities(self) -> str:
        """The PEM of the authorities for the relay's certificate, "" for the system's. Raises ConfigError."""
        file = self.relay.authorities
        if file is None:
            return ""
        pem = self._text_of("relay.authorities", file)
        try:
            for part in pem.split(_CERTIFICATE)[1:] or [""]:
                x509.load_pem_x509_certificate((_CERTIFICATE + part).encode())
        except ValueError as error:
            raise self.error("relay.authorities", f"{file}: it is not a PEM certificate") from error
        return pem

    @property
    def control_socket(self) -> Path:
        """The path of the control socket."""
        text = self.control or f"unix:{self.data}/control.sock"
        return Path(text.removeprefix("unix:"))


def load(path: str | None = None) -> Config:
    """
    Read the configuration from `path`, else from the first of PLACES that exists, else take the defaults.

    When the file is named as in PLACES, all `*.yaml` of the folder `conf.d` beside it are read after it, in the order
    of their names; of a setting that is given more than once the last counts. Raises ConfigError.
    """
    found = Path(path) if path is not None else next((place for place in PLACES if place.exists()), None)
    if found is None:
        return checked(Config())
    config = _over(Config(source=str(found)), _text(found), str(found))
    for file in _more(found):
        config = _over(config, _text(file), str(file))
    checked(config)
    # A file that cannot be used is named now.
    _ = config.disposable, config.denied, config.relay_password, config.relay_authorities
    return config


def parse(text: str, source: str) -> Config:
    """Read the configuration from YAML; `source` is named in errors. Raises ConfigError."""
    return checked(_over(Config(source=source), text, source))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigError(f"{file}: cannot be read: {reason}") from error


def _more(found: Path) -> list[Path]:
    folder = found.parent / MORE
    if found.name not in {place.name for place in PLACES} or not folder.is_dir():
        return []
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".yaml") and not name.startswith("."))
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be read: {error.strerror}") from error
    return [folder / name for name in names]


def _over(config: Config, text: str, file: str) -> Config:
    """Read one more file over what there is."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigError(f"{file}{line}: it is not YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{file}: it is not YAML: {' '.join(str(error).split())}") from error
    reader = Reader(file)
    if node is not None:
        config = reader.section(config, node, "")
    lines = {**config.lines, **reader.lines}
    if file == config.source:
        return attrs.evolve(config, lines=lines)
    files = {**config.files, **dict.fromkeys(reader.lines, file)}
    return attrs.evolve(config, more=(*config.more, file), lines=lines, files=files)


def checked(config: Config) -> Config:
    """Check what needs more than one setting to be seen, and give the same. Raises ConfigError."""
    if config.smtp.accept == "any":
        public = [item for item in (*config.smtp.listen, *config.smtp.listen_tls) if not on_private_network(item)]
        if public:
            raise config.error(
                "smtp.accept", f"any is only for loopback and private networks, and smtp.listen has {public[0]}"
            )
    for key, items in (
        ("smtp.listen_tls", config.smtp.listen_tls),
        ("capture.listen_tls", config.capture.listen_tls),
        ("http.listen_tls", config.http.listen_tls),
        ("pop3.listen_tls", config.pop3.listen_tls),
    ):
        if items and not config.has_tls:
            raise config.error(key, "needs tls.certificates")
    for key, items in (("capture.listen", config.capture.listen), ("pop3.listen", config.pop3.listen)):
        public = [item for item in items if not on_private_network(item)]
        if public and not config.has_tls:
            reason = "is neither loopback nor a private network, so signing in needs TLS: set tls.certificates"
            raise config.error(key, f"{public[0]} {reason}")
    _check_relay(config)
    total, largest = config.retention.total_bytes, config.limits.message_size
    if total and total < 2 * largest:
        reason = f"must be 0 or at least {2 * largest}, which two mails may take by limits.message_size"
        raise config.error("retention.total_bytes", reason)
    if len(str(config.control_socket)) > 100:
        raise config.error("control", f"the path {config.control_socket} is too long for a socket (100 characters)")
    return config


def _check_relay(config: Config) -> None:
    relay = config.relay
    if relay.username is None and relay.password_file is not None:
        raise config.error("relay.password_file", "needs relay.username")
    if relay.username is not None:
        if relay.password_file is None:
            raise config.error("relay.username", "needs relay.password_file")
        if relay.tls in ("none", "opportunistic") and not names_this_machine(relay.host or ""):
            raise config.error("relay.username", f"would be sent without TLS: relay.tls is {relay.tls}")
