"""Which files hold what: the stores that a configuration names, in its data folder."""

from pathlib import Path

from mailsockd.config import Config
from mailsockd.storage.mailbox import SQLiteMailbox
from mailsockd.storage.sqlite import SQLiteState
from mailsockd.storage.worker import CallFromThread, OnDeath, Soon, Timed, at_once
from mailsockd.storage.yamlfile import YAMLState


def state_file(config: Config, kind: str) -> Path:
    """Give the file that a kind of state lies in."""
    return Path(config.data) / ("state.yaml" if kind == "yaml" else "state.db")


def state_store(
    config: Config, call_from_thread: CallFromThread, on_death: OnDeath, kind: str | None = None
) -> SQLiteState | YAMLState:
    """Give the store of the configured kind, or of `kind`. Nothing is read yet."""
    kind = kind or config.state
    store = YAMLState if kind == "yaml" else SQLiteState
    return store(state_file(config, kind), call_from_thread, on_death)


def mailbox_file(config: Config) -> Path:
    """Give the file that mail lies in."""
    return Path(config.data) / "mailbox.db"


def mailbox_store(
    config: Config,
    call_from_thread: CallFromThread,
    on_death: OnDeath,
    soon: Soon = at_once,
    timed: Timed | None = None,
) -> SQLiteMailbox:
    """Open the mailbox. Raises StateUnreadable."""
    return SQLiteMailbox(mailbox_file(config), call_from_thread, on_death, soon=soon, timed=timed)
