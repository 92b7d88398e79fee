"""What starts and stops with the daemon, beside its listeners."""

import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from twisted.application.service import IService, MultiService, Service
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from mailsockd.actions.accounts import AccountActions, new_key, new_password
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import Registry
from mailsockd.state.accounts import Accounts
from mailsockd.state.secrets import Secret

ADMIN = "admin"


class InOrder(MultiService):
    """Services that stop one after the other, the last one first, each only when the one before it has ended."""

    def add(self, service: IService) -> None:
        """Let a service start after those that were added before."""
        service.setServiceParent(self)  # type: ignore[no-untyped-call]

    def stopService(self) -> "Deferred[None]":
        """Stop all services."""
        return ensureDeferred(self._stop())

    async def _stop(self) -> None:
        Service.stopService(self)  # type: ignore[no-untyped-call]
        for service in reversed(list(self)):
            stopped = service.stopService()
            if isinstance(stopped, Deferred):
                await stopped


class Closing(Service):
    """Ends what a room has open, when the services after it have ended."""

    def __init__(self, close: Callable[[], Any]) -> None:
        self._close = close

    def stopService(self) -> Any:
        """Close it."""
        super().stopService()  # type: ignore[no-untyped-call]
        return self._close()


class Hangup(Service):
    """Reads the configuration again at SIGHUP, which would end the process otherwise."""

    _log = Logger()

    def __init__(self, reload: Callable[[], "Deferred[Any]"], reactor: Any) -> None:
        self._reload = reload
        self._reactor = reactor
        self._before: Any = None

    def startService(self) -> None:
        """Begin to listen for it."""
        super().startService()  # type: ignore[no-untyped-call]
        self._before = signal.signal(signal.SIGHUP, self._came)

    def stopService(self) -> None:
        """Let it do again what it did before."""
        super().stopService()  # type: ignore[no-untyped-call]
        signal.signal(signal.SIGHUP, self._before)

    def _came(self, number: int, frame: Any) -> None:
        # The signal may interrupt anything, the reactor's own work among it.
        self._reactor.callFromThread(self._begin)

    def _begin(self) -> None:
        self._reload().addErrback(self._failed)

    def _failed(self, failure: Failure) -> None:
        if not isinstance(failure.value, Refusal):  # why that was is in the log already
            self._log.failure("the configuration could not be read again", failure)


class Saving(Service):
    """Saves secrets that were made in this start."""

    _log = Logger()

    def __init__(self, registry: Registry, new: Sequence[Secret]) -> None:
        self._registry = registry
        self._new = new

    def startService(self) -> None:
        """Save them."""
        super().startService()  # type: ignore[no-untyped-call]
        ensureDeferred(self._registry.change(self._new)).addErrback(
            lambda failure: self._log.failure("the server's secrets could not be saved", failure)
        )


class FirstStart(Service):
    """Makes the account `admin` when there is no account yet, and leaves its credentials in a file."""

    _log = Logger()

    def __init__(self, accounts: Accounts, actions: AccountActions, path: Path) -> None:
        self._accounts = accounts
        self._actions = actions
        self._path = path
        self._new = path.with_suffix(".new")
        self.done = False
        self.over: Deferred[None] = Deferred()
        """Fires when nothing is left to do, done or failed."""

    def startService(self) -> None:
        """Make the account, if there is none; `done` is then true as soon as its credentials can be read."""
        super().startService()  # type: ignore[no-untyped-call]
        if len(self._accounts):
            self._found()
            self.done = True
            self.over.callback(None)
        else:
            making = ensureDeferred(self._make())
            making.addErrback(lambda failure: self._log.failure("the account admin could not be made", failure))
            making.addCallback(self.over.callback)

    def _found(self) -> None:
        """Give the file its name when a start ended between the account and that."""
        try:
            key = self._new.read_text(encoding="utf-8").rpartition("key: ")[2].strip()
            if self._accounts.by_key(key) is not None:
                self._new.rename(self._path)
        except FileNotFoundError:
            return
        except OSError as error:
            self._log.warn("{path} could not be renamed: {error}", path=str(self._new), error=error.strerror)

    async def _make(self) -> None:
        password, key = new_password(), new_key()
        # Written first: credentials that are lost cannot be had back, an account that is not made is made next time.
        self._new.unlink(missing_ok=True)
        with os.fdopen(os.open(self._new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(f"account: {ADMIN}\npassword: {password}\nkey: {key}\n")
            file.flush()
            os.fsync(file.fileno())
        await self._actions.add(ADMIN, admin=True, password=password, key=key)
        self._new.rename(self._path)
        self.done = True
        self._log.info("made the account {name}; its password and key are in {path}", name=ADMIN, path=str(self._path))
