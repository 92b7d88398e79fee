"""The pages of mail: lists, one message in its views, and who sees which."""

import re

import pytest

from mailsockd.dashboard.mail_rows import age
from tests.dashboard.pages_house import NOW, Browser, PagesHouse

ORDER = (
    b"From: Linden Books <shop@linden.test>\r\nTo: a@mail.test\r\nSubject: Your order\r\n\r\nIt left. <b>Today</b>\r\n"
)
HTML = (
    b"From: <x@y.test>\r\nSubject: =?utf-8?q?H=C3=A9llo_=3Cb=3E?=\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="B"\r\n\r\n'
    b"--B\r\nContent-Type: text/html\r\n\r\n"
    b'<p>Hi <a href="https://y.test/go">go</a><img src="https://y.test/p.gif"><script>alert(1)</script></p>\r\n'
    b"--B\r\nContent-Type: application/pdf\r\n"
    b'Content-Disposition: attachment; filename="<i>.pdf"\r\n\r\nPDF\r\n--B--\r\n'
)


@pytest.fixture
def house() -> PagesHouse:
    return PagesHouse()


@pytest.fixture
def ada(house: PagesHouse) -> Browser:
    house.reserve("a@mail.test")
    house.reserve("b@mail.test", "admin")
    browser = house.browser()
    browser.sign_in("ada")
    return browser


def ids(browser: Browser) -> list[str]:
    return re.findall(r'data-id="(m[0-9]+-0)" data-seq', browser.text)


def test_an_inbox_lists_its_mail_newest_first(house: PagesHouse, ada: Browser) -> None:
    """The page has the address, its alias, the count, and sender, subject and age of each mail."""
    house.deliver("a@mail.test", ORDER, received=NOW - 7200)
    house.deliver("a@mail.test", HTML, received=NOW - 5, read=True)
    answer = ada.go("/inbox/A%40mail.test")
    assert (answer.status, ids(ada)) == (200, ["m2-0", "m1-0"])
    assert "<h1><bdi>a@mail.test</bdi></h1>" in ada.text
    assert f"<code>{house.book.alias('a@mail.test')}@mail.test</code>" in ada.text
    assert '<span class="tally">2 messages</span>' in ada.text
    assert "<bdi>Linden Books</bdi>" in ada.text
    assert "<bdi>Héllo &lt;b&gt;</bdi>" in ada.text
    assert re.findall(r'class="age"[^>]*>([^<]+)<|<time[^>]*>([^<]+)</time>', ada.text)
    assert ada.text.count('class="row unread"') == 1


def test_the_script_of_a_list_is_answered_in_json(house: PagesHouse, ada: Browser) -> None:
    """It has the count and the same rows as the page, by the same conditions; who may not see it gets none."""
    house.deliver("a@mail.test", ORDER, received=NOW - 7200, labels=("tax",), saved_by="ada")
    house.deliver("a@mail.test", HTML, received=NOW - 5, read=True)
    json = {"Accept": "application/json"}
    answer = ada.go("/inbox/a@mail.test?q=order", **json)
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert answer.json == {
        "tally": "2 messages",
        "messages": [
            {
                "id": "m1-0",
                "seq": 1,
                "value": "a@mail.test/m1-0",
                "from": "Linden Books",
                "subject": "Your order",
                "inbox": "a@mail.test",
                "labels": ["tax"],
                "attachments": 0,
                "folder": "inbox",
                "starred": True,
                "read": False,
                "received": "2027-01-15T06:00:00.000Z",
                "age": "2 h",
                "href": "/inbox/a@mail.test/m1-0?q=order",
            }
        ],
    }
    assert [one["attachments"] for one in ada.go("/app", **json).json["messages"]] == [1, 0]
    assert ada.go("/inbox/b@mail.test", **json).status == 404
    assert house.browser().go("/app", **json).status == 303


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "now"),
        (59, "now"),
        (60, "1 min"),
        (7199, "1 h"),
        (86_400, "1 d"),
        (6.9 * 86_400, "6 d"),
        (8 * 86_400, "7 Jan"),
        (365 * 86_400, "15 Jan 2026"),
    ],
)
def test_age(seconds: float, words: str) -> None:
    """An age is said in its largest whole unit; after a week it is the day."""
    assert age(NOW - seconds, NOW) == words


def test_a_long_list_has_pages(house: PagesHouse, ada: Browser) -> None:
    """A page has fifty messages; the next one begins below the last of them, with the same conditions."""
    for _ in range(52):
        house.deliver("a@mail.test", ORDER)
    ada.go("/inbox/a@mail.test?q=order")
    assert (len(ids(ada)), ids(ada)[-1]) == (50, "m3-0")
    older = re.findall(r'href="([^"]+)"[^>]*>Older<', ada.text)
    assert older == ["/inbox/a@mail.test?q=order&amp;before=3"]
    ada.go("/inbox/a@mail.test?q=order&before=3")
    assert ids(ada) == ["m2-0", "m1-0"]
    assert ">Older<" not in ada.text
    assert re.findall(r'href="([^"]+)"[^>]*>Newest<', ada.text) == ["/inbox/a@mail.test?q=order"]


def test_conditions_are_in_the_address_of_the_page(house: PagesHouse, ada: Browser) -> None:
    """Search, unread, starred, folder and label can be asked for by the query, and are shown in the form."""
    house.deliver("a@mail.test", ORDER, read=True)
    house.deliver("a@mail.test", HTML, saved_by="ada", labels=("x y",))
    house.deliver("a@mail.test", HTML, folder="spam")
    for query, found in (
        ("", ["m2-0", "m1-0"]),
        ("q=LINDEN", ["m1-0"]),
        ("show=unread", ["m2-0"]),
        ("show=starred", ["m2-0"]),
        ("folder=spam", ["m3-0"]),
        ("label=x%20y", ["m2-0"]),
        ("label=x", []),
        ("show=nonsense&folder=nonsense", ["m2-0", "m1-0"]),
    ):
        ada.go(f"/inbox/a@mail.test?{query}")
        assert ids(ada) == found, query
    ada.go("/inbox/a@mail.test?q=%22%3E%3Cb%3E&show=unread")
    assert 'value="&quot;&gt;&lt;b&gt;"' in ada.text
    assert '<option value="unread" selected="selected">' in ada.text
    assert ada.go("/inbox/a@mail.test?before=x").status == 400


def test_the_unified_inbox_and_the_starred_messages(house: PagesHouse, ada: Browser) -> None:
    """Both show what belongs to the account, of one address when that is chosen, and nothing of others."""
    house.reserve("c@mail.test")
    house.deliver("a@mail.test", ORDER)
    house.deliver("c@mail.test", ORDER, saved_by="ada")
    house.deliver("b@mail.test", ORDER)
    house.deliver("public@mail.test", ORDER)
    ada.go("/app")
    assert ids(ada) == ["m2-0", "m1-0"]
    assert "2 unread of 2 messages" in ada.text
    assert 'href="/app/c@mail.test/m2-0"' in ada.text
    ada.go("/app?address=a@mail.test")
    assert ids(ada) == ["m1-0"]
    assert ada.go("/app?address=b@mail.test").status == 404
    ada.go("/starred")
    assert ids(ada) == ["m2-0"]


def test_another_account_has_no_inbox(house: PagesHouse, ada: Browser) -> None:
    """The inbox of another account, and its messages, are answered as what is not there."""
    message = house.deliver("b@mail.test", ORDER)
    pages = [ada.go(f"/inbox/b@mail.test{rest}") for rest in ("", f"/{message.id}", f"/{message.id}/html", "/m9-0")]
    assert [page.status for page in pages] == [404, 404, 404, 404]
    assert b"order" not in b"".join(page.body for page in pages)
    assert ada.go(f"/app/b@mail.test/{message.id}").status == 404
    assert ada.go(f"/inbox/a@mail.test/{message.id}").status == 404


def test_nobody_signs_in_first(house: PagesHouse) -> None:
    """Without a session the pages lead to the form; a public inbox does not when the configuration opens it."""
    house.reserve("a@mail.test")
    message = house.deliver("open@mail.test", ORDER)
    browser = house.browser()
    for path in ("/app", "/starred", "/inbox/open@mail.test"):
        answer = browser.go(path)
        assert (answer.status, answer.headers["location"][:13]) == (303, "/login?next=%"), path
    house.public = True
    assert browser.go("/inbox/open@mail.test").status == 200
    assert ids(browser) == [message.id]
    assert "<button" not in re.sub(r"<form method=\"get\".*?</form>", "", browser.text, flags=re.DOTALL)
    assert browser.go(f"/inbox/open@mail.test/{message.id}").status == 200
    assert browser.go("/inbox/a@mail.test").status == 404


def test_a_script_with_a_key_gets_the_page(house: PagesHouse) -> None:
    """A key in the header is as good as a session for reading; a wrong one is refused."""
    house.reserve("a@mail.test")
    browser = house.browser()
    answer = browser.go("/inbox/new@mail.test", **{"Mailsac-Key": "k_ada"})
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert browser.go("/inbox/a@mail.test", **{"Mailsac-Key": "k_ada"}).status == 200
    assert browser.go("/inbox/a@mail.test", **{"Mailsac-Key": "k_admin"}).status == 404
    assert browser.go("/inbox/new@mail.test", **{"Mailsac-Key": "k_wrong"}).status == 401


def test_a_message_of_text_shows_it(house: PagesHouse, ada: Browser) -> None:
    """A mail without HTML is shown as text, and its markup is text too."""
    message = house.deliver("a@mail.test", ORDER)
    ada.go(f"/inbox/a@mail.test/{message.id}")
    assert "<title>Your order</title>" in ada.text
    assert "It left. &lt;b&gt;Today&lt;/b&gt;</pre>" in ada.text
    assert "<iframe" not in ada.text
    assert f'href="/api/raw/a@mail.test/{message.id}?download=1"' in ada.text
    assert 'href="/inbox/a@mail.test">Back to the list<' in ada.text


def test_a_message_of_html_is_in_a_frame(house: PagesHouse, ada: Browser) -> None:
    """The frame may run nothing and is told nothing; images and links of other hosts wait until they are asked for."""
    message = house.deliver("a@mail.test", HTML)
    path = f"/inbox/a@mail.test/{message.id}"
    ada.go(path)
    (frame,) = re.findall(r"<iframe([^>]*)>", ada.text)
    assert f'src="{path}/html"' in frame
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in frame
    assert 'referrerpolicy="no-referrer"' in frame
    assert "1 image of another host is not shown" in ada.text
    assert f'href="{path}?view=html&amp;images=1"' in ada.text
    assert f'href="{path}?view=html&amp;links=1"' in ada.text
    ada.go(f"{path}?images=1&links=1")
    assert f'src="{path}/html?images=1&amp;links=1"' in ada.text
    assert "not shown" not in ada.text


def test_the_frame_allows_nothing(house: PagesHouse, ada: Browser) -> None:
    """What is in the frame has the policy of hostile content, and neither scripts, nor images, nor links."""
    message = house.deliver("a@mail.test", HTML)
    answer = ada.go(f"/inbox/a@mail.test/{message.id}/html")
    assert answer.headers["content-security-policy"] == (
        "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; "
        "frame-ancestors 'self'"
    )
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert '<body><p>Hi <a title="https://y.test/go">go</a></p></body>' in ada.text
    answer = ada.go(f"/inbox/a@mail.test/{message.id}/html?images=1&links=1")
    assert answer.headers["content-security-policy"].startswith(
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data: http: https:; "
    )
    assert '<a href="https://y.test/go" title="https://y.test/go" target="_blank" ' in ada.text
    assert '<img alt="" src="https://y.test/p.gif">' in ada.text


def test_the_views_of_a_message(house: PagesHouse, ada: Browser) -> None:
    """Headers, raw, attachments and JSON are views of their own, all of them text in the page."""
    message = house.deliver("a@mail.test", HTML)
    path = f"/inbox/a@mail.test/{message.id}"
    ada.go(f"{path}?view=headers")
    assert "<dt>Received</dt><dd>from " in ada.text
    assert "<dt>Subject</dt><dd>=?utf-8?q?H=C3=A9llo_=3Cb=3E?=</dd>" in ada.text
    ada.go(f"{path}?view=raw")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in ada.text
    ada.go(f"{path}?view=attachments")
    (checksum,) = message.summary.attachments
    assert f'href="/api/addresses/a@mail.test/messages/{message.id}/attachments/{checksum}"' in ada.text
    assert "<bdi>&lt;i&gt;.pdf</bdi>" in ada.text
    ada.go(f"{path}?view=json")
    assert '"status": 200,' in ada.text.replace("&quot;", '"')
    assert '"subject": "Héllo &lt;b&gt;"' in ada.text.replace("&quot;", '"')
    ada.go(f"{path}?view=nonsense")
    assert "<iframe" in ada.text


def test_changes_of_several_messages(house: PagesHouse, ada: Browser) -> None:
    """The form of a list changes all that are ticked, and leads back to the list."""
    for _ in range(3):
        house.deliver("a@mail.test", ORDER)
    ada.go("/inbox/a@mail.test")
    both = ["a@mail.test/m1-0", "a@mail.test/m2-0"]

    def do(change: str, **fields: str) -> str:
        fields = {"do": change, "back": "/inbox/a@mail.test?q=order", **fields}
        answer = ada.post("/mail", [*fields.items(), *(("message", name) for name in both)])
        assert answer.status == 303
        return answer.headers["location"]

    assert do("read") == "/inbox/a@mail.test?q=order"
    assert [message.read for message in house.mailbox.messages] == [True, True, None]
    do("unread")
    assert [message.read for message in house.mailbox.messages] == [False, False, None]
    do("star")
    do("star")
    assert [message.saved_by for message in house.mailbox.messages] == ["ada", "ada", None]
    do("unstar")
    assert [message.saved_by for message in house.mailbox.messages] == [None, None, None]
    do("label", label=" x/y ")
    assert [message.labels for message in house.mailbox.messages] == [("x/y",), ("x/y",), ()]
    assert do("label", label=" ") == "/inbox/a@mail.test?q=order&done=label&n=1"
    assert do("move", folder="trash") == "/inbox/a@mail.test?q=order&done=moved&n=2"
    assert [message.folder for message in house.mailbox.messages] == ["trash", "trash", "inbox"]
    assert do("delete") == "/inbox/a@mail.test?q=order&done=deleted&n=2"
    assert [message.id for message in house.mailbox.messages] == ["m3-0"]
    ada.go("/inbox/a@mail.test?done=deleted&n=2")
    assert "2 messages were deleted." in ada.text
    assert do("delete") == "/inbox/a@mail.test?q=order&done=deleted&n=0"


def test_changes_of_one_message(house: PagesHouse, ada: Browser) -> None:
    """A star is toggled from the list, a label is taken from the message, and a deleted one leads to its list."""
    message = house.deliver("a@mail.test", ORDER, labels=("x", "y"))
    name, path = f"a@mail.test/{message.id}", f"/app/a@mail.test/{message.id}"
    ada.go(path)
    assert ada.send("/mail", {"star": name, "back": path}).headers["location"] == path
    assert house.mailbox.messages[0].saved_by == "ada"
    ada.send("/mail", {"star": name, "back": path})
    assert house.mailbox.messages[0].saved_by is None
    ada.send("/mail", {"unlabel": "x", "message": name, "back": path})
    assert house.mailbox.messages[0].labels == ("y",)
    answer = ada.send("/mail", {"do": "delete", "message": name, "back": path, "list": "/app?show=unread"})
    assert answer.headers["location"] == "/app?show=unread&done=deleted&n=1"
    assert house.mailbox.messages == []


def test_what_is_not_the_users_own_change_is_refused(house: PagesHouse, ada: Browser) -> None:
    """Without the token, without a session, of another account's mail, or as something else, nothing is changed."""
    message = house.deliver("a@mail.test", ORDER)
    other = house.deliver("b@mail.test", ORDER)
    ada.go("/app")
    name = f"a@mail.test/{message.id}"
    assert ada.send("/mail", {"do": "delete", "message": name, "_csrf": "0"}).status == 403
    assert ada.send("/mail", {"do": "delete", "message": name}, Origin="https://evil.test").status == 403
    assert house.browser().send("/mail", {"do": "delete", "message": name}).headers["location"] == "/login"
    assert ada.send("/mail", {"do": "burn", "message": name}).status == 400
    ada.send("/mail", {"do": "delete", "message": f"b@mail.test/{other.id}"})
    ada.send("/mail", {"do": "star", "message": f"b@mail.test/{other.id}"})
    assert [one.saved_by for one in house.mailbox.messages] == [None, None]
    assert ada.send("/mail", {"do": "read", "back": "//evil.test"}).headers["location"] == "/app?done=none&n=0"
    assert ada.post("/mail", [("do", "read"), *[("message", name)] * 101]).status == 400


@pytest.mark.parametrize(
    ("query", "location"),
    [
        ("local=anything&domain=mail.test", "/inbox/anything@mail.test"),
        ("local=anything", "/inbox/anything@mail.test"),
        ("local=a%2Bb@other.test&domain=mail.test", "/inbox/a%2Bb@other.test"),
        ("email=a/b@mail.test", "/inbox/a%2Fb@mail.test"),
        ("", "/"),
        ("local=&domain=mail.test", "/"),
    ],
)
def test_check_the_mail(house: PagesHouse, query: str, location: str) -> None:
    """The form of the front page leads to the inbox that it names."""
    assert house.browser().go(f"/check-mail?{query}").headers["location"] == location


def test_the_front_page_asks_for_an_inbox(house: PagesHouse) -> None:
    """The front page has the form, with the domains of the server."""
    browser = house.browser()
    browser.go("/")
    assert 'action="/check-mail"' in browser.text
    assert '<option value="mail.test">mail.test</option>' in browser.text
    assert ">Check the mail!</button>" in browser.text


def test_every_page_leads_to_any_inbox(house: PagesHouse, ada: Browser) -> None:
    """The navigation of who is signed in has the form that checks the mail of any address; others' pages have none."""
    ada.go("/dashboard")
    form = ada.text.partition('<form method="get" action="/check-mail" class="any-inbox">')[2].partition("</form>")[0]
    assert 'name="local"' in form
    assert '<option value="mail.test">@mail.test</option>' in form
    assert "Check the mail!" in form
    nobody = house.browser()
    nobody.go("/login")
    assert "any-inbox" not in nobody.text
