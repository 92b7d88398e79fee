"""The state in a YAML file: the contract, and what only a file that is replaced can have."""

import errno
import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import attrs
from twisted.trial.unittest import SynchronousTestCase

from mailsockd.actions.ports import Snapshot, StateUnreadable, StorageFull, StorageTrouble
from mailsockd.storage.yamlfile import YAMLState
from tests.storage.contract_state import ALL, ANN, BOB, PLAIN, WHOLE, StateContract
from tests.storage.pump import LONGEST_WAIT, Pump

CALLS = ("open", "write", "fsync", "replace", "unlink", "fchmod")
NEXT = attrs.evolve(WHOLE, accounts=(attrs.evolve(ANN, admin=True), BOB))


class YAMLStateTests(StateContract, SynchronousTestCase):
    """The contract."""

    def setUp(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        super().setUp()

    def open(self, pump: Pump) -> YAMLState:
        return YAMLState(Path(self.folder.name) / "state.yaml", pump.call_from_thread, pump.deaths.append)


class Counted:
    """Calls of `os` by number, from 1: `act` is called before each with its number, its name and its arguments."""

    def __init__(self, act: Callable[[int, str, tuple[Any, ...]], None]) -> None:
        self._act = act
        self._real = {name: getattr(os, name) for name in CALLS}
        self.count = 0

    def __enter__(self) -> "Counted":
        self._patches = [patch.object(os, name, self._wrap(name)) for name in CALLS]
        for one in self._patches:
            one.start()
        return self

    def __exit__(self, *_: object) -> None:
        for one in self._patches:
            one.stop()

    def _wrap(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **keywords: Any) -> Any:
            self.count += 1
            self._act(self.count, name, args)
            return self._real[name](*args, **keywords)

        return call


class ReplacedFileTests(SynchronousTestCase):
    """How the file is replaced, and what happens when that ends half-way."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.path = self.folder / "state.yaml"
        self.pump = Pump()

    def open(self) -> YAMLState:
        """Open the state; it is closed at the end of the test."""
        state = YAMLState(self.path, self.pump.call_from_thread, self.pump.deaths.append)
        self.addCleanup(lambda: self.pump.wait(state.close()))
        return state

    def names(self) -> list[str]:
        """Give what is in the folder."""
        return sorted(path.name for path in self.folder.iterdir())

    def test_killed_at_every_step(self) -> None:
        """When the process is killed at any step, what is there is the old state or the new, whole, and usable."""
        found = []
        number = 0
        while True:
            number += 1
            for path in self.folder.iterdir():
                path.unlink()
            state = self.open()
            state.load()
            self.pump.wait(state.change(ALL))
            self.pump.wait(state.close())
            if self.killed_at(number):
                break
            after = self.open().load()
            found.append("old" if after == WHOLE else "new")
            assert after in (WHOLE, NEXT)
            again = self.open()
            again.load()
            self.pump.wait(again.change((attrs.evolve(ANN, disabled=True),)))
            assert self.open().load().accounts == (attrs.evolve(ANN, disabled=True), BOB)
            assert self.names() == ["state.yaml", "state.yaml.previous"]
        assert found == sorted(found, reverse=True)
        assert {"old", "new"} == set(found)

    def killed_at(self, number: int) -> bool:
        """Make a change in a child that dies at the step of that number; tells whether it had fewer steps."""

        def act(count: int, name: str, args: tuple[Any, ...]) -> None:
            if count == number:
                if name == "write":
                    os.pwrite(args[0], args[1][: len(args[1]) // 2], 0)
                os._exit(9)

        child = os.fork()
        if not child:
            pump = Pump()
            state = YAMLState(self.path, pump.call_from_thread, pump.deaths.append)
            state.load()
            with Counted(act):
                pump.wait(state.change((attrs.evolve(ANN, admin=True),)))
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert status in (0, 9)
        return status == 0

    def test_every_step_fails(self) -> None:
        """Whichever step fails, once or from then on, the change fails and the next one is made."""
        for lasting in (False, True):
            number = 0
            while True:
                number += 1
                for path in self.folder.iterdir():
                    path.unlink()
                state = self.open()
                state.load()
                self.pump.wait(state.change(ALL))

                def act(
                    count: int, name: str, args: tuple[Any, ...], number: int = number, lasting: bool = lasting
                ) -> None:
                    if count == number or (lasting and count > number):
                        raise OSError(errno.ENOSPC if name == "write" else errno.EIO, "no")

                with Counted(act) as counted:
                    waiting = state.change((attrs.evolve(ANN, admin=True),))
                    try:
                        self.pump.wait(waiting)
                    except StorageTrouble as trouble:
                        assert str(self.path) in str(trouble)
                        failed = True
                    else:
                        failed = False
                if not failed:
                    assert counted.count < number
                    break
                if not lasting:
                    assert self.open().load() == WHOLE
                assert self.open().load() in (WHOLE, NEXT)
                self.pump.wait(state.change((PLAIN,)))
                assert self.open().load() == WHOLE
                assert self.names() == ["state.yaml", "state.yaml.previous"]
            assert number > 8

    def test_full(self) -> None:
        """Without room a change fails as full."""
        state = self.open()
        state.load()

        def act(_: int, name: str, args: tuple[Any, ...]) -> None:
            if name == "write":
                raise OSError(errno.ENOSPC, "No space left on device")

        with Counted(act):
            self.pump.error(state.change(ALL), StorageFull)
        assert self.names() == []
        assert self.open().load() == Snapshot()

    def test_order_of_steps(self) -> None:
        """Each file is on the disk before it takes its name, and the names are before the change is answered."""
        state = self.open()
        state.load()
        self.pump.wait(state.change(ALL))
        steps: list[str] = []
        with Counted(lambda _, name, args: steps.append(name)):
            self.pump.wait(state.change((PLAIN,)))
        assert [step for step in steps if step in ("write", "fsync", "replace")] == [
            "write",
            "fsync",
            "replace",
            "fsync",
        ] * 2

    def test_changes_are_written_together(self) -> None:
        """Changes that wait for a write are answered by the next one."""
        state = self.open()
        state.load()
        replaced: list[str] = []
        gate, begun = threading.Event(), threading.Event()

        def act(_: int, name: str, args: tuple[Any, ...]) -> None:
            begun.set()
            assert gate.wait(LONGEST_WAIT)
            if name == "replace":
                replaced.append(args[1].name)

        with Counted(act):
            first = state.change((ANN,))
            assert begun.wait(LONGEST_WAIT)
            waiting = [state.change((attrs.evolve(PLAIN, info=str(number)),)) for number in range(200)]
            gate.set()
            for deferred in [first, *waiting]:
                self.pump.wait(deferred)
        assert replaced == ["state.yaml", "state.yaml.previous", "state.yaml"]
        assert self.open().load() == Snapshot((ANN,), addresses=(attrs.evolve(PLAIN, info="199"),))

    def test_one_generation_is_kept(self) -> None:
        """Beside the file lies the one before it, whole."""
        state = self.open()
        state.load()
        self.pump.wait(state.change(ALL))
        assert self.names() == ["state.yaml"]
        for number in range(3):
            before = self.path.read_bytes()
            self.pump.wait(state.change((attrs.evolve(PLAIN, info=str(number)),)))
            assert (self.folder / "state.yaml.previous").read_bytes() == before
            assert self.names() == ["state.yaml", "state.yaml.previous"]

    def test_missing_file(self) -> None:
        """A missing file is no empty state while the generation before it is there."""
        state = self.open()
        state.load()
        self.pump.wait(state.change(ALL))
        self.pump.wait(state.change((PLAIN,)))
        self.path.unlink()
        with self.assertRaises(StateUnreadable) as refusal:
            self.open().load()
        assert str(refusal.exception) == (
            f"{self.path}: the file is missing, but the one before it is there: {self.path}.previous"
        )

    def test_edited_while_it_runs(self) -> None:
        """What somebody wrote into the file while the daemon ran is not overwritten: changes fail and say why."""
        state = self.open()
        state.load()
        self.pump.wait(state.change(ALL))
        edited = self.path.read_bytes().replace(b"b.example/admin", b"b.example/other")
        self.path.write_bytes(edited)
        for _ in range(2):
            assert str(self.pump.error(state.change((PLAIN,)), StorageTrouble)) == (
                f"{self.path}: somebody changed this file while the daemon ran; start it again to use the new content"
            )
        assert self.path.read_bytes() == edited
        state = self.open()
        assert state.load().domains[0].owner == "other"
        self.pump.wait(state.change((PLAIN,)))

    def test_removed_while_it_runs(self) -> None:
        """A file that somebody removed while the daemon ran is not made again."""
        state = self.open()
        state.load()
        self.pump.wait(state.change(ALL))
        self.path.unlink()
        self.pump.error(state.change((PLAIN,)), StorageTrouble)
        assert not self.path.exists()

    def test_closed_to_others(self) -> None:
        """Only the owner may read the files, whatever the umask; a copy that others can read is closed to them."""
        before = os.umask(0)
        self.addCleanup(os.umask, before)
        state = self.open()
        state.load()
        self.pump.wait(state.change(ALL))
        self.pump.wait(state.change((PLAIN,)))
        assert [oct(path.stat().st_mode & 0o777) for path in self.folder.iterdir()] == ["0o600", "0o600"]
        self.path.chmod(0o644)
        self.open().load()
        assert self.path.stat().st_mode & 0o777 == 0o640

    def test_no_folder(self) -> None:
        """A folder in the place of the file is refused in words."""
        self.path.mkdir()
        with self.assertRaises(StateUnreadable) as refusal:
            self.open().load()
        assert str(refusal.exception) == f"{self.path}: Is a directory"
