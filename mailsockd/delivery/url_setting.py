"""A setting of an address that is an URL to send to, or a flag beside one."""

import attrs

from mailsockd.delivery.reach import Reach


@attrs.frozen
class URLSetting:
    """An URL, of which everything is checked that can be seen without looking its name up."""

    setting: str
    reach: Reach

    def check(self, value: object, account: str) -> str | None:
        """Give the URL, None to clear it. Raises ValueError."""
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise ValueError("must be an URL as text, or null for none")
        self.reach.target(value)
        return value


@attrs.frozen
class FlagSetting:
    """True or false."""

    setting: str

    def check(self, value: object, account: str) -> bool | None:
        """Give the flag, None to clear it. Raises ValueError."""
        if value is not None and not isinstance(value, bool):
            raise ValueError("must be true or false")
        return value
