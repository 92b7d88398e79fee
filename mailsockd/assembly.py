"""The wiring: `assemble` makes the whole daemon from a configuration. With `core` and `website` it knows every room."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from twisted.application import strports
from twisted.application.service import IService
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.endpoints import quoteStringArgument
from twisted.logger import Logger
from twisted.protocols.tls import TLSMemoryBIOFactory

from mailsockd.actions.subscribe import admit
from mailsockd.bookkeeping import Bookkeeping
from mailsockd.bounds import pop3_limits, smtp_limits, socket_limits
from mailsockd.config import Config
from mailsockd.core import Core, make_core
from mailsockd.expiry import Expiry
from mailsockd.forgetting import Forgetting
from mailsockd.healthy import make_health
from mailsockd.listen import on_private_network
from mailsockd.listening import Listening
from mailsockd.measures import LagProbe
from mailsockd.notify import Notifier
from mailsockd.pop3.server import POP3Factory
from mailsockd.preflight import Ready, endpoints, listeners, skipped, unnamed
from mailsockd.rechecks import Rechecks
from mailsockd.services import Closing, FirstStart, Hangup, InOrder, Saving
from mailsockd.smtp.capture import capture_dialogues
from mailsockd.smtp.dialogue import Dialogue
from mailsockd.smtp.server import SMTPFactory
from mailsockd.smtp.service import Accept
from mailsockd.state.accounts import Account
from mailsockd.state.subscriptions import Admission
from mailsockd.sweeping import Sweeping
from mailsockd.tls import Certificates
from mailsockd.trimming import Trimming
from mailsockd.watchdog import Watched
from mailsockd.website import metrics_site, operators_site, public_site
from mailsockd.websocket.admission import Callers, Refused
from mailsockd.websocket.server import SocketFactory

CREDENTIALS = "initial-credentials"


class Daemon(InOrder):
    """
    The whole daemon. It is assembled when it starts, after twistd has gone into the background: threads and open
    databases do not survive a fork.
    """

    _log = Logger()

    def __init__(self, config: Config, load: Callable[[], Config], reactor: Any, ready: Ready) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._config = config
        self._load = load
        self._reactor = reactor
        self._ready = ready
        self.notifier = Notifier()

    def privilegedStartService(self) -> None:
        """Bind the ports."""
        self._ready.lock.sign()
        self._log.info("configuration: {source}", source=self._config.read)
        if self._ready.lock.undone:
            self._log.warn("a restore was broken off: the data folder is as it was before it")
        for name in unnamed(self._config, self._ready.sockets):
            self._log.warn("systemd passes the socket {name}, and no listener is systemd:{name}", name=name)
        # Not before: a daemon in the background has another process id.
        self.notifier = Notifier.of(os.environ, os.getpid())
        self.add(assemble(self._load, self._reactor, self._ready, self.notifier))
        super().privilegedStartService()  # type: ignore[no-untyped-call]


def assemble(load: Callable[[], Config], reactor: Any, ready: Ready, notifier: Notifier) -> IService:
    """
    Make every room and give the services in the order in which they start; they stop the other way round.

    `load` reads the configuration again.

    Raises StateUnreadable, and CannotListenError for a port that was taken since the preflight.
    """
    core = make_core(ready.loaded, load, reactor, ready.snapshot)
    config = core.config
    core.live.tell(notifier)
    services = InOrder()  # type: ignore[no-untyped-call]

    async def close_storage() -> None:
        await core.mailbox.close()
        await core.store.close()
        ready.lock.release()

    services.add(Closing(lambda: ensureDeferred(close_storage())))
    services.add(core.journal)
    services.add(Bookkeeping(core.metering.usage, core.usage_store, core.reactor))
    if core.new:
        services.add(Saving(core.registry, core.new))
    first_start = FirstStart(core.registry.accounts, core.accounts, Path(config.data) / CREDENTIALS)
    services.add(first_start)
    services.add(Forgetting(core.sign_ins.sweep, core.reactor))
    services.add(Sweeping(core.retention, core.activity, core.reactor))
    services.add(Trimming(core.activity, core.reactor, core.in_thread))
    services.add(core.queue)
    services.add(Hangup(core.live.reload, core.reactor))
    services.add(Rechecks(core.ownership.proofs, core.reactor, config.domain_checks.every))
    # No lock file: the preflight has looked whether anybody listens, and a lock that a kill left behind would name a
    # process id that in a container is often one's own.
    path = quoteStringArgument(str(config.control_socket))  # type: ignore[no-untyped-call]
    places: list[Listening] = []
    health = make_health(core, lambda: first_start.done, lambda: _touch(core), places)
    control = operators_site(core, health)
    services.add(strports.service(f"unix:{path}:mode=660:lockfile=0", control))
    certificates = Certificates(core.live.certificates)
    core.live.follow(lambda loaded: certificates.use(loaded.certificates))
    expiry = Expiry(lambda: [text for _, text in health.ending()], core.reactor)
    core.live.follow(lambda loaded: expiry.look())
    services.add(expiry)
    sockets = _sockets(core)
    services.add(Closing(sockets.shut))
    site = public_site(core, sockets, health)

    def end_of_http() -> "Deferred[None]":
        ended = site.shut()
        core.waiting.close()
        return ended

    services.add(Closing(end_of_http))
    _listen(core, ready, services, "smtp.listen", config.smtp.listen, _smtp(core, services, certificates, False))
    _listen(core, ready, services, "http.listen", config.http.listen, site)
    if config.smtp.listen_tls:
        factory = TLSMemoryBIOFactory(certificates, False, _smtp(core, services, certificates, True))
        _listen(core, ready, services, "smtp.listen_tls", config.smtp.listen_tls, factory)
    if config.http.listen_tls:
        factory = TLSMemoryBIOFactory(certificates, False, site)
        _listen(core, ready, services, "http.listen_tls", config.http.listen_tls, factory)
    _listen_capture(core, ready, services, certificates)
    _listen_pop3(core, ready, services, certificates)
    if core.measures is not None:
        services.add(LagProbe(core.measures.lag, core.reactor))
        numbers = metrics_site(core, health, core.measures)
        _listen(core, ready, services, "metrics.listen", config.metrics.listen, numbers)
    places += [service for service in services if isinstance(service, Listening)]
    services.add(Watched(notifier, first_start.over, lambda: _touch(core), lambda: _status(core), core.reactor))
    return services


def _touch(core: Core) -> "Deferred[Any]":
    """Have the writer do nothing; fires when it has."""
    return core.mailbox.change_unhurried(lambda _: None)


def _status(core: Core) -> str:
    """Say in one line how the daemon is."""
    if core.retention.refusal:
        return f"NO MAIL IS TAKEN: {core.retention.refusal}"
    places = [f"{key} {' '.join(items)}" for key, items in listeners(core.config) if items]
    return f"{len(core.subscriptions)} web sockets; {'; '.join(places)}"


def _sockets(core: Core) -> SocketFactory:
    registry = core.registry

    def admit_within_the_month(account: Account, items: Sequence[str]) -> Admission:
        refusal = core.metering.refusal(account)
        if refusal:
            raise Refused(429, refusal, account.name)
        return admit(account, items, registry.book, registry.domains)

    sockets = SocketFactory(
        callers=Callers(core.metering.by_key, core.sign_ins.caller),
        admit=admit_within_the_month,
        subscriptions=core.subscriptions,
        clock=core.reactor,
        limits=socket_limits(core.config),
        record=core.activity.record,
        shape=core.config.websocket.frame,
    )
    core.live.follow(lambda loaded: sockets.limit(socket_limits(loaded.config), loaded.config.websocket.frame))
    return sockets


def _smtp(
    core: Core,
    services: InOrder,
    certificates: Certificates,
    implicit_tls: bool,
    accept: Accept | None = None,
    dialogue: Callable[..., Dialogue] = Dialogue,
) -> SMTPFactory:
    factory = SMTPFactory(
        core.config.name,
        accept or core.reception.accept,
        core.reception.receive,
        clock=core.reactor,
        record=core.reception.record,
        limits=smtp_limits(core.config),
        tls=lambda: certificates or None,
        implicit_tls=implicit_tls,
        spool=core.config.data,
        denylist=core.registry.denylist,
        dialogue=dialogue,
    )
    core.live.follow(lambda loaded: factory.limit(smtp_limits(loaded.config)))
    services.add(Closing(factory.shutdown))
    return factory


def _listen_capture(core: Core, ready: Ready, services: InOrder, certificates: Certificates) -> None:
    capture = core.config.capture

    def factory(implicit_tls: bool, in_clear: bool) -> SMTPFactory:
        dialogue = capture_dialogues(core.signing_in.capture, in_clear)
        return _smtp(core, services, certificates, implicit_tls, core.reception.capture, dialogue)

    for private in (True, False):
        items = [item for item in capture.listen if on_private_network(item) is private]
        if items:
            _listen(core, ready, services, "capture.listen", items, factory(False, private))
    if capture.listen_tls:
        secured = TLSMemoryBIOFactory(certificates, False, factory(True, False))
        _listen(core, ready, services, "capture.listen_tls", capture.listen_tls, secured)


def _listen_pop3(core: Core, ready: Ready, services: InOrder, certificates: Certificates) -> None:
    config = core.config

    def factory(implicit_tls: bool, in_clear: bool) -> POP3Factory:
        made = POP3Factory(
            core.signing_in.pop3,
            core.maildrops,
            clock=core.reactor,
            record=core.activity.record,
            limits=pop3_limits(config),
            tls=lambda: certificates or None,
            implicit_tls=implicit_tls,
            in_clear=in_clear,
        )
        core.live.follow(lambda loaded: made.limit(pop3_limits(loaded.config)))
        services.add(Closing(made.shutdown))
        return made

    for private in (True, False):
        items = [item for item in config.pop3.listen if on_private_network(item) is private]
        if items:
            _listen(core, ready, services, "pop3.listen", items, factory(False, private))
    if config.pop3.listen_tls:
        secured = TLSMemoryBIOFactory(certificates, False, factory(True, False))
        _listen(core, ready, services, "pop3.listen_tls", config.pop3.listen_tls, secured)


def _listen(core: Core, ready: Ready, services: InOrder, key: str, items: Sequence[str], factory: Any) -> None:
    for item in items:
        if not skipped(core.config, key, item):
            for endpoint in endpoints(item, ready.sockets):
                services.add(Listening(core.reactor, endpoint, factory, key, item))
