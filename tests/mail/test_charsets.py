"""Long texts: decoded and cleaned in steps, to the same result."""

import pytest

from mailsockd.mail import charsets


@pytest.fixture(autouse=True)
def short_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every text of this module a long one."""
    monkeypatch.setattr(charsets, "_STEP", 7)


@pytest.mark.parametrize(
    ("label", "data", "text"),
    [
        ("utf-8", "日本語のメールです".encode(), "日本語のメールです"),
        ("utf-8", b"abcdef\xe6\x97abcdef\xff\xe6\x97\xa5", "abcdef\ufffdabcdef\ufffd日"),
        ("iso-2022-jp", "日本語のメール and text".encode("iso2022_jp"), "日本語のメール and text"),
        ("shift_jis", "日本語のメールです".encode("shift_jis"), "日本語のメールです"),
        ("euc-kr", "전자 우편 주소입니다".encode("euc_kr"), "전자 우편 주소입니다"),
        ("gb18030", "电子邮件\U0001f600地址".encode("gb18030"), "电子邮件\U0001f600地址"),
        ("hz-gb-2312", "电子邮件地址 ok".encode("hz"), "电子邮件地址 ok"),
        ("iso-8859-1", b"caf\xe9 caf\xe9 caf\xe9", "café café café"),
    ],
)
def test_a_character_may_stand_on_a_seam(label: str, data: bytes, text: str) -> None:
    """Characters and shift states that go over the end of a step are decoded as in one piece."""
    assert charsets.decode(data, label) == text


def test_no_bytes_on_a_seam_raise() -> None:
    """An escape sequence that is longer than a decoder keeps gives a text all the same."""
    for length in range(40):
        data = b"x" * 5 + b"\x1b$(" * length + b"\x1b(B" + b" " * 10 + b"end"
        assert "end" in charsets.decode(data, "iso-2022-jp-ext")


def test_line_ends_on_a_seam() -> None:
    r"""CR LF is one line end wherever a step ends, and NUL is replaced in every step."""
    for start in range(8):
        assert charsets.clean_body("x" * start + "\r\n\r\n\r\r\n\x00\r") == "x" * start + "\n\n\n\n\ufffd\n"
