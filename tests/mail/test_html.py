"""Text of HTML, HTML of text, and HTML made fit to be shown."""

import pytest

from mailsockd.mail.attachments import Attachment
from mailsockd.mail.html import (
    CONVERTED,
    dirty,
    document_from_text,
    html_from_text,
    sanitised,
    text_from_html,
    with_inlined_images,
)

IMAGE = Attachment("5d41402abc4b2a76b9719d911017c592", "image/png", "", "img@a", "inline", "base64", 5, 2, 10)
CONTENT = b"--aGVsbG8=--"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("plain", "plain"),
        ("<html><head><title>t</title><style>p{}</style></head><body><p>a</p><p>b</p></body></html>", "a\n\nb"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<div>a</div><div>b <i>c</i></div>", "a\n\nb c"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\n\nc"),
        ("<ul><li>a</li>\n<li>b</li></ul>", "a\n\nb"),
        ("a \n\t b&nbsp;c &lt;d&gt;", "a b c <d>"),
        ("<pre>a\n  b</pre>", "a\nb"),
        ('<a href="http://a.b/c" title="x>y">go</a> on', "go on"),
        ("a<!-- b --> c<script>if (a<b) {}</script>d", "a cd"),
        ("a<!-- never ends", "a"),
        ("a<script>never ends", "a"),
        ('a<b title="never ends', "a"),
        ("1 < 2 <3", "1 < 2 <3"),
        ("<p>don't <b x'y>z</b></p>", "don't z"),
        ("&amp;lt;", "&lt;"),
        ("<blink>a</blink>", "a"),
    ],
)
def test_text_from_html(html: str, text: str) -> None:
    """Text of HTML has no tags and no hidden content, and lines where a reader sees them."""
    assert text_from_html(html) == text


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (":)", "<div>:)<br></div>"),
        ("a\nb\n", "<div>a<br>b<br></div>"),
        ("<a> & b", "<div>&lt;a&gt; &amp; b<br></div>"),
        ("", "<div><br></div>"),
    ],
)
def test_html_from_text(text: str, html: str) -> None:
    """HTML of text escapes it and ends each line with a break, and stays as it is when sanitised."""
    assert html_from_text(text) == html
    assert sanitised(html) == html


def test_html_is_made_of_the_start_of_a_very_long_text() -> None:
    """HTML that is made of text has a bound; the text itself has none."""
    assert html_from_text("x" * (CONVERTED + 1)) == f"<div>{'x' * CONVERTED}<br></div>"


def test_document_from_text() -> None:
    """The document of a text is the one that clients know."""
    assert document_from_text(":)") == (
        '<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8" /></head>'
        "<body><div>:)<br /></div></body></html>"
    )


@pytest.mark.parametrize(
    ("html", "safe"),
    [
        ("<p>a<b>c</p>d</div>", "<p>a<b>c</b></p>d"),
        ('<p onclick="x" style="y" align=center title=\'a"b\'>c', '<p align="center" title="a&quot;b">c</p>'),
        ('<a href="http://a.b">c</a>', "c"),
        ('a<img src="http://a.b/c.png" onerror=x>b', "ab"),
        ("<script>x</script><style>y</style><svg><p>z</svg>w", "w"),
        ("<form action=x><input name=y><button>z</button></form>", "z"),
        ("<iframe srcdoc='<script>'></iframe>a", "a"),
        ("<base href=x><meta http-equiv=refresh content=y><link rel=x>a", "a"),
        ("<scr<!-- -->ipt>alert(1)", "alert(1)"),
        ("<<p>script>a", "&lt;<p>script&gt;a</p>"),
        ("&lt;script&gt; &amp; <", "&lt;script&gt; &amp; &lt;"),
        ('<p title="<b>">a', '<p title="&lt;b&gt;">a</p>'),
        ('<p title="<script>">a', '<p title=""></p>'),
        ("<p title='never ends", '<p title="never ends"></p>'),
        ("<br/>a<hr></br>", "<br>a<hr>"),
        ("<noscript><p title='</noscript><img src=x>'>", '<p title="&lt;/noscript&gt;&lt;img src=x&gt;"></p>'),
        ("<math><mtext><table><mglyph><style><img src=x></style>", ""),
        ("a<textarea></textarea><xmp><p>b</xmp>", "a<p>b</p>"),
        ("\x00<P>a</P>", "\x00<p>a</p>"),
    ],
)  # fmt: skip
def test_sanitised(html: str, safe: str) -> None:
    """Sanitised HTML keeps harmless elements, balanced, and the text; all else is gone."""
    assert sanitised(html) == safe


def test_sanitised_bounds_open_elements() -> None:
    """Of a thousand nested tables two hundred stay, and the text inside all of them."""
    assert sanitised("<div>" * 1000 + "a") == "<div>" * 200 + "a" + "</div>" * 200


def test_sanitised_bounds_tags() -> None:
    """Behind the bound on tags the tags are gone and the text is kept."""
    assert sanitised("<br>" * 50_000 + "<p>a<script>b") == "<br>" * 50_000 + "a"


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        ('<img src="cid:img@a">', '<img src="data:image/png;base64,aGVsbG8=">'),
        ("<img src=cid:img%40a><i>", "<img src=data:image/png;base64,aGVsbG8=><i>"),
        ("url(cid:img@a) cid:img@a", "url(data:image/png;base64,aGVsbG8=) data:image/png;base64,aGVsbG8="),
        ('<img src="cid:other"> acid: cid:', '<img src="cid:other"> acid: cid:'),
        ("<p>none</p>", "<p>none</p>"),
    ],
)
def test_with_inlined_images(html: str, shown: str) -> None:
    """References to the mail's own images become data, all others stay."""
    assert with_inlined_images(html, CONTENT, [IMAGE]) == shown


def test_inlined_images_are_bounded() -> None:
    """The same large image named a thousand times is inlined until the page has its 64 MiB."""
    content = b"x" * (3 * 1024 * 1024)
    image = Attachment("", "image/png", "", "i", "inline", "", len(content), 0, len(content))
    shown = with_inlined_images("<img src='cid:i'>" * 1000, content, [image])
    assert shown.count("data:image/png") == 15
    assert shown.count("cid:i") == 985


def test_dirty() -> None:
    """The unsafe page is the HTML with its images, or the document of a mail that is only text."""
    assert dirty('<img src="cid:img@a">', "x", CONTENT, [IMAGE]) == '<img src="data:image/png;base64,aGVsbG8=">'
    assert dirty(html_from_text("a"), "a", b"", []) == document_from_text("a")
