"""What was used, on disk: saved whole, read at the start, forgotten with its account."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from mailsockd.actions.metering import Metering
from mailsockd.actions.ports import StateUnreadable
from mailsockd.bookkeeping import PAUSE, Bookkeeping
from mailsockd.state.accounts import Account, Accounts, ApiKey, key_digest
from mailsockd.state.activity import ActivityLog
from mailsockd.state.domains import Domains
from mailsockd.state.usage import Usage, Used
from mailsockd.storage.mailbox import SQLiteMailbox
from mailsockd.storage.usage import SQLiteUsage, load_usage
from tests.storage.pump import Pump

NOW = datetime(2026, 11, 26, 10, tzinfo=UTC).timestamp()


class UsageTests(SynchronousTestCase):
    """A mailbox whose usage is saved and read again."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "mailbox.db"
        self.pump = Pump()
        self.mailbox = SQLiteMailbox(
            self.path, self.pump.call_from_thread, self.pump.deaths.append, index_in_the_quiet=False
        )
        self.addCleanup(lambda: self.wait(self.mailbox.close()))
        self.store = SQLiteUsage(self.mailbox.change_unhurried, self.mailbox.change_beside)

    def wait(self, waiting: "Deferred[Any]") -> Any:
        return self.pump.wait(waiting)

    def test_a_new_mailbox_knows_of_nothing(self) -> None:
        """No counts, no times."""
        assert load_usage(self.path, NOW).months("ada") == []

    def test_what_is_saved_is_read_again(self) -> None:
        """A count takes the place of the one before, by account, key and day."""
        today = Used("ada", "k1", "2026-11-26", 3)
        self.wait(self.store.save([today, Used("bob", "", "2026-11-26", 1)], {"k1": 5.5}))
        later = attrs.evolve(today, count=4)
        self.wait(self.store.save([later, Used("ada", "k1", "2026-11-27", 1)], {"k1": 7.5}))
        usage = load_usage(self.path, NOW)
        assert usage.by_day("ada", "2026-11") == [("2026-11-26", 4), ("2026-11-27", 1)]
        assert usage.by_key("bob", "2026-11") == {"": 1}
        assert usage.seen("k1") == 7.5
        assert usage.changes() == ([], {})

    def test_what_is_long_ago_is_read_by_the_month(self) -> None:
        """92 days are told apart, so that a start with ten years reads 120 months; the sums stay what they were."""
        days = ["2025-02-01", "2025-02-02", "2026-08-25", "2026-08-26", "2026-11-26"]
        self.wait(self.store.save([Used("ada", key, day, 5) for day in days for key in ("", "k1")], {}))
        usage = load_usage(self.path, NOW)
        assert usage.months("ada") == [("2026-11", 10), ("2026-08", 20), ("2025-02", 20)]
        assert usage.by_key("ada", "2025-02") == {"": 10, "k1": 10}
        assert usage.by_day("ada", "2025-02") == []
        assert usage.by_day("ada", "2026-08") == [("2026-08-26", 10)]

    def test_an_account_is_forgotten(self) -> None:
        """With the times of its keys; others stay."""
        used = [Used("ada", "k1", "2026-11-26", 3), Used("bob", "k2", "2026-11-26", 1)]
        self.wait(self.store.save(used, {"k1": 1.0, "k2": 2.0}))
        self.wait(self.store.forget("ada"))
        usage = load_usage(self.path, NOW)
        assert (usage.months("ada"), usage.seen("k1")) == ([], None)
        assert (usage.months("bob"), usage.seen("k2")) == ([("2026-11", 1)], 2.0)

    def test_a_damaged_file_is_named(self) -> None:
        """Counting does not begin anew over what cannot be read."""
        other = self.path.with_name("other.db")
        other.write_bytes(b"this is no database" * 100)
        with pytest.raises(StateUnreadable, match="other.db: file is not a database"):
            load_usage(other, NOW)

    def test_counting_goes_on_after_a_start(self) -> None:
        """A limit that was reached is reached still."""
        accounts = Accounts([Account("ada", 1.0, 1.0, monthly_ops=3)], [ApiKey(key_digest("k"), "ada", "k", "k", 1.0)])

        def start() -> Metering:
            usage = load_usage(self.path, NOW)
            return Metering(usage, accounts, Domains(), ActivityLog(lambda: NOW), lambda: NOW)

        first = start()
        assert [first.call("k") for _ in range(3)] == ["", "", ""]
        self.wait(self.store.save(*first.usage.changes()))
        second = start()
        assert second.month("ada") == 3
        assert second.call("k") == "All 3 operations of this month are used; the next ones begin on 2026-12-01."

    def test_it_is_written_now_and_then_and_at_the_end(self) -> None:
        """Every five seconds if there is anything, and what came since when the daemon stops."""
        clock, usage = Clock(), Usage()
        service = Bookkeeping(usage, self.store, clock)
        service.startService()
        usage.add("ada", "k1", NOW)
        clock.advance(PAUSE - 0.1)
        assert load_usage(self.path, NOW).month("ada", NOW) == 0
        clock.advance(0.1)
        self.wait(self.mailbox.change_beside(lambda db: None))  # behind what was just written
        assert load_usage(self.path, NOW).month("ada", NOW) == 1
        usage.add("ada", "k1", NOW)
        self.wait(service.stopService())
        assert load_usage(self.path, NOW).month("ada", NOW) == 2
        assert clock.getDelayedCalls() == []
