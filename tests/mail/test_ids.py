"""The ids of messages."""

import re

from mailsockd.mail.ids import Ids


def test_ids_are_random_and_safe_in_urls() -> None:
    """Each id has 24 letters and digits, and none comes twice, though all are of one moment."""
    ids = Ids()
    made = [ids.new(1_795_800_000.5) for _ in range(1000)]
    assert len({id[8:] for id in made}) == 1000
    assert all(re.fullmatch("[A-Za-z0-9]{24}", id) for id in made)


def test_ids_stand_in_the_order_of_time() -> None:
    """A later id is greater, to the millisecond, as the disk compares them: by bytes."""
    ids = Ids()
    times = [0.0, 0.001, 0.999, 1.0, 61.0, 62.0, 1_795_800_000.0, 1_795_800_000.001, 1_795_800_001.0, 4e9]
    made = [ids.new(at) for at in times]
    assert made == sorted(made)
    assert [id[:8] for id in made[:4]] == ["00000000", "00000001", "000000G7", "00000100"]
