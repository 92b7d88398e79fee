"""
Taking a changed configuration over while the daemon runs, without dropping a connection.

`Loaded` is a configuration with the contents of the files that it names. `Live` is what is in force, and whom to tell
when that changes. Each place where something is wired tells what of it follows; what nobody can follow needs a restart.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import attrs
from twisted.internet.defer import Deferred, DeferredLock, ensureDeferred
from twisted.logger import Logger

from mailsockd.actions.refusal import Refusal
from mailsockd.actions.reloaded import Reloaded
from mailsockd.config import Config, ConfigError, checked
from mailsockd.mail.address import canonical_domain
from mailsockd.selfsigned import keep
from mailsockd.tls import Certificate, CertificateTrouble, load_certificates

# Settings, and whole sections, that are taken over at once; docs/operating.md lists them for people. All others are
# read at the start alone.
LIVE = frozenset(
    (
        "domains",
        "smtp.denylist",
        "http.proxies",
        "http.hsts",
        "validation",
        "inboxes",
        "retention",
        "tls",
        "api",
        "webhook",
        "activity",
        "delivery",
        "limits",
        "pop3.messages",
        "pop3.connections",
        "pop3.connections_per_peer",
        "pop3.idle",
        "pop3.session",
        "websocket.frame",
        "websocket.backlog",
        "websocket.backlog_total",
        "websocket.connections",
        "websocket.connections_per_account",
        "websocket.connections_per_peer",
    )
)


@attrs.frozen
class Loaded:
    """A configuration and what it leads to; `files` is what its files hold, by the setting that names each."""

    config: Config
    certificates: tuple[Certificate, ...]
    denied: tuple[str, ...]
    disposable: frozenset[str]
    files: Mapping[str, Any]


def load_files(config: Config) -> Loaded:
    """
    Read the files that a configuration names, and make a certificate when it asks for one. It blocks.

    Raises ConfigError.
    """
    try:
        if config.tls.self_signed and not config.tls.certificates:
            certificates = keep(Path(config.data), canonical_domain(config.name), time.time())
        else:
            certificates = load_certificates(config.tls.certificates)
    except CertificateTrouble as error:
        raise config.error("tls.certificates", str(error)) from error
    denied, disposable = config.denied, config.disposable
    files = {
        "smtp.denylist": denied,
        "validation.disposable_domains": disposable if config.validation.disposable_domains else None,
        "tls.certificates": tuple(certificate.fingerprint for certificate in certificates),
        "relay.password_file": config.relay_password,
        "relay.authorities": config.relay_authorities,
    }
    return Loaded(config, certificates, denied, disposable, files)


def changes(old: Config, new: Config) -> list[str]:
    """Give the settings that differ, by their full names, in the order in which they are declared."""
    found = []
    for name, _ in settings(Config):
        if value_of(old, name) != value_of(new, name):
            found.append(name)
    return found


def settings(section: Any, path: str = "") -> list[tuple[str, Any]]:
    """Give the full name and the field of every setting of a section."""
    found: list[tuple[str, Any]] = []
    for field in attrs.fields(section):
        inner = field.metadata.get("section")
        if inner:
            found += settings(inner, f"{path}{field.name}.")
        elif field.metadata:
            found.append((f"{path}{field.name}", field))
    return found


def value_of(config: Config, name: str) -> Any:
    """Give the value of a setting by its full name."""
    value: Any = config
    for part in name.split("."):
        value = getattr(value, part)
    return value


def is_live(name: str) -> bool:
    """Tell whether a setting is taken over while the daemon runs."""
    return name in LIVE or name.partition(".")[0] in LIVE


def in_force(old: Config, new: Config) -> Config:
    """Give the new configuration with everything that needs a restart as it was."""
    config = new
    for name in changes(old, new):
        if not is_live(name):
            section, dot, key = name.partition(".")
            if dot:
                kept = attrs.evolve(getattr(config, section), **{key: value_of(old, name)})
                config = attrs.evolve(config, **{section: kept})
            else:
                config = attrs.evolve(config, **{name: value_of(old, name)})
    return config


class Manager(Protocol):
    """Who is told of a reload: the part of a Notifier that is used here."""

    def reloading(self) -> None:
        """It has begun."""

    def ready(self) -> None:
        """It is over."""


class Live:
    """
    What is in force.

    `load` reads the configuration anew, in a thread that `in_thread` finds, and raises ConfigError. `reload` refuses
    what cannot be used as a whole, and then nothing has changed.
    """

    _log = Logger()

    def __init__(
        self, loaded: Loaded, load: Callable[[], Config], in_thread: "Callable[..., Deferred[Any]]"
    ) -> None:
        self._loaded = loaded
        self._load = load
        self._in_thread = in_thread
        self._followers: list[Callable[[Loaded], object]] = []
        self._managers: list[Manager] = []
        self._one_at_a_time = DeferredLock()

    @property
    def config(self) -> Config:
        """The configuration in force."""
        return self._loaded.config

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """The certificates in force."""
        return self._loaded.certificates

    @property
    def disposable(self) -> frozenset[str]:
        """The disposable domains in force."""
        return self._loaded.disposable

    def follow(self, take_over: Callable[[Loaded], object]) -> None:
        """Have something told of each change. It must not fail: what can be wrong was looked at before."""
        self._followers.append(take_over)

    def tell(self, manager: Manager) -> None:
        """Have somebody told when a reload begins and ends, also when it is refused."""
        self._managers.append(manager)

    def reload(self) -> "Deferred[Reloaded]":
        """Take over what has changed. Fails with Refusal 400, whose message is the reason, when it is not good."""
        done: Deferred[Reloaded] = self._one_at_a_time.run(lambda: ensureDeferred(self._reload()))
        return done

    async def _reload(self) -> Reloaded:
        for manager in self._managers:
            manager.reloading()
        try:
            return await self._take_over()
        finally:
            for manager in self._managers:
                manager.ready()

    async def _take_over(self) -> Reloaded:
        before = self._loaded
        try:
            read, wanted, config = await self._in_thread(self._read, before)
        except ConfigError as error:
            self._log.error("not reloaded, and what was in force stays: {error}", error=str(error))
            raise Refusal(400, f"{error} (what was in force stays)") from error
        changed = changes(before.config, wanted)
        changed += [name for name, held in read.files.items() if held != before.files[name] and name not in changed]
        taken = tuple(name for name in changed if is_live(name))
        waiting = tuple(name for name in changed if not is_live(name))
        # What waits is compared with what the start read, however often this is done before the restart.
        files = {name: (read if is_live(name) else before).files[name] for name in read.files}
        self._loaded = attrs.evolve(read, config=config, files=files)
        for take_over in self._followers:
            take_over(self._loaded)
        self._log.info("reloaded {source}: {what}", source=wanted.read, what=", ".join(taken) or "nothing new")
        for name in waiting:
            self._log.warn("{name} needs a restart", name=name)
        return Reloaded(wanted.read, taken, waiting)

    def _read(self, before: Loaded) -> tuple[Loaded, Config, Config]:
        """Give what the files hold, the configuration that they say, and that which can be in force now."""
        wanted = self._load()
        config = in_force(before.config, wanted)
        try:
            checked(config)
        except ConfigError as error:
            raise ConfigError(f"{error}, as long as what needs a restart is as it was") from error
        # The data folder is that of the start: a certificate that signs itself is kept there.
        return load_files(attrs.evolve(wanted, data=config.data)), wanted, config
