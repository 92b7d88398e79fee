"""What stands in paths, by the name that patterns give it."""

from collections.abc import Mapping
from typing import Any

from mailsockd.actions.flags import FOLDERS, LONGEST_LABEL
from mailsockd.api.shapes import text

_EMAIL = text(
    "An address. Case makes no difference, `@` may stand as it is, and `user1+shop@…` is the inbox `user1@…`.",
    format="email",
    examples=["user1@mail.test"],
)
_MD5 = text("The MD5 of an attachment, in hexadecimal.", examples=["900150983cd24fb0d6963f7d28e17f72"])
_DOMAIN = text("A domain.", format="hostname", examples=["mail.test"])

PATH: Mapping[str, Mapping[str, Any]] = {
    "email": _EMAIL,
    "id": text("The `_id` of a message in this inbox.", minLength=1, examples=["M6eZ40m5850cUgtY2HosKMjT-0"]),
    "label": text("The label; slashes may stand as they are.", minLength=1, maxLength=LONGEST_LABEL),
    "folder": text("The folder.", enum=list(FOLDERS)),
    "read": text("`true` or `false`, in any case; `1` or `0`.", enum=["true", "false"]),
    "identifier": text("MD5, content id with or without `<>`, or file name, in this order.", minLength=1),
    "domain": _DOMAIN,
    "md5": _MD5,
    "name": text("A domain or an address; slashes may stand as they are.", minLength=1, examples=["shop.test"]),
    "private": text("`true` or `false`.", enum=["true", "false"]),
}
