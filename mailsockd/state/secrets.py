"""The server's own secrets, by name: made once, kept with the state."""

import attrs

ALIASES = "aliases"  # keys the HMAC that makes an address's alias


@attrs.frozen
class Secret:
    """One secret; `value` is hex."""

    name: str
    value: str
