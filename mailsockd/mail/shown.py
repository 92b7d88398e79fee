"""
HTML of mail as it is shown: an allow list of elements, attributes and styles. Total, and linear in its input.

The frame that shows it, with its policy, is the wall; this stands in front of it. Nothing that is kept can fetch
anything, but images that the reader asked for, and leads anywhere only when the reader asked for links.
"""

import re
from html import escape

import attrs

from mailsockd.mail.html import ATTRIBUTES, HIDDEN, KEPT, KEPT_ATTRIBUTES, TAG, VOID
from mailsockd.mail.links import unescaped

# Beside those of /body. A body becomes a box of its own, so that its colours stay.
_ELEMENTS = KEPT | {"a", "body", "img"}
_RENAMED = {"body": "div"}
_VOID = VOID | {"img"}
_ATTRIBUTES = KEPT_ATTRIBUTES | {"alt", "face"}
TAGS = 50_000
OPEN = 200
_PER_TAG = 30
_TAG_LENGTH = 4096
# An image inside of the mail, which `with_inlined_images` has put into its tag.
_IMAGE_TAG_LENGTH = 32 * 1024 * 1024

_NAMED_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*+)(" + ATTRIBUTES + ")")
_ATTRIBUTE = re.compile(r"""(?<![a-zA-Z-])([a-zA-Z]++)\s*+=\s*+(?:"([^"]*+)"?|'([^']*+)'?|([^\s>"']++))""")
# What a browser ignores before and inside the scheme of an address, and what no address has.
_UNSEEN = re.compile(r"[\x00-\x20\x7f-\xa0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff]++")
_FETCHED = re.compile(r"https?://[^/?#\\@\s]", re.IGNORECASE)
_LINK = re.compile(r"(?:https?://[^/?#\\\s]|mailto:[^/\\])", re.IGNORECASE)
_INSIDE = re.compile(r"data:image/(?:png|jpe?g|gif|webp|bmp|x-icon|vnd\.microsoft\.icon);base64,[A-Za-z0-9+/]*+={0,2}")
LONGEST_ADDRESS = 4000

# Properties that colour, measure and arrange, and none that fetches, moves, or lies over something else.
_PROPERTIES = frozenset(
    ("background-color", "border-collapse", "border-radius", "border-spacing", "color", "direction", "display", "font",
     "font-family", "font-size", "font-style", "font-weight", "height", "letter-spacing", "line-height",
     "list-style-type", "max-width", "min-width", "overflow-wrap", "table-layout", "text-align", "text-decoration",
     "text-indent", "text-transform", "unicode-bidi", "vertical-align", "white-space", "width", "word-break",
     "word-spacing", "background", "border", "margin", "padding")
)  # fmt: skip
_FAMILIES = ("border-", "margin-", "padding-")
# No brackets but those of colours, so nothing that names an address.
_VALUE = re.compile(r"""[a-zA-Z0-9 #.,%!'"+-]*+""")
_COLOUR = re.compile(r"(?:rgb|hsl)a?\([0-9., %deg-]*+\)", re.IGNORECASE)


@attrs.frozen
class Shown:
    """
    HTML that may be shown, without what stands around it.

    `images` counts those that are elsewhere, and `links` the links, kept or not.
    """

    html: str
    images: int
    links: int


def shown(html: str, *, images: bool = False, links: bool = False) -> Shown:
    """
    Make HTML fit to be shown. `images` keeps those of other hosts, `links` keeps where links lead.

    What is kept is balanced; each attribute is in quotes and escaped. Text stays, comments and hidden elements do not.
    """
    pieces = _NAMED_TAG.split(HIDDEN.sub("", html), TAGS)
    made = _Making(images, links)
    made.text(pieces[0])
    for index in range(1, len(pieces), 4):
        slash, name, attributes, text = pieces[index : index + 4]
        name = name.lower()
        if name in _ELEMENTS:
            if slash:
                made.close(_RENAMED.get(name, name))
            else:
                made.open(name, attributes)
        if text:
            made.text(text)
    return made.done()


@attrs.define
class _Making:
    keep_images: bool
    keep_links: bool
    out: list[str] = attrs.field(factory=list)
    opened: list[str] = attrs.field(factory=list)
    images: int = 0
    links: int = 0

    def text(self, text: str) -> None:
        if "<" in text:
            text = TAG.sub("", text)  # what is left beyond TAGS
        plain = "&" not in text and "<" not in text and ">" not in text
        self.out.append(text if plain else escape(unescaped(text), quote=False))

    def open(self, name: str, source: str) -> None:
        given = _given(source, _IMAGE_TAG_LENGTH if name == "img" else _TAG_LENGTH)
        if name == "img":
            self.image(given)
            return
        name = _RENAMED.get(name, name)
        if name not in _VOID and len(self.opened) >= OPEN:
            return
        kept = self.kept(given)
        link = self.link(given["href"]) if name == "a" and "href" in given else {}
        if link:
            kept.pop("title", None)  # what is said of a link is where it leads
            kept |= link
        self.out.append(_tag(name, kept))
        if name not in _VOID:
            self.opened.append(name)

    def close(self, name: str) -> None:
        if name in self.opened:
            while (last := self.opened.pop()) != name:
                self.out.append(f"</{last}>")
            self.out.append(f"</{name}>")

    def done(self) -> Shown:
        self.out.extend(f"</{name}>" for name in reversed(self.opened))
        return Shown("".join(self.out), self.images, self.links)

    def kept(self, given: dict[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in given.items() if name in _ATTRIBUTES}
        style = safe_style(given.get("style", ""))
        return kept | ({"style": style} if style else {})

    def image(self, given: dict[str, str]) -> None:
        kept = self.kept(given) | {"alt": given.get("alt", "")}
        source = given.get("src", "")
        if _INSIDE.fullmatch(source):
            kept["src"] = source
        else:
            source = safe_address(source, _FETCHED)
            self.images += bool(source)
            if source and self.keep_images:
                kept["src"] = source
        if kept["alt"] or "src" in kept:
            self.out.append(_tag("img", kept))

    def link(self, target: str) -> dict[str, str]:
        target = safe_address(target, _LINK)
        if not target:
            return {}
        self.links += 1
        if not self.keep_links:
            return {"title": target}
        return {"href": target, "title": target, "target": "_blank", "rel": "noopener noreferrer nofollow"}


def safe_address(text: str, allowed: "re.Pattern[str]") -> str:
    """Give an address that begins as allowed, without what browsers do not see; "" for any other."""
    address = _UNSEEN.sub("", text[: LONGEST_ADDRESS + 1])
    return address if len(address) <= LONGEST_ADDRESS and allowed.match(address) else ""


def safe_style(text: str) -> str:
    """Give the declarations of a style that only colour, measure and arrange."""
    kept = []
    for declaration in text[:_TAG_LENGTH].split(";")[:_PER_TAG]:
        name, colon, value = declaration.partition(":")
        name, value = name.strip().lower(), " ".join(value.split())
        allowed = name in _PROPERTIES or name.startswith(_FAMILIES)
        if colon and allowed and value and _VALUE.fullmatch(_COLOUR.sub("", value)) and name.replace("-", "").isalpha():
            if name == "display" and value.lower() not in ("block", "inline", "inline-block", "none", "table"):
                continue
            kept.append(f"{name}: {value}")
    return "; ".join(kept)


def _given(source: str, most: int) -> dict[str, str]:
    if "=" not in source:
        return {}
    given: dict[str, str] = {}
    for place, match in enumerate(_ATTRIBUTE.finditer(source, 0, most)):
        if place == _PER_TAG:
            break
        value = match[2] or match[3] or match[4] or ""
        given.setdefault(match[1].lower(), value if value.startswith("data:image/") else unescaped(value))
    return given


def _tag(name: str, attributes: dict[str, str]) -> str:
    written = "".join([f' {key}="{escape(value)}"' for key, value in attributes.items()])
    return f"<{name}{written}>"
