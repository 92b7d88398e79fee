"""HTML that is cut down for showing: what is kept, and what no payload gets through."""

import sys
from html.parser import HTMLParser
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailsockd.mail.shown import LONGEST_ADDRESS, OPEN, safe_style, shown
from tests.mail.payloads import PAYLOADS

ELEMENTS = {
    "a", "abbr", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center",
    "cite", "code", "col", "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure",
    "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "i", "img", "ins", "kbd", "li", "main",
    "mark", "ol", "p", "pre", "q", "s", "samp", "section", "small", "span", "strike", "strong", "sub", "summary",
    "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "wbr",
}  # fmt: skip
ATTRIBUTES = {
    "align", "alt", "bgcolor", "border", "cellpadding", "cellspacing", "color", "colspan", "dir", "face", "height",
    "lang", "rowspan", "size", "start", "style", "title", "valign", "width",
}  # fmt: skip
VOID = {"br", "col", "hr", "img", "wbr"}


class Judge(HTMLParser):
    """Reads what was kept as another parser does, and notes what should not be there."""

    def __init__(self, images: bool, links: bool) -> None:
        super().__init__(convert_charrefs=False)
        self.images = images
        self.links = links
        self.opened: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        if tag not in ELEMENTS:
            self.wrong.append(f"<{tag}>")
        for name, value in given:
            self.attribute(tag, name, value or "")
        if tag not in VOID:
            self.opened.append(tag)

    def attribute(self, tag: str, name: str, value: str) -> None:
        fine = name in ATTRIBUTES
        if tag == "img" and name == "src":
            fine = value.startswith("data:image/") or (self.images and value.lower().startswith(("http://", "https://")))
        if tag == "a" and name == "href":
            fine = self.links and value.lower().startswith(("http://", "https://", "mailto:"))
        if tag == "a" and name in ("target", "rel"):
            fine = value in ("_blank", "noopener noreferrer nofollow")
        if name == "style":
            fine = not any(part in value.lower() for part in ("url", "expression", "\\", "/*", "@", "position"))
        if not fine:
            self.wrong.append(f"<{tag} {name}={value!r}>")

    def handle_endtag(self, tag: str) -> None:
        if not self.opened or self.opened.pop() != tag:
            self.wrong.append(f"</{tag}>")

    def handle_comment(self, data: str) -> None:
        self.wrong.append(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self.wrong.append(f"<!{decl}>")

    def handle_pi(self, data: str) -> None:
        self.wrong.append(f"<?{data}>")

    def unknown_decl(self, data: str) -> None:
        self.wrong.append(f"<![{data}]>")


def faults(html: str, *, images: bool, links: bool) -> list[str]:
    """Give what is wrong with HTML that was cut down."""
    judge = Judge(images, links)
    judge.feed(html)
    judge.close()
    return judge.wrong + [f"<{name}> is open" for name in judge.opened]


def test_there_are_many_payloads() -> None:
    """The corpus has more than two hundred different payloads."""
    assert len(set(PAYLOADS)) >= 200


@pytest.mark.parametrize("place", range(len(PAYLOADS)))
def test_no_payload_gets_through(place: int) -> None:
    """Of each payload only allowed elements and attributes are left, balanced, whatever was asked for."""
    for images, links in ((False, False), (True, True)):
        made = shown(PAYLOADS[place], images=images, links=links)
        assert faults(made.html, images=images, links=links) == []


def test_the_judge_finds_what_is_wrong() -> None:
    """The check of the payloads itself notices elements, attributes, addresses, styles, and what is not balanced."""
    for html in (
        "<script>", "<p onclick=x></p>", "<p>", "</p>", "<b><i></b></i>", "<!-- x -->", "<a href='javascript:x'>x</a>",
        "<img src='http://a.b/c'>", "<a href='http://a.b/c'>x</a>", "<p style='background:url(x)'></p>",
    ):  # fmt: skip
        assert faults(html, images=False, links=False) != [], html


PIECES = [
    "<", ">", "</", "/>", "'", '"', "=", " ", "\n", "\t", "\0", "&", ";", "&#x3c;", "&lt;", "&quot;", "<!--", "-->",
    "--!>", "<![CDATA[", "]]>", "<?", "<!", "a", "p", "b", "img", "svg", "math", "script", "style", "title", "textarea",
    "noscript", "body", "table", "td", "div", "<a href=", "<img src=", "<p style=", "onerror=alert(1)", "javascript:",
    "http://a.b/c", "data:image/png;base64,AAAA", "color:red", "url(", "expression(", "\u00a0", "\u2028",
    "\U0001f600", "x", "</p>", "</script>",
]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=60).map("".join), st.booleans(), st.booleans())
def test_whatever_comes_is_harmless_and_stays_so(html: str, images: bool, links: bool) -> None:
    """Any text becomes balanced HTML of allowed elements and attributes, and is the same when it is cut down again."""
    made = shown(html, images=images, links=links)
    assert faults(made.html, images=images, links=links) == []
    assert shown(made.html, images=images, links=links).html == made.html


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("<p>a<b>c</p>d</div>", "<p>a<b>c</b></p>d"),
        ('<body bgcolor="#eef" text=red><h1>A</h1></body>', '<div bgcolor="#eef"><h1>A</h1></div>'),
        ("<p style='color: red; position: fixed; COLOR:Blue'>a", '<p style="color: red; color: Blue">a</p>'),
        ('<font face="A, B" color=red size=2>a', '<font face="A, B" color="red" size="2">a</font>'),
        ("<a href=https://a.b/?x=1&amp;y=2>a</a>", '<a title="https://a.b/?x=1&amp;y=2">a</a>'),
        ("<a name=x>a</a>", "<a>a</a>"),
        ('<img src="http://a.b/c" alt="A&quot;" width=9>', '<img alt="A&quot;" width="9">'),
        ('<a href="http://a.b/c" title="http://bank.test">a</a>', '<a title="http://a.b/c">a</a>'),
        ('<img src="http://a.b/c">', ""),
        ('<img src="data:image/png;base64,AAAA">', '<img alt="" src="data:image/png;base64,AAAA">'),
        ('<img src="data:image/png;base64,AA\'AA">', ""),
        ("1 < 2 &lt; 3 &copy;", "1 &lt; 2 &lt; 3 ©"),
    ],
)
def test_what_is_kept(html: str, kept: str) -> None:
    """Colours, sizes and tables stay, pictures inside the mail too; links and pictures elsewhere wait."""
    assert shown(html).html == kept


def test_what_was_asked_for() -> None:
    """Links open windows that are told nothing; pictures of other hosts are there; both are counted in any case."""
    html = '<a href="mailto:a@b.c">m</a><a href=" HTTPS://a.b/c ">x</a><img src="http://a.b/c"><img src="//a.b/d">'
    assert shown(html, images=True, links=True).html == (
        '<a href="mailto:a@b.c" title="mailto:a@b.c" target="_blank" rel="noopener noreferrer nofollow">m</a>'
        '<a href="HTTPS://a.b/c" title="HTTPS://a.b/c" target="_blank" rel="noopener noreferrer nofollow">x</a>'
        '<img alt="" src="http://a.b/c">'
    )
    made = shown(html)
    assert (made.images, made.links) == (1, 2)


@pytest.mark.parametrize(
    ("style", "kept"),
    [
        ("color:#fff;font-family:'A B',serif", "color: #fff; font-family: 'A B',serif"),
        ("background:rgb(1, 2, 3) ; margin-top:1px", "background: rgb(1, 2, 3); margin-top: 1px"),
        ("background:url(x);color:red", "color: red"),
        ("background:rgb(url(x))", ""),
        ("color:r\\65d", ""),
        ("width:calc(1px)", ""),
        ("display:none;display:flex", "display: none"),
        ("top:0;left:0;z-index:9;float:left;opacity:0", ""),
        ("color", ""),
        (";;:;", ""),
    ],
)
def test_styles(style: str, kept: str) -> None:
    """A style keeps what colours, measures and arranges; nothing in it can name an address."""
    assert safe_style(style) == kept


def test_bounds() -> None:
    """Elements nest so deep and no deeper, and an address may be so long and no longer."""
    assert shown("<div>" * 1000 + "a").html == "<div>" * OPEN + "a" + "</div>" * OPEN
    at_most = "http://a.b/" + "c" * (LONGEST_ADDRESS - 11)
    assert shown(f"<a href={at_most}>x</a>").links == 1
    assert shown(f"<a href={at_most}c>x</a>").links == 0


def lines(html: str) -> int:
    """Count the lines of Python that run for it."""
    count = 0

    def each(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return each

    before = sys.gettrace()
    sys.settrace(each)
    try:
        shown(html, images=True, links=True)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    "piece",
    ["<div>", "</div>", "<b><p></b>", '<a href="', "<img src=http://a.b/ ", "<p style='a:b;", "&#x", "<!--", "<a b=c ",
     "<i></p>", "<a href=http://a.b/c>"],
)  # fmt: skip
def test_work_grows_with_the_mail(piece: str) -> None:
    """Four times as much of the same costs about four times as much."""
    assert lines(piece * 4000) < 4.5 * lines(piece * 1000) + 1000
