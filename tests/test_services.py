"""What starts with the daemon: the first account, and the file with its credentials."""

import stat
from pathlib import Path

import pytest

from mailsockd.actions.accounts import AccountActions
from mailsockd.actions.registry import Registry
from mailsockd.services import FirstStart
from mailsockd.state.accounts import Accounts
from mailsockd.state.addresses import AddressBook
from mailsockd.state.domains import Domains
from mailsockd.state.subscriptions import Subscriptions
from tests.fakes import ImmediatePasswords, MemoryMailbox, MemoryStore


class Starts:
    """A data folder and a state, in which the daemon starts again and again."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "initial-credentials"
        self.store = MemoryStore()
        self.accounts = Accounts()
        registry = Registry(self.accounts, AddressBook(b"s"), Domains(), self.store)
        self.actions = AccountActions(
            registry, MemoryMailbox(), ImmediatePasswords(), Subscriptions(), lambda: 1795334470.0
        )

    def start(self) -> FirstStart:
        first = FirstStart(self.accounts, self.actions, self.path)
        first.startService()
        return first

    def key(self) -> str:
        return self.path.read_text().rpartition("key: ")[2].strip()


@pytest.fixture
def starts(tmp_path: Path) -> Starts:
    return Starts(tmp_path)


def test_the_first_start_leaves_credentials_that_work(starts: Starts) -> None:
    """The account is an administrator, its key opens it, and only the owner may read the file."""
    assert starts.start().done
    account = starts.accounts.by_key(starts.key())
    assert account is not None
    assert (account.name, account.admin) == ("admin", True)
    assert stat.S_IMODE(starts.path.stat().st_mode) == 0o600
    assert [path.name for path in starts.path.parent.iterdir()] == ["initial-credentials"]


def test_a_start_that_is_killed_behind_the_account_loses_no_credentials(starts: Starts) -> None:
    """When the process ends after the account was stored, the next start gives the file its name."""
    starts.store.held = []
    assert not starts.start().done
    assert not starts.path.exists()
    assert starts.start().done  # the account is there: it is in memory, as it would be after it was read from disk
    account = starts.accounts.by_key(starts.key())
    assert account is not None
    assert account.name == "admin"


def test_an_account_whose_credentials_cannot_be_written_is_not_made(
    starts: Starts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk at the first start leaves no account that nobody can use; the next start makes it."""

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("mailsockd.services.os.fsync", full)
        assert not starts.start().done
    assert len(starts.accounts) == 0
    assert starts.start().done
    assert starts.accounts.by_key(starts.key()) is not None


def test_left_over_credentials_of_no_account_stay_aside(starts: Starts) -> None:
    """A file whose key opens nothing is not given the name that people read."""
    starts.start()
    before = starts.path.read_text()
    starts.path.with_suffix(".new").write_text("account: admin\npassword: x\nkey: k_other\n")
    assert starts.start().done
    assert starts.path.read_text() == before
