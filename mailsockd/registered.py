"""The state in memory, made at the start of what was read from the disk and from the configuration."""

import secrets
import time

from mailsockd.actions.ports import Snapshot, StateStore
from mailsockd.actions.registry import Registry
from mailsockd.reload import Loaded
from mailsockd.services import ADMIN
from mailsockd.state.accounts import Accounts
from mailsockd.state.addresses import AddressBook
from mailsockd.state.denials import Denylist
from mailsockd.state.domains import Domains, with_configured
from mailsockd.state.secrets import ALIASES, Secret, Secrets


def make_registry(loaded: Loaded, snapshot: Snapshot, store: StateStore) -> tuple[Registry, list[Secret]]:
    """Make it; the secrets that had to be made are given too, to be saved."""
    new: list[Secret] = []
    aliases = next((secret for secret in snapshot.secrets if secret.name == ALIASES), None)
    if aliases is None:
        aliases = Secret(ALIASES, secrets.token_hex(32))
        new.append(aliases)
    config = loaded.config
    denylist = Denylist(snapshot.denials, loaded.denied)
    book = AddressBook(bytes.fromhex(aliases.value), snapshot.addresses)
    domains = Domains(
        with_configured(snapshot.domains, config.served, ADMIN, time.time(), config.domains_hosted),
        config.smtp.accept == "any"
    )
    accounts = Accounts(snapshot.accounts, snapshot.keys)
    return Registry(accounts, book, domains, store, Secrets([*snapshot.secrets, *new]), denylist), new
