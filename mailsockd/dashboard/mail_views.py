"""One message in each of its views, made as values: what a page then shows. All of it is linear in the mail's size."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from mailsockd.mail.attachments import Attachment
from mailsockd.mail.headers import header_block
from mailsockd.mail.html import html_from_text, with_inlined_images
from mailsockd.mail.message import Mail
from mailsockd.mail.shown import shown

# By the name in the address; the words are those of the tabs.
VIEWS = {
    "html": "HTML",
    "text": "Text",
    "headers": "Headers",
    "raw": "Raw",
    "attachments": "Attachments",
    "json": "JSON",
}
# Of what a page shows; everything is in the download.
MOST_TEXT = 200_000
MOST_HEADERS = 500
MOST_ATTACHMENTS = 500
LONGEST_IN_JSON = 20_000

_DOCUMENT = (
    '<!DOCTYPE html><html><head><meta charset="utf-8"><meta name="color-scheme" content="light"><title>Mail</title>'
    "<style>html{background:#fff;color:#16232b;font:16px/1.5 system-ui,sans-serif}body{margin:0;padding:16px;"
    "overflow-wrap:anywhere}img{max-width:100%;height:auto}table{max-width:100%}a{color:#0b6e69}"
    "a:not([href]){text-decoration:underline dotted}pre{white-space:pre-wrap}</style></head><body>"
)
_POLICY = "default-src 'none'; img-src {images}; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"


@attrs.frozen
class Document:
    """HTML for the frame, and how many images and links of other hosts the mail has."""

    html: str = ""
    images: int = 0
    links: int = 0


def has_html(mail: Mail) -> bool:
    """Tell whether the mail brings HTML of its own."""
    return mail.html != html_from_text(mail.text)


def document(mail: Mail, content: bytes, *, images: bool, links: bool) -> Document:
    """Give the mail's HTML, made fit to be shown, as a whole document."""
    made = shown(with_inlined_images(mail.html, content, mail.attachments), images=images, links=links)
    return Document(f"{_DOCUMENT}{made.html}</body></html>", made.images, made.links)


def policy(*, images: bool, links: bool) -> Mapping[str, str]:
    """
    Give the headers of the frame: nothing of it runs or is sent, and nothing is fetched but images that were asked for.

    Without `allow-popups` here, what the frame's own attribute allows would still not open a link.
    """
    sandbox = "sandbox allow-popups allow-popups-to-escape-sandbox" if links else "sandbox"
    sources = "data: http: https:" if images else "data:"
    return {
        "Content-Security-Policy": f"{sandbox}; {_POLICY.format(images=sources)}; frame-ancestors 'self'",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
    }


def cut(text: str, most: int = MOST_TEXT) -> tuple[str, bool]:
    """Give the start of a text, and whether anything is left out."""
    return text[:most], len(text) > most


def headers(content: bytes) -> Sequence[tuple[str, str]]:
    """Give the header lines as they stand in the traced message, folded ones in one piece."""
    found: list[tuple[str, str]] = []
    lines = header_block(content).decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
    for line in lines[: 4 * MOST_HEADERS]:
        if line[:1] in (" ", "\t") and found:
            found[-1] = (found[-1][0], f"{found[-1][1]}\n{line}")
        elif line:
            name, _, value = line.partition(":")
            found.append((name, value.strip()))
    return [(name, value[:MOST_TEXT]) for name, value in found[:MOST_HEADERS]]


def pretty(frame: Mapping[str, Any]) -> str:
    """Give a frame to look at: indented, and long texts cut, which says so."""
    return json.dumps(_shortened(frame), indent=2, ensure_ascii=False)


def _shortened(value: Any) -> Any:
    if isinstance(value, str) and len(value) > LONGEST_IN_JSON:
        return f"{value[:LONGEST_IN_JSON]}… ({len(value) - LONGEST_IN_JSON:,} more characters)"
    if isinstance(value, Mapping):
        return {name: _shortened(inner) for name, inner in list(value.items())[:1000]}
    if isinstance(value, list):
        return [_shortened(inner) for inner in value[:1000]]
    return value


def shown_name(attachment: Attachment) -> str:
    """Give what an attachment is called on a page."""
    return attachment.file_name or f"{attachment.content_type} without a name"


def bytes_text(count: int) -> str:
    """Say a number of bytes."""
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1000:.1f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"
