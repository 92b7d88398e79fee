"""One daemon for the tests of a module, where they can share one."""

from collections.abc import Iterator

import pytest

from tests.integration.daemon import Daemon


@pytest.fixture(scope="module")
def daemon() -> Iterator[Daemon]:
    """Give a running daemon with every setting but its ports and folder at its default."""
    with Daemon() as running:
        yield running
