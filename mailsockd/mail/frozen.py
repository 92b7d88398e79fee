"""The values that a mail makes many of: frozen for the type checker, and as quick to make as any object."""

from functools import partial
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from attrs import frozen
else:
    # attrs enforces `frozen` by setting each field through object.__setattr__, which makes an object three times as
    # dear. mypy finds whoever would change one.
    frozen = partial(attrs.define, unsafe_hash=True, on_setattr=None)

__all__ = ["frozen"]
