"""File names of downloads, chosen by strangers."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailsockd.web.disposition import safe_name, saved_as


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("report.pdf", 'attachment; filename="report.pdf"'),
        ("my report (1).pdf", 'attachment; filename="my report (1).pdf"'),
        ('a";x="b.pdf', 'attachment; filename="a_;x=_b.pdf"'),
        ("a\\b.txt", 'attachment; filename="a_b.txt"'),
        ("../../etc/passwd", 'attachment; filename="_.._etc_passwd"'),
        ("C:\\boot.ini", 'attachment; filename="C__boot.ini"'),
        ("a\r\nSet-Cookie: x=1.txt", 'attachment; filename="a__Set-Cookie_ x=1.txt"'),
        ("gpj.\u202eexe", 'attachment; filename="gpj._exe"'),
        ("zero\u200bwidth.txt", 'attachment; filename="zero_width.txt"'),
        ("50%41.txt", 'attachment; filename="50_41.txt"'),
        (".bashrc", 'attachment; filename="bashrc"'),
        ("trailing. . ", 'attachment; filename="trailing"'),
        ("", 'attachment; filename="download"'),
        ("...", 'attachment; filename="download"'),
        ("Grüße.txt", "attachment; filename=\"Gr__e.txt\"; filename*=UTF-8''Gr%C3%BC%C3%9Fe.txt"),
        ("請求書.pdf", "attachment; filename=\"___.pdf\"; filename*=UTF-8''%E8%AB%8B%E6%B1%82%E6%9B%B8.pdf"),
        ("it's é.txt", "attachment; filename=\"it's _.txt\"; filename*=UTF-8''it%27s%20%C3%A9.txt"),
    ],
)
def test_names_become_harmless(name: str, header: str) -> None:
    """Quotes, folders, line ends, percent signs and turned writing are replaced; letters of all scripts stay."""
    assert saved_as(name) == header


def test_a_long_name_keeps_its_ending() -> None:
    """A name beyond what file systems take is cut before its ending, between characters."""
    assert safe_name("ü" * 300 + ".pdf") == "ü" * 125 + ".pdf"
    assert safe_name("x" * 300) == "x" * 255
    assert safe_name("x" * 100_000 + ".txt") == "x" * 255


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=60))
def test_no_name_leaves_its_header(name: str) -> None:
    """Whatever the name, the header is one line of ASCII in the form of RFC 6266."""
    header = saved_as(name)
    assert re.fullmatch(
        r"attachment; filename=\"[ !#$&-.0-9;=@-\[\]-{}~]+\"(; filename\*=UTF-8''[A-Za-z0-9!#$&+.^_`|~%-]+)?", header
    ), header
