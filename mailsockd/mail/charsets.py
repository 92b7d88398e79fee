"""Bytes into text: the charsets that mail may name, and the cleaning that every text passes first."""

import re
import unicodedata
from codecs import charmap_decode, getincrementaldecoder
from collections.abc import Callable, Iterator

_Decoder = Callable[[bytes], str]

# Every label maps to a codec chosen here. A sender's label never reaches codecs.lookup(), which also knows zlib,
# unicode_escape, idna, punycode, undefined and utf-7, and whatever a plug-in registered.
_SINGLE_BYTE = {
    **{f"iso-8859-{n}": f"iso8859_{n}" for n in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)},
    **{f"windows-{n}": f"cp{n}" for n in range(1250, 1259)},
    **{f"cp{n}": f"cp{n}" for n in range(1250, 1259)},
    "windows-874": "cp874", "cp437": "cp437", "cp850": "cp850", "cp852": "cp852", "cp866": "cp866", "ibm866": "cp866",
    "latin2": "iso8859_2", "latin5": "iso8859_9", "latin9": "iso8859_15", "iso-8859-8-i": "iso8859_8",
    "koi8-r": "koi8_r", "koi8-u": "koi8_u", "koi8-t": "koi8_t", "koi8": "koi8_r",
    "tis-620": "iso8859_11", "macintosh": "mac_roman",
}  # fmt: skip
_MULTI_BYTE = {
    "utf-8": "utf_8", "utf8": "utf_8", "unicode-1-1-utf-8": "utf_8",
    "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "cp936": "gb18030", "windows-936": "gb18030",
    "hz-gb-2312": "hz", "big5": "big5", "big5-hkscs": "big5hkscs", "cp950": "cp950",
    "shift-jis": "shift_jis", "sjis": "shift_jis", "x-sjis": "shift_jis", "shift-jis-2004": "shift_jis_2004",
    "windows-31j": "cp932", "cp932": "cp932",
    "euc-jp": "euc_jp", "euc-jis-2004": "euc_jis_2004", "euc-kr": "euc_kr", "euc-cn": "gb18030", "cp949": "cp949",
    "ks-c-5601-1987": "cp949",
    "iso-2022-jp": "iso2022_jp", "iso-2022-jp-1": "iso2022_jp_1", "iso-2022-jp-2": "iso2022_jp_2",
    "iso-2022-jp-3": "iso2022_jp_3", "iso-2022-jp-ext": "iso2022_jp_ext", "iso-2022-kr": "iso2022_kr",
}  # fmt: skip
_LATIN_1 = ("iso-8859-1", "latin1", "latin-1", "l1", "iso8859-1")


def _by_table(codec: str) -> _Decoder:
    # A table without holes cannot call the error handler, which costs half a microsecond a byte: 13 s for a
    # 25 MiB text of undefined bytes.
    table = bytes(range(256)).decode(codec, "replace")
    return lambda data: charmap_decode(data, "strict", table)[0]


# Bytes that are decoded, and characters that are cleaned, in one step of C: more at once would hold the interpreter
# from every other thread, for half a second where each byte is an error.
_STEP = 512 * 1024


def _by_codec(codec: str) -> _Decoder:
    make = getincrementaldecoder(codec)

    def decode_all(data: bytes) -> str:
        if len(data) <= _STEP:
            return data.decode(codec, "replace")
        step = make("replace").decode
        starts = range(0, len(data), _STEP)
        try:
            return "".join([step(data[start : start + _STEP], start + _STEP >= len(data)) for start in starts])
        except UnicodeError:
            # A step ended in an escape sequence longer than any that exists, which a decoder does not keep.
            return "".join([data[start : start + _STEP].decode(codec, "replace") for start in starts])

    return decode_all


_DECODERS: dict[str, _Decoder] = {
    **{label: _by_table(codec) for label, codec in _SINGLE_BYTE.items()},
    **{label: _by_codec(codec) for label, codec in _MULTI_BYTE.items()},
    **{label: _by_codec("latin_1") for label in _LATIN_1},
}


def undeclared(data: bytes) -> str:
    """Text of bytes that declare no usable charset: UTF-8 when they are valid UTF-8, else ISO-8859-1."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def decode(data: bytes, label: str) -> str:
    """Text of `data` in the charset that `label` names; an unknown label counts as none. Never raises.

    us-ascii is not in the table, so that 8-bit text that calls itself ASCII is read like undeclared text.
    """
    decoder = _DECODERS.get(label) or _DECODERS.get(label[:40].strip(" \t'\"").lower().replace("_", "-"))
    return decoder(data) if decoder else undeclared(data)


# One character class, so each character is looked at once.
_UNCLEAN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_UNCLEAN_LINE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\ud800-\udfff]")

# CPython sorts a run of combining marks by insertion, in quadratic time; a slice this short cannot hurt.
_COMPOSED = 128


def _composed(text: str) -> str:
    if len(text) <= _COMPOSED:
        return unicodedata.normalize("NFC", text)
    # No composition crosses a space, so words can be composed one by one; a longer word stays as it is.
    return " ".join([unicodedata.normalize("NFC", w) if len(w) <= _COMPOSED else w for w in text.split(" ")])


def clean(text: str) -> str:
    """`text` in NFC, with lone surrogates and control characters other than tab and newline as U+FFFD."""
    if text.isascii():
        return text if text.isprintable() else _UNCLEAN.sub("\ufffd", text)
    return _composed(_UNCLEAN.sub("\ufffd", text))


def clean_line(text: str) -> str:
    """Like `clean`, for what stands on one line of a header: a newline too becomes U+FFFD."""
    if text.isascii():
        return text if text.isprintable() else _UNCLEAN_LINE.sub("\ufffd", text)
    return _composed(_UNCLEAN_LINE.sub("\ufffd", text))


def clean_body(text: str) -> str:
    r"""A text body with line ends as \n and without NUL; everything else is the sender's.

    There is no lone surrogate to look for: no decoder of this module makes one.
    """
    if len(text) > _STEP:
        return "".join([_clean_step(step) for step in _steps(text)])
    return _clean_step(text)


def _clean_step(text: str) -> str:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\x00", "\ufffd")


def _steps(text: str) -> Iterator[str]:
    # No step ends between a carriage return and its newline.
    start = 0
    while start < len(text):
        end = start + _STEP
        if text[end - 1 : end + 1] == "\r\n":
            end += 1
        yield text[start:end]
        start = end
