"""Attachments and HTML of a message, and everything that a browser saves, as bytes on a connection."""

import base64

import pytest

from tests.api.house import House
from tests.web.talk import request

PNG = base64.b64decode("iVBORw0KGgo=")
MAIL = b"\r\n".join(
    [
        b"From: robot@shop.test",
        b"Subject: Files",
        b"Content-Type: multipart/mixed; boundary=b",
        b"",
        b"--b",
        b"Content-Type: text/html",
        b"",
        b'<p onclick="x()">Hi <a href="https://shop.test/">you</a><script>x()</script><img src="cid:logo@shop"></p>',
        b"--b",
        b'Content-Type: text/plain; name="abc.txt"',
        b"Content-Disposition: attachment",
        b"",
        b"abc",
        b"--b",
        b"Content-Type: image/png",
        b"Content-ID: <logo@shop>",
        b"Content-Transfer-Encoding: base64",
        b"",
        b"iVBORw0KGgo=",
        b"--b",
        b"Content-Type: text/html",
        b"Content-Disposition: attachment; filename*=UTF-8''Gr%C3%BC%C3%9Fe%E2%80%AE%0D%0AX%22.html",
        b"",
        b"<script>x()</script>",
        b"--b",
        b"Content-Type: application/octet-stream",
        b"Content-ID: <part/2@shop>",
        b"Content-Disposition: attachment",
        b"",
        b"nameless",
        b"--b--",
        b"",
    ]
)
ABC = "900150983cd24fb0d6963f7d28e17f72"  # RFC 1321, appendix A.5
BASE = "/api/addresses/a@b.test/messages/m1-0/attachments"
SANDBOX = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"


@pytest.fixture
def house() -> House:
    house = House()
    house.put(MAIL)
    return house


def test_attachments_are_listed(house: House) -> None:
    """Each attachment has the documented fields in their order, in the order of the message."""
    first, second, third, fourth = house.json("GET", BASE)
    assert list(first.items()) == [
        ("checksum", ABC),
        ("contentDisposition", "attachment"),
        ("contentId", ""),
        ("contentType", "text/plain"),
        ("fileName", "abc.txt"),
        ("length", 3),
        ("transferEncoding", ""),
    ]
    assert (second["contentId"], second["contentDisposition"], second["transferEncoding"], second["length"]) == (
        "logo@shop", "inline", "base64", 8,
    )  # fmt: skip
    assert (third["contentType"], fourth["contentId"]) == ("text/html", "part/2@shop")
    assert house.json("GET", "/api/addresses/a@b.test/messages/m1-0")["attachments"][0] == ABC


def test_a_message_without_attachments_has_none(house: House) -> None:
    """The list is empty, never null."""
    house.put(b"Subject: plain\r\n\r\nText\r\n")
    assert house.ask("GET", "/api/addresses/a@b.test/messages/m2-0/attachments").body == b"[]"


@pytest.mark.parametrize(
    ("identifier", "content_type", "content"),
    [
        (ABC, "text/plain", b"abc"),
        (ABC.upper(), "text/plain", b"abc"),
        ("abc.txt", "text/plain", b"abc"),
        ("logo@shop", "image/png", PNG),
        ("<logo@shop>", "image/png", PNG),
        ("%3Clogo%40shop%3E", "image/png", PNG),
        ("part/2@shop", "application/octet-stream", b"nameless"),
        ("part%2F2%40shop", "application/octet-stream", b"nameless"),
    ],
)
def test_an_attachment_is_found_by_each_of_its_names(
    house: House, identifier: str, content_type: str, content: bytes
) -> None:
    """MD5, content id with or without brackets, and file name lead to the decoded bytes."""
    answer = house.ask("GET", f"{BASE}/{identifier}")
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, content_type, content)


@pytest.mark.parametrize("identifier", ["ABC.txt", "logo", "0" * 32, "<>", "%3C%3E", "..", "abc.txt%00"])
def test_an_unknown_attachment_is_not_found(house: House, identifier: str) -> None:
    """What names no attachment is a 404; an empty content id names none."""
    assert house.ask("GET", f"{BASE}/{identifier}").status == 404


@pytest.mark.parametrize(
    ("identifier", "disposition"),
    [
        ("abc.txt", 'attachment; filename="abc.txt"'),
        ("logo@shop", 'attachment; filename="e9dd2797018cad79186e03e8c5aec8dc"'),
    ],
)
def test_attachments_are_saved_and_never_shown(house: House, identifier: str, disposition: str) -> None:
    """A browser saves the bytes, guesses no type and runs nothing of them; nameless ones are named by their MD5."""
    answer = house.ask("GET", f"{BASE}/{identifier}")
    assert answer.headers["content-disposition"] == disposition
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == SANDBOX


def test_a_hostile_file_name_stays_in_its_header(house: House) -> None:
    """Quotes, line ends and marks that turn the writing are gone from the name that a browser is given."""
    named = house.json("GET", BASE)[2]
    answer = house.ask("GET", f"{BASE}/{named['checksum']}")
    assert answer.body == b"<script>x()</script>"
    disposition = answer.headers["content-disposition"]
    assert disposition.startswith('attachment; filename="Gr__e')
    assert disposition.endswith("X_.html")
    assert "%E2%80%AE" not in disposition
    assert "%22" not in disposition
    assert "x" not in answer.headers


def test_of_attachments_with_one_name_the_first_is_given(house: House) -> None:
    """Names are not unique; the MD5 is."""
    part = b'--b\r\nContent-Type: text/plain; name="same.txt"\r\nContent-Disposition: attachment\r\n\r\n%s\r\n'
    house.put(
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part % b"first" + part % b"second" + b"--b--\r\n",
        "c@b.test",
    )
    base = "/api/addresses/c@b.test/messages/m2-0/attachments"
    assert house.ask("GET", f"{base}/same.txt").body == b"first"
    assert house.ask("GET", f"{base}/a9f0e61a137d86aa9db53465e0801612").body == b"second"


def test_body_is_harmless(house: House) -> None:
    """Scripts, event attributes, images and links are gone, text and layout stay."""
    answer = house.ask("GET", "/api/body/a@b.test/m1-0")
    assert (answer.headers["content-type"], answer.body) == ("text/html; charset=utf-8", b"<p>Hi you</p>")
    assert answer.headers["content-security-policy"] == SANDBOX


def test_dirty_is_what_was_sent_with_its_images(house: House) -> None:
    """The HTML is unchanged but for inline images, which are in it."""
    answer = house.ask("GET", "/api/dirty/a@b.test/m1-0")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.body == (
        b'<p onclick="x()">Hi <a href="https://shop.test/">you</a><script>x()</script>'
        b'<img src="data:image/png;base64,iVBORw0KGgo="></p>'
    )
    assert answer.headers["content-security-policy"] == SANDBOX


def test_html_is_made_of_text(house: House) -> None:
    """A mail without HTML has a body and a document made from its text."""
    house.put(b"Subject: smile\r\n\r\n:)\r\n")
    assert house.ask("GET", "/api/body/a@b.test/m2-0").body == b"<div>:)<br></div>"
    assert house.ask("GET", "/api/dirty/a@b.test/m2-0").body == (
        b'<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8" /></head>'
        b"<body><div>:)<br /></div></body></html>"
    )


@pytest.mark.parametrize("accept", ["application/json", "text/plain", "*/*"])
@pytest.mark.parametrize("form", ["body", "dirty"])
def test_accept_changes_nothing(house: House, form: str, accept: str) -> None:
    """HTML is HTML whatever a client says that it accepts."""
    house.talk.send(request("GET", f"/api/{form}/a@b.test/m1-0", headers={"Mailsac-Key": "k_ada", "Accept": accept}))
    (answer,) = house.talk.answers()
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("text/a@b.test/m1-0", "m1-0.txt"),
        ("raw/a@b.test/m1-0", "m1-0.eml"),
        ("body/a@b.test/m1-0", "m1-0.html"),
        ("dirty/a@b.test/m1-0", "m1-0.html"),
        ("headers/a@b.test/m1-0", "m1-0.headers.json"),
        ("addresses/a@b.test/messages/m1-0/headers", "m1-0.headers.json"),
        ("addresses/a@b.test/messages/m1-0/headers?format=json-ordered", "m1-0.headers.json"),
        ("addresses/a@b.test/messages/m1-0/headers?format=plain", "m1-0.headers.txt"),
    ],
)
@pytest.mark.parametrize("flag", ["1", "true", "True"])
def test_download_has_a_browser_save_the_same_bytes(house: House, path: str, name: str, flag: str) -> None:
    """With download=1 the answer is the same and has a file name; without, and with download=0, it has none."""
    join = "&" if "?" in path else "?"
    shown, saved = house.ask("GET", f"/api/{path}"), house.ask("GET", f"/api/{path}{join}download={flag}")
    assert saved.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert (saved.body, saved.headers["content-type"]) == (shown.body, shown.headers["content-type"])
    assert "content-disposition" not in shown.headers
    assert "content-disposition" not in house.ask("GET", f"/api/{path}{join}download=0").headers
    assert house.ask("GET", f"/api/{path}{join}download=maybe").status == 400


@pytest.mark.parametrize(
    ("path", "threads"),
    [
        ("body/a@b.test/m2-0", 2),
        ("dirty/a@b.test/m2-0", 2),
        ("text/a@b.test/m2-0", 1),
        ("raw/a@b.test/m2-0", 0),
        ("addresses/a@b.test/messages/m2-0/attachments", 1),
        ("body/a@b.test/m1-0", 0),
        ("dirty/a@b.test/m1-0", 0),
    ],
)
def test_large_mail_is_worked_on_in_threads(house: House, path: str, threads: int) -> None:
    """Parsing much content, and making much HTML safe, is not done in the reactor; small mail needs no thread."""
    house.put(b"Content-Type: text/html\r\n\r\n<p>" + b"x" * (128 * 1024))
    house.ask("GET", f"/api/{path}")
    assert len(house.threads) == threads


def test_a_large_attachment_is_decoded_in_a_thread(house: House) -> None:
    """Of a mail with a large attachment, parsing and decoding are two jobs for threads."""
    encoded = base64.encodebytes(b"y" * (128 * 1024)).replace(b"\n", b"\r\n")
    house.put(b'Content-Type: application/zip; name="big.zip"\r\nContent-Transfer-Encoding: base64\r\n\r\n' + encoded)
    answer = house.ask("GET", "/api/addresses/a@b.test/messages/m2-0/attachments/big.zip")
    assert answer.body == b"y" * (128 * 1024)
    assert len(house.threads) == 2


def test_a_large_answer_of_a_deleted_message_is_none(house: House) -> None:
    """A message whose content went meanwhile is a 404 in all its forms."""
    house.mailbox.contents.clear()
    for path in ("text", "raw", "body", "dirty", "headers"):
        answer = house.ask("GET", f"/api/{path}/a@b.test/m1-0")
        assert (answer.status, answer.json["message"]) == (404, "Message not found by id m1-0 and inbox a@b.test")
    assert house.ask("GET", BASE).status == 404
