"""Hostile mail in a real browser: not one script, request or dialog, wherever a payload stands."""

from base64 import b64encode
from collections.abc import Callable, Sequence

import pytest
from playwright.sync_api import FrameLocator, Page

from tests.browser.conftest import OpenWindow
from tests.browser.house import ADMIN, House
from tests.integration.clients import Talk
from tests.integration.daemon import DOMAIN
from tests.mail.payloads import PAYLOADS

HOSTILE = f"hostile@{DOMAIN}"
FOLDED = 40  # bytes of an encoded word
GROUP = 40  # payloads of one mail that has them as headers and attachments


def word(text: str) -> bytes:
    """Give a text as encoded words of a header, as long as a header may be."""
    data = text.encode()[:3000].decode("utf-8", "ignore")
    parts = [data[start : start + FOLDED] for start in range(0, len(data), FOLDED)]
    return b"\r\n ".join(b"=?utf-8?b?%s?=" % b64encode(part.encode()) for part in parts)


def quoted(text: str) -> bytes:
    """Give a text as a parameter of a header, without what would end the header."""
    plain = text.encode()[:200].decode("utf-8", "ignore").replace("\\", "\\\\").replace('"', '\\"')
    return b'"%s"' % "".join(character for character in plain if character >= " ").encode()


def page_mail(payload: str) -> bytes:
    """Write a mail that has a payload as its HTML, its subject, and the name of its sender."""
    return (
        b"From: %s <evil@evil.example>\r\nSubject: %s\r\nContent-Type: text/html; charset=utf-8\r\n%s\r\n\r\n%s\r\n"
        % (
            word(payload),
            word(payload),
            b"Content-Transfer-Encoding: base64",
            b"\r\n".join(
                b64encode(payload.encode())[start : start + 76] for start in range(0, len(payload.encode()) * 2, 76)
            ),
        )
    )


def parts_mail(payloads: Sequence[str]) -> bytes:
    """Write a mail that has payloads as headers, and as names, types and content of attachments."""
    lines = [b"From: evil@evil.example", b"Subject: parts", b'Content-Type: multipart/mixed; boundary="B"']
    lines += [b"X-%d: %s" % (number, quoted(payload)) for number, payload in enumerate(payloads)]
    lines += [b"X-Encoded-%d: %s" % (number, word(payload)) for number, payload in enumerate(payloads)]
    lines += [b"", b"--B", b"Content-Type: text/plain; charset=utf-8", b"Content-Transfer-Encoding: base64", b""]
    text = b64encode("\n".join(payloads).encode())
    lines += [text[start : start + 76] for start in range(0, len(text), 76)]
    for number, payload in enumerate(payloads):
        kind = (b"text/html", b"image/svg+xml", quoted(payload)[1:-1])[number % 3]
        lines += [b"--B", b"Content-Type: %s; name=%s" % (kind, quoted(payload))]
        lines += [
            b"Content-Disposition: attachment; filename=%s" % quoted(payload),
            b"Content-ID: <%d@x>" % number,
            b"",
        ]
        lines += [b"<script>alert(1)</script>"]
    return b"\r\n".join([*lines, b"--B--", b""])


@pytest.fixture(scope="module")
def send(house: House) -> Callable[[bytes], str]:
    """Give what sends a mail to the inbox of the administrator and gives its id."""
    house.rest("POST", f"/addresses/{HOSTILE}", {}, ADMIN)

    def sent(content: bytes) -> str:
        with Talk.begin(house.daemon) as talk:
            return talk.mail("evil@evil.example", HOSTILE, content) + "-0"

    return sent


def harmless(page: Page | FrameLocator) -> bool:
    """Tell whether there is nothing in a document that could do something."""
    could = page.locator("body :is(script, style, iframe, object, embed, form, base, link, svg, math)").count()
    return could + page.locator(":is([onerror], [onload], [onclick], [src^=http], [href^=javascript i])").count() == 0


def test_hostile_html(send: Callable[[bytes], str], open_window: OpenWindow) -> None:
    """More than two hundred payloads as HTML, subject and name are shown, with links on, and nothing happens."""
    ids = [send(page_mail(payload)) for payload in PAYLOADS]
    assert len(ids) >= 200
    window = open_window(ADMIN)
    for place, id in enumerate(ids):
        assert window.go(f"/inbox/{HOSTILE}/{id}/html?links=1").status == 200
        assert (harmless(window.page), window.faults) == (True, []), PAYLOADS[place]
    for id in ids[::8]:
        window.go(f"/inbox/{HOSTILE}/{id}?view=html&links=1")
        assert harmless(window.page.frame_locator("iframe.mail-html"))
    shown = 0
    window.go(f"/inbox/{HOSTILE}")
    while True:
        shown += window.page.locator(".row").count()
        older = window.page.get_by_role("link", name="Older")
        if not older.count():
            break
        window.go(str(older.get_attribute("href")))
    assert shown == len(ids)
    window.go("/app")
    send(page_mail("<img src=x onerror=alert(1)>"))
    window.page.locator(".row.new").wait_for()
    assert window.page.locator(".row.new .subject").inner_text() == "<img src=x onerror=alert(1)>"
    assert str(window.page.locator("#announcement").text_content()).endswith("<img src=x onerror=alert(1)>")


def test_hostile_parts(send: Callable[[bytes], str], open_window: OpenWindow) -> None:
    """The same payloads as headers, texts, and names, types and content of attachments are text in every view."""
    window = open_window(ADMIN)
    for start in range(0, len(PAYLOADS), GROUP):
        id = send(parts_mail(PAYLOADS[start : start + GROUP]))
        for view in ("text", "headers", "raw", "attachments", "json"):
            assert window.go(f"/inbox/{HOSTILE}/{id}?view={view}").status == 200
            assert window.page.locator(".view").locator("script, img, svg, iframe, form, style").count() == 0
            assert window.faults == []
        window.go(f"/inbox/{HOSTILE}/{id}?view=attachments")
        assert window.page.locator(".files a").count() >= len(PAYLOADS[start : start + GROUP]) - 1
        with window.page.expect_download() as waiting:
            window.page.locator(".files a").first.click()
        assert "/" not in waiting.value.suggested_filename
