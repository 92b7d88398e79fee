"""What every StateStore does, whatever it is made of: a suite that each implementation inherits."""

from typing import Any

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from mailsockd.actions.ports import Entry, Snapshot, StateStore, StorageTrouble
from mailsockd.state.accounts import Account, ApiKey
from mailsockd.state.addresses import Address
from mailsockd.state.denials import Denial
from mailsockd.state.domains import Domain
from mailsockd.state.secrets import Secret
from tests.storage.pump import Pump

ANN = Account("ann", 1_700_000_000.123456, 1_700_000_001.5)
BOB = Account("bob", 1.0, 2.0, "$argon2id$v=19$x", True, 5, "b@c.example", True, True, 1000, 0)
FIRST = ApiKey("0" * 64, "ann", "first", "abcd", 3.0)
SECOND = ApiKey("1" * 63 + "e", "ann", "", "", 4.0)
PLAIN = Address("a@b.example", "ann", 1.0, 2.0)
FULL = Address(
    "*@c.example",
    "bob",
    1.0,
    2.5,
    "what: it # is\n  for\t\U0001f600 \x85\x07",
    {"enablews": True, "webhook": "https://d.example/?a=1", "forward": "no", "off": False, "empty": ""},
    "c.example",
    "$argon2id$",
)
OURS = Domain("b.example", "admin", 1.0, 2.0, configured=True, verified=True)
THEIRS = Domain(
    "c.example", "bob", 1.0, 2.0, False, True, True, True, True, True, "mailsockd_0123", "no such record", 3.5, 2, 4.5
)
MINE = Domain("c.example", "ann", 1.0, 2.0, verification_txt="mailsockd_4567")
ALIASES = Secret("aliases", "0123456789")
SPAM = Denial("spam.example", 1.5, "what: it # is")
NETWORK = Denial("2001:db8::/32", 2.5)
ALL: tuple[Entry, ...] = (ANN, BOB, FIRST, SECOND, PLAIN, FULL, OURS, MINE, THEIRS, ALIASES, SPAM, NETWORK)
WHOLE = Snapshot((ANN, BOB), (FIRST, SECOND), (FULL, PLAIN), (OURS, MINE, THEIRS), (ALIASES,), (NETWORK, SPAM))

# Names that YAML would take for something else when nobody quotes them.
ODD = (
    "null",
    "~",
    "yes",
    "007",
    "1e3",
    "0x10",
    "2026-11-22",
    "=",
    "<<",
    "- a",
    "a: b",
    "a #b",
    "'",
    '"',
    "é",
    "&a",
    " a ",
)


class StateContract:
    """The suite; `open` makes the store over what is there, the same each time in one test."""

    def open(self, pump: Pump) -> StateStore:
        raise NotImplementedError

    def setUp(self) -> None:
        self.pump = Pump()
        self.store = self.open(self.pump)
        self.at_start = self.store.load()

    def tearDown(self) -> None:
        self.pump.wait(self.store.close())
        assert self.pump.deaths == []

    def reload(self) -> Snapshot:
        self.pump.wait(self.store.close())
        self.store = self.open(self.pump)
        return self.store.load()

    def change(self, *saved: Entry, removed: tuple[Entry, ...] = ()) -> None:
        self.pump.wait(self.store.change(saved, removed))

    def test_nothing_there(self) -> None:
        """Where nothing is, the state is empty, also the second time."""
        assert self.at_start == Snapshot()
        assert self.reload() == Snapshot()

    def test_everything_comes_back(self) -> None:
        """Every field of every kind of entry is given back as it was, ordered by name."""
        self.change(*ALL)
        assert self.reload() == WHOLE
        assert self.reload() == WHOLE

    def test_types_come_back(self) -> None:
        """Flags come back as bool, times as float, counts as int."""
        self.change(attrs.evolve(BOB, created=7), PLAIN)  # type: ignore[arg-type]
        account = self.reload().accounts[0]
        assert [type(account.admin), type(account.credits), type(account.created)] == [bool, int, float]

    def test_one_by_one(self) -> None:
        """Entries that are saved one at a time are all there."""
        for entry in ALL:
            self.change(entry)
        assert self.reload() == WHOLE

    def test_replace(self) -> None:
        """To save an entry again replaces the one of its name, settings and all."""
        self.change(*ALL)
        replaced = attrs.evolve(FULL, info="", settings={"webhook": "https://e.example/"}, catch_all=None)
        self.change(replaced, attrs.evolve(ANN, disabled=True), attrs.evolve(THEIRS, verified=False))
        self.change(attrs.evolve(FIRST, account="bob"), attrs.evolve(ALIASES, value="ff"), attrs.evolve(SPAM, note=""))
        state = self.reload()
        assert state.addresses == (replaced, PLAIN)
        assert state.accounts == (attrs.evolve(ANN, disabled=True), BOB)
        assert state.domains == (OURS, MINE, attrs.evolve(THEIRS, verified=False))
        assert state.keys == (attrs.evolve(FIRST, account="bob"), SECOND)
        assert state.secrets == (attrs.evolve(ALIASES, value="ff"),)
        assert state.denials == (NETWORK, attrs.evolve(SPAM, note=""))

    def test_remove(self) -> None:
        """What is removed is gone, what is not there may be removed, and nothing else goes."""
        self.change(*ALL)
        for _ in range(2):
            self.change(removed=(FIRST, PLAIN, OURS, ALIASES, SPAM))
        assert self.reload() == Snapshot((ANN, BOB), (SECOND,), (FULL,), (MINE, THEIRS), (), (NETWORK,))

    def test_claims_of_one_domain(self) -> None:
        """What several accounts have of one domain is kept apart, and one goes without the other."""
        self.change(MINE, THEIRS)
        self.change(attrs.evolve(MINE, verified=True))
        self.change(removed=(THEIRS,))
        assert self.reload().domains == (attrs.evolve(MINE, verified=True),)

    def test_remove_everything(self) -> None:
        """A state whose last entry was removed is empty, and no missing state."""
        self.change(*ALL)
        self.change(removed=ALL)
        assert self.reload() == Snapshot()

    def test_removed_address_leaves_no_settings(self) -> None:
        """An address that is reserved again has none of the settings that it once had."""
        self.change(FULL)
        self.change(removed=(FULL,))
        self.change(attrs.evolve(FULL, settings={}))
        assert self.reload().addresses == (attrs.evolve(FULL, settings={}),)

    def test_keys_go_with_their_account(self) -> None:
        """To remove an account removes its keys, and nobody else's."""
        bobs = attrs.evolve(SECOND, account="bob")
        self.change(ANN, BOB, FIRST, bobs)
        self.change(removed=(ANN,))
        assert self.reload() == Snapshot((BOB,), (bobs,))

    def test_key_without_account(self) -> None:
        """A change with a key of no account fails, and nothing of it is saved."""
        self.change(ANN)
        self.pump.error(self.store.change((PLAIN, attrs.evolve(FIRST, account="eve"))), StorageTrouble)
        self.pump.error(self.store.change((FIRST,), (ANN,)), StorageTrouble)
        assert self.reload() == Snapshot((ANN,))

    def test_key_before_its_account(self) -> None:
        """In one change the order of entries does not matter."""
        self.change(FIRST, ANN)
        assert self.reload() == Snapshot((ANN,), (FIRST,))

    def test_removed_and_saved(self) -> None:
        """What one change removes and saves is there afterwards."""
        self.change(ANN, FIRST, PLAIN)
        self.change(attrs.evolve(PLAIN, owner="bob"), removed=(PLAIN,))
        assert self.reload().addresses == (attrs.evolve(PLAIN, owner="bob"),)

    def test_odd_names(self) -> None:
        """Names and texts that look like something else stay what they are."""
        accounts = tuple(Account(name, 1.0, 2.0, email=name) for name in ODD)
        secrets = tuple(Secret(name, name) for name in ODD)
        self.change(*accounts, *secrets)
        state = self.reload()
        assert state.accounts == tuple(sorted(accounts, key=lambda account: account.name))
        assert state.secrets == tuple(sorted(secrets, key=lambda secret: secret.name))

    def test_surrogates_are_replaced(self) -> None:
        """Text that is not Unicode is saved with the replacement character in place of what is not."""
        self.change(attrs.evolve(PLAIN, info="a\ud800b", settings={"webhook": "\udfff"}))
        address = self.reload().addresses[0]
        assert (address.info, address.settings) == ("a\ufffdb", {"webhook": "\ufffd"})

    def test_any_text(self) -> None:
        """Any text that people give comes back as it was."""

        @settings(deadline=None, max_examples=40, database=None)
        @given(st.text(st.characters(blacklist_categories=["Cs"])))
        def comes_back(text: str) -> None:
            self.change(attrs.evolve(PLAIN, info=text, settings={"webhook": text}))
            address = self.reload().addresses[0]
            assert (address.info, address.settings) == (text, {"webhook": text})

        comes_back()

    def test_many_at_once(self) -> None:
        """Changes that are asked for together are made in their order, and each answers."""
        waiting = [self.store.change((attrs.evolve(PLAIN, info=str(number)),)) for number in range(100)]
        waiting.append(self.store.change((attrs.evolve(FIRST, account="eve"),)))
        waiting.append(self.store.change((BOB,)))
        for deferred in waiting[:100] + waiting[101:]:
            self.pump.wait(deferred)
        self.pump.error(waiting[100], StorageTrouble)
        assert self.reload() == Snapshot((BOB,), (), (attrs.evolve(PLAIN, info="99"),))

    def test_close_finishes(self) -> None:
        """What was asked for before the close is done; what is asked for after it is refused."""
        waiting: list[Any] = [self.store.change((entry,)) for entry in ALL]
        self.pump.wait(self.store.close())
        for deferred in waiting:
            self.pump.wait(deferred)
        self.pump.error(self.store.change((ANN,)), StorageTrouble)
        assert self.reload() == WHOLE
