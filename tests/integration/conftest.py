"""One daemon for the tests of a module, where they can share one."""

import signal
from collections.abc import Iterator

import pytest

from tests.integration.daemon import Daemon


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Have programs that the tests start end at SIGINT: a shell's background job ignores it and hands that down."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module")
def daemon() -> Iterator[Daemon]:
    """Give a running daemon with every setting but its ports and folder at its default."""
    with Daemon() as running:
        yield running
