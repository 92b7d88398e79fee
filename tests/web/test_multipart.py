"""multipart/form-data."""

import pytest

from mailsockd.web.errors import HTTPError
from mailsockd.web.multipart import parse_multipart

TYPE = 'multipart/form-data; charset=utf-8; boundary="--x y"'


def part(name: bytes, value: bytes) -> bytes:
    return b'----x y\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name, value)


def test_parts_are_fields_in_their_order() -> None:
    """Names repeat, values keep their line ends and their boundaries that are none."""
    content = part(b"a", b"1\r\n--x") + part("ü".encode(), "grün".encode()) + part(b"a", b"") + b"----x y--\r\n"
    assert parse_multipart(content, TYPE) == [("a", "1\r\n--x"), ("ü", "grün"), ("a", "")]


def test_files_are_fields() -> None:
    """A file name and a type of its own change nothing."""
    content = (
        b"preamble\r\n----x y\r\nContent-Type: text/plain\r\n"
        b'content-disposition: form-data; filename="f.txt"; name="file"\r\n\r\ntext\r\n----x y--'
    )
    assert parse_multipart(content, TYPE) == [("file", "text")]


@pytest.mark.parametrize(
    ("content", "content_type", "message"),
    [
        (b"", "multipart/form-data", "it has no boundary."),
        (part(b"a", b"1"), "multipart/form-data; boundary=", "it has no boundary."),
        (part(b"a", b"1"), TYPE, "its last boundary is missing."),
        (b"nothing", TYPE, "its last boundary is missing."),
        (b"----x y\r\n\r\n\r\nvalue\r\n----x y--", TYPE, "a part has no name."),
        (b'----x yz\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n----x y--', TYPE, "a part has no name."),
        (b"----x y\r\nX: " + b"y" * 5_000 + b"\r\n\r\n1\r\n----x y--", TYPE, "a part has no name."),
        (part(b"a", b"\xff") + b"----x y--", TYPE, "The body is not valid UTF-8."),
        (part(b"a", b"1") * 202, TYPE, "The body has more than 200 parts."),
    ],
)
def test_rubbish_is_400(content: bytes, content_type: str, message: str) -> None:
    """Each thing that can be wrong has its sentence."""
    with pytest.raises(HTTPError) as raised:
        parse_multipart(content, content_type)
    assert raised.value.status == 400
    assert raised.value.message.endswith(message)
