"""Every mail of the standard library's own corpus, read by both; deliberate differences are listed with reasons."""

import email
import email.message
import sys
from collections.abc import Iterator
from email.header import decode_header, make_header
from email.utils import getaddresses
from hashlib import md5
from pathlib import Path

import pytest

from mailsockd.mail.message import parse

PYTHON = f"python3.{sys.version_info.minor}"
CORPUS = Path(f"/usr/lib/{PYTHON}/test/test_email/data")
MISSING = f"the corpus is missing: apt-get install lib{PYTHON}-testsuite"

# A multipart without a boundary that occurs in it: the standard library leaves the body a payload of the multipart;
# here it is shown as text, because it is text that a person wrote.
NO_BOUNDARY = {"msg_17.txt", "msg_25.txt", "msg_31.txt", "msg_41.txt"}
# Nested multiparts with one and the same boundary: the standard library stops at the first closing boundary and
# loses the parts behind it; here they are found. Number of attachments, written out.
ONE_BOUNDARY = {"msg_15.txt": 1, "msg_39.txt": 6}
# getaddresses answers one empty pair for what names nobody; here the tuple is empty.
NOBODY = [""]


def corpus() -> list[Path]:
    """The mails, or one path that does not exist, so that a missing corpus is a failing test."""
    return sorted(CORPUS.glob("msg_*.txt")) or [CORPUS / "msg_01.txt"]


def content(path: Path) -> bytes:
    assert path.exists(), MISSING
    return path.read_bytes()


def unfolded(value: object) -> str:
    return "" if value is None else "".join(str(value).splitlines())


def leaves(part: email.message.Message) -> Iterator[email.message.Message]:
    if part.get_content_maintype() == "multipart" and part.is_multipart():
        for child in part.get_payload():
            yield from leaves(child)  # type: ignore[arg-type]
    else:
        yield part


def is_shown(part: email.message.Message) -> bool:
    return (
        part.get_content_type() in ("text/plain", "text/html")
        and not part.get_filename()
        and part.get_content_disposition() != "attachment"
    )


def text_of(part: email.message.Message) -> str:
    data = part.get_payload(decode=True)
    assert isinstance(data, bytes)
    try:
        text = data.decode(part.get_content_charset("utf-8"))
    except (LookupError, UnicodeError):
        text = data.decode("latin-1")
    return text.replace("\r\n", "\n")


@pytest.fixture(params=corpus(), ids=lambda path: path.name)
def path(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


def test_subject_is_the_standard_librarys(path: Path) -> None:
    """The decoded subject of each mail equals that of email.header."""
    raw = content(path)
    assert parse(raw).subject == str(make_header(decode_header(unfolded(email.message_from_bytes(raw)["subject"]))))


def test_people_are_the_standard_librarys(path: Path) -> None:
    """The addresses of From and To of each mail equal those of email.utils.getaddresses."""
    raw = content(path)
    reference = email.message_from_bytes(raw)
    mail = parse(raw)
    for people, field in ((mail.sender, "from"), (mail.to, "to")):
        expected = [address for _, address in getaddresses([unfolded(v) for v in reference.get_all(field, [])])]
        assert [p.address for p in people] == ([] if expected == NOBODY else expected)


def test_names_are_the_standard_librarys(path: Path) -> None:
    """The names in To of each mail equal those of email.utils.getaddresses with their words decoded."""
    raw = content(path)
    values = [unfolded(v) for v in email.message_from_bytes(raw).get_all("to", [])]
    expected = [str(make_header(decode_header(name))) for name, address in getaddresses(values) if address]
    assert [p.name for p in parse(raw).to] == expected


def test_text_is_the_standard_librarys(path: Path) -> None:
    """The plain text of each mail equals the joined text/plain parts of the standard library's parse."""
    raw = content(path)
    reference = email.message_from_bytes(raw)
    shown = [p for p in leaves(reference) if p.get_content_type() == "text/plain" and is_shown(p)]
    if path.name in NO_BOUNDARY:
        assert parse(raw).text != ""
    elif shown:
        expected = "\n".join(text_of(p) for p in shown)
        if not reference.is_multipart():
            expected = expected.removesuffix("\n")  # the end of the transfer, not of the text (contract 1.3)
        assert parse(raw).text == expected


def test_attachments_are_the_standard_librarys(path: Path) -> None:
    """Number and MD5 of the attachments of each mail equal those of the standard library's leaves."""
    raw = content(path)
    found = parse(raw).attachments
    if path.name in ONE_BOUNDARY:
        assert len(found) == ONE_BOUNDARY[path.name]
        return
    expected: list[str | None] = []
    for part in leaves(email.message_from_bytes(raw)):
        if part.get_content_maintype() in ("message", "multipart"):
            # A contained message is one attachment; the standard library has no bytes of it to compare.
            expected += [None] if part.get_content_maintype() == "message" else []
        elif not is_shown(part):
            data = part.get_payload(decode=True)
            assert isinstance(data, bytes)
            expected.append(md5(data, usedforsecurity=False).hexdigest())
    assert [None if a.content_type.startswith("message/") else a.checksum for a in found] == expected


def test_corpus_is_whole() -> None:
    """All 47 mails of the corpus are there to be read, and what newer Pythons have beside them."""
    assert len(corpus()) >= 47, MISSING
