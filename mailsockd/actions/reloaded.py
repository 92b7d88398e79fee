"""What came of reading the configuration again."""

import attrs


@attrs.frozen
class Reloaded:
    """`source` is what was read; `taken` are the settings that are in force now, `waiting` need a restart."""

    source: str
    taken: tuple[str, ...]
    waiting: tuple[str, ...]
