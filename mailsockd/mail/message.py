"""One message as values: `parse` turns any bytes into a `Mail`, never raises, and takes linear time."""

from collections.abc import Sequence

from mailsockd.mail.attachments import Attachment, attachment, attachment_bytes, file_name
from mailsockd.mail.charsets import clean_body, decode
from mailsockd.mail.frozen import frozen
from mailsockd.mail.headers import VALUE_LIMIT, Field, date, message_id, priority, words
from mailsockd.mail.html import html_from_text, text_from_html
from mailsockd.mail.links import links
from mailsockd.mail.mime import Leaf, leaves
from mailsockd.mail.parameters import parameter
from mailsockd.mail.people import Person, people
from mailsockd.mail.transfer import decoded

__all__ = ["Attachment", "Mail", "Person", "attachment_bytes", "parse"]

_LISTS = ("to", "cc", "bcc")
_PRIORITIES = ("importance", "x-priority", "priority", "x-msmail-priority")
_SHOWN = ("text/plain", "text/html")


@frozen
class Mail:
    """What one content says, whatever the inbox. Every string is clean and can be encoded as UTF-8."""

    sender: tuple[Person, ...]
    """From; () when it names no usable address."""
    to: tuple[Person, ...]
    cc: tuple[Person, ...]
    bcc: tuple[Person, ...]
    subject: str
    headers: tuple[tuple[str, str], ...]
    """In order; name as written, value unfolded and decoded."""
    text: str
    r"""The text parts, or text made from the HTML; line ends are \n."""
    html: str
    """The HTML parts, or HTML made from the text."""
    links: tuple[str, ...]
    """http and https URLs of text and HTML, verbatim, in order, unique."""
    attachments: tuple[Attachment, ...]

    # Few readers ask for these, and no frame shows them, so they are read when somebody does.

    @property
    def message_id(self) -> str:
        """The Message-ID without its angle brackets, "" when none."""
        return message_id(self._first("message-id"))

    @property
    def date(self) -> float | None:
        """UTC seconds of the Date field, None when unusable."""
        return date(self._first("date"))

    @property
    def priority(self) -> str:
        """"normal", "high" or "low"."""
        return priority(self._first(name) for name in _PRIORITIES)

    def _first(self, wanted: str) -> str:
        return next((value for name, value in self.headers if name.lower() == wanted), "")


def parse(content: bytes) -> Mail:
    """What `content` says (RFC 5322, 2045-2047, 2231).

    Total: any bytes give a Mail; time and memory are linear in their number.
    """
    head, found = leaves(content)
    # The first test alone answers for most values; words() holds the whole rule.
    headers = [
        (name, value if value.isascii() and value.isprintable() and "=?" not in value else words(value))
        for name, value in head
    ]
    first = {name.lower(): value for name, value in reversed(head)}
    if len(first) < len(head):
        _join_lists(first, head)
    text, html, attachments = _bodies(content, found)
    get = first.get
    return Mail(
        sender=people(get("from", "")) or people(get("sender", "")),
        to=people(get("to", "")),
        cc=people(get("cc", "")),
        bcc=people(get("bcc", "")),
        subject=words(get("subject", "")),
        headers=tuple(headers),
        text=text if text is not None else text_from_html(html or ""),
        html=html if html is not None else html_from_text(text or ""),
        links=links(text or "", html or ""),
        attachments=tuple(attachments),
    )


def _join_lists(first: dict[str, str], head: Sequence[Field]) -> None:
    for wanted in _LISTS:
        values = [value for name, value in head if name.lower() == wanted]
        for value in values[1:]:
            if len(first[wanted]) < VALUE_LIMIT:
                first[wanted] += ", " + value


def _bodies(content: bytes, found: list[Leaf]) -> tuple[str | None, str | None, list[Attachment]]:
    texts: list[str] = []
    htmls: list[str] = []
    attachments: list[Attachment] = []
    for leaf in found:
        kind = leaf.content_type
        name = file_name(leaf)
        if not name and leaf.disposition != "attachment" and (kind in _SHOWN or not kind or kind[:10] == "multipart/"):
            shown = _shown(content, leaf)
            # A multipart without parts is shown when it holds text, as most that lost their boundary do.
            if kind[:10] != "multipart/" or shown.strip():
                (htmls if kind == "text/html" else texts).append(shown)
        else:
            attachments.append(attachment(content, leaf, name))
    return "\n".join(texts) if texts else None, "\n".join(htmls) if htmls else None, attachments


def _shown(content: bytes, leaf: Leaf) -> str:
    end = leaf.end
    if end == len(content) and end > leaf.start and content[end - 1] == 10:
        # The last line end of a content ends the SMTP transfer and was not written by the sender.
        end -= 2 if end - 2 >= leaf.start and content[end - 2] == 13 else 1
    data = decoded(content[leaf.start : end], leaf.encoding)
    return clean_body(decode(data, parameter(leaf.parameters, "charset").split(" ", 1)[0]))
