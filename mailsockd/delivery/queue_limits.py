"""The bounds of the queue. Times are seconds, sizes bytes."""

import attrs

# The pauses between the tries of one delivery: 5 seconds, 15, 45, … up to an hour, each a fifth more or less.
FIRST_PAUSE = 5.0
GROWTH = 3.0
LONGEST_PAUSE = 3600.0
JITTER = 0.2
# However long the other side asks to be left alone, so often it is asked again.
LONGEST_ASKED = 6 * 3600.0
# What the queue waits for when the disk does not do what was asked.
DISK_PAUSE = 10.0
# How often it looks for what is old, and for targets that were changed while it waits for them.
SWEEP = 15.0
# How long the end of the daemon waits for tries that are under way; they are made again after the next start.
STOP_GRACE = 5.0
# Messages larger than this are few in memory at one time.
LARGE = 1 << 20
LARGE_AT_ONCE = 4


@attrs.frozen
class DeliveryLimits:
    """What can be set."""

    retry_for: float = 86_400.0
    concurrency: int = 32
    concurrency_per_account: int = 16
    concurrency_per_target: int = 1
    attempt_timeout: float = 60.0
    keep: float = 7 * 86_400.0
    waiting_per_account: int = 10_000
    finished_per_account: int = 10_000
