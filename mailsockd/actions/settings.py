"""What a request says about an address, checked field by field where it enters (contract section 1.2)."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from mailsockd.actions.addresses import LONGEST_INFO, Changes
from mailsockd.actions.refusal import Refusal

_FLAGS = ("enablews", "webhookSlackToFrom")
_FORM_FLAGS: Mapping[str, object] = {"true": True, "1": True, "false": False, "0": False, "": None}
# Fields that clients send back because they were in the answer; what they say is not theirs to change.
_IGNORED = frozenset(
    ("_id", "owner", "catchAll", "password", "encryptedInbox", "implicit", "created", "updated", "email")
)


class Setting(Protocol):
    """A setting of an address, as a channel declares it."""

    @property
    def setting(self) -> str:
        """Its name in REST."""

    def check(self, value: object, account: str) -> str | bool | None:
        """Give the value to keep for an account, None to clear it. Raises ValueError with a sentence."""


def changes(body: Mapping[str, Any], channels: Sequence[Setting], account: str) -> Changes:
    """
    Read `info` and the settings of the channels, for an address of an account.

    A flag may be text or number, as forms and curl send it.

    `enabledws` is another name of `enablews`. Raises Refusal 400 that names every wrong field.
    """
    known = {channel.setting: channel for channel in channels}
    info: str | None = None
    settings: dict[str, str | bool | None] = {}
    errors: list[str] = []
    for name, value in body.items():
        setting = "enablews" if name == "enabledws" else name
        if setting == "info":
            info = "" if value is None else value
            if not isinstance(info, str) or len(info) > LONGEST_INFO:
                errors.append(f"info: must be text of at most {LONGEST_INFO} characters")
        elif setting in known:
            try:
                settings[setting] = known[setting].check(_flag(value) if setting in _FLAGS else value, account)
            except ValueError as error:
                errors.append(f"{name}: {error}")
        elif setting not in _IGNORED:
            errors.append(f"{name}: is not a setting of an address")
    if errors:
        raise Refusal(400, f"The settings of the address are not valid: {'; '.join(errors)}", tuple(errors))
    return Changes(info, settings)


def _flag(value: object) -> object:
    """Give a flag that came as text or number as what it means; what is neither is left for the check."""
    if isinstance(value, str):
        return _FORM_FLAGS.get(value.strip().lower(), value)
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    return value
