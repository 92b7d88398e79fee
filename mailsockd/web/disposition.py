"""The Content-Disposition header of a download: any file name a stranger chose, made harmless (RFC 6266, RFC 8187)."""

import unicodedata
from urllib.parse import quote

# What a header, a shell, or a file system of any kind could take for more than a part of a name.
_FORBIDDEN = frozenset('"\\/:*?<>|%')
# Controls, marks that turn the direction of writing or are not seen, halves of pairs, and what no font knows.
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
# The characters that RFC 8187 section 3.2.1 lets stand for themselves, beside letters and digits.
_ATTRIBUTE = "!#$&+-.^_`|~"
# The longest name that common file systems take, in bytes.
_LONGEST = 255


def safe_name(name: str, default: str = "download") -> str:
    """
    Give a name that can be saved anywhere: no folder, no control or unseen character, no dot at either end.

    At most 255 bytes of UTF-8, of which the end is kept, because it says what the file is. `default` when nothing is
    left.
    """
    seen = "".join(
        "_" if character in _FORBIDDEN or unicodedata.category(character) in _UNSEEN else character
        for character in name[: 4 * _LONGEST]
    )
    kept = seen.strip(" .")
    while len(kept.encode("utf-8")) > _LONGEST:
        stem, dot, ending = kept.rpartition(".")
        kept = f"{stem[:-1]}.{ending}" if dot and stem and len(ending) <= 16 else kept[:-1]
    return kept.strip(" .") or default


def saved_as(name: str) -> str:
    """
    Give the value of a Content-Disposition header that has a browser save an answer under `name`.

    `filename` is ASCII, for clients that know no more; `filename*` is there when the name is not, and wins.
    """
    safe = safe_name(name)
    plain = "".join(character if " " <= character <= "~" else "_" for character in safe)
    value = f'attachment; filename="{plain}"'
    return value if plain == safe else f"{value}; filename*=UTF-8''{quote(safe, safe=_ATTRIBUTE)}"
