"""A stand-in for the reactor's thread: calls made from other threads wait here until a test waits for a Deferred."""

from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

Result = TypeVar("Result")
LONGEST_WAIT = 30.0


class Pump:
    """`call_from_thread` for what is tested, `wait` for the test; `deaths` are the reasons given to `on_death`."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[tuple[Callable[..., object], tuple[Any, ...]]] = SimpleQueue()
        self.deaths: list[Failure] = []

    def call_from_thread(self, function: Callable[..., object], *args: Any) -> None:
        """Keep a call for the thread that waits."""
        self._calls.put((function, args))

    def wait(self, deferred: "Deferred[Result]") -> Result:
        """Run calls until the Deferred has fired; give its result or raise its error."""
        outcome: list[Any] = []
        deferred.addBoth(outcome.append)
        while not outcome:
            try:
                function, args = self._calls.get(timeout=LONGEST_WAIT)
            except Empty:
                raise AssertionError("the Deferred did not fire") from None
            function(*args)
        if isinstance(outcome[0], Failure):
            outcome[0].raiseException()
        return outcome[0]

    def error(self, deferred: "Deferred[Any]", kind: type[Exception]) -> Exception:
        """Run calls until the Deferred has failed; give its error, which must be of the kind."""
        try:
            result = self.wait(deferred)
        except kind as error:
            return error
        raise AssertionError(f"expected {kind.__name__}, got {result!r}")
