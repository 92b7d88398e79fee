"""The ids of messages: nobody can guess one, and those that come one after the other lie together on the disk."""

import os
from functools import lru_cache

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# 256 entries, so that a random byte picks a character by plain translation; 16 characters have 94 bits.
_PICKED = bytes((_DIGITS.encode() * 5)[:256])
_RANDOM = 16
_AT_ONCE = 64  # ids whose random part is asked of the system in one call
_MILLISECONDS = tuple(_DIGITS[number // 62] + _DIGITS[number % 62] for number in range(1000))


class Ids:
    """
    Makes the ids of envelopes; a message's `_id` is one of them and `-n` (contract section 1.1).

    An id has 24 letters and digits: eight for the time, to the millisecond, and sixteen at random. Were all of them
    random, each message would change a page of its own of the index on the disk.
    """

    def __init__(self) -> None:
        self._characters = ""

    def new(self, at: float) -> str:
        """Make an id at a time in UTC seconds. Later ones are greater, to the millisecond."""
        characters = self._characters or os.urandom(_RANDOM * _AT_ONCE).translate(_PICKED).decode("ascii")
        self._characters = characters[_RANDOM:]
        seconds, milliseconds = divmod(round(at * 1000), 1000)
        return _second(seconds) + _MILLISECONDS[milliseconds] + characters[:_RANDOM]


@lru_cache(maxsize=16)
def _second(seconds: int) -> str:
    digits = ""
    for _ in range(6):
        seconds, digit = divmod(seconds, 62)
        digits = _DIGITS[digit] + digits
    return digits
