"""URLs in text and in HTML."""

import pytest

from mailsockd.mail.links import links, unescaped


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("Check out https://example.com", ["https://example.com"]),
        ("See http://a.b/c, or (https://d.e/f_(g)).", ["http://a.b/c", "https://d.e/f_(g)"]),
        ("<http://a.b/?c=d&e=f#g> \"http://h.i\"", ["http://a.b/?c=d&e=f#g", "http://h.i"]),
        ("HTTP://A.b/C http://a.b", ["HTTP://A.b/C", "http://a.b"]),
        ("http://a.b http://c.d http://a.b", ["http://a.b", "http://c.d"]),
        ("*http://a.b* `http://c.d`! 'http://e.f'", ["http://a.b", "http://c.d", "http://e.f"]),
        ("[x](http://a.b/c)", ["http://a.b/c"]),
        ("http:// https://. ftp://a.b ://c x", []),
        ("http://münchen.example/ü", ["http://münchen.example/ü"]),
        ("http://a.b/?u=https://c.d", ["http://a.b/?u=https://c.d"]),
    ],
)  # fmt: skip
def test_links_of_text(text: str, found: list[str]) -> None:
    """URLs of a text are found verbatim, without the punctuation around them, each once."""
    assert links(text, "") == tuple(found)


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ('<a href="https://a.b/?c=1&amp;d=2">x</a>', ["https://a.b/?c=1&d=2"]),
        ("<a href='https://a.b/c'>x</a>", ["https://a.b/c"]),
        ("<A HREF=https://a.b/c>x</A>", ["https://a.b/c"]),
        ('<a class="x" href = " https://a.b/c ">x</a>', ["https://a.b/c"]),
        ('<a href="https://a.b/1">https://a.b/2</a>', ["https://a.b/1", "https://a.b/2"]),
        ('<a href="https//a.b/broken">https://a.b/shown</a>', ["https://a.b/shown"]),
        ("<p>go to https://a.b/c.</p>", ["https://a.b/c"]),
        ("<p>&lt;https://a.b/c&gt;</p>", ["https://a.b/c"]),
        ("<p>https://a.b/?c=1&amp;d=2</p>", ["https://a.b/?c=1&d=2"]),
        ('<img src="https://a.b/i.png"><html xmlns="http://www.w3.org/1999/xhtml">', []),
        ('<!DOCTYPE html PUBLIC "-//W3C//DTD" "http://www.w3.org/TR/xhtml1.dtd"><p>', []),
        ("<style>@import 'http://a.b/c'; p{background:url(http://a.b/d)}</style>", []),
        ('<a href="javascript:x">x</a>', []),
    ],
)
def test_links_of_html(html: str, found: list[str]) -> None:
    """URLs of HTML are those that a reader can follow or see, with character references decoded."""
    assert links("", html) == tuple(found)


def test_links_of_both() -> None:
    """Links of the text come first, those that only the HTML has follow."""
    assert links("http://b.c", '<a href="http://a.b">http://b.c</a>') == ("http://b.c", "http://a.b")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("&lt;&amp;lt;&#233;&#xE9;&eacute;&nbsp;", "<&lt;ééé\xa0"),
        ("&#55296;&#0;&#1114112;", "\ufffd\ufffd\ufffd"),
        ("&#" + "9" * 6000 + ";", "&#" + "9" * 6000 + ";"),
        ("&nonsense; & &; AT&T", "&nonsense; & &; AT&T"),
    ],
)
def test_unescaped(text: str, plain: str) -> None:
    """Character references are decoded once; what is none stays, and no number is too long."""
    assert unescaped(text) == plain
