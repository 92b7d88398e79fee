"""The pages and their static files, as bytes on a connection."""

import re

import pytest

from mailsockd.dashboard.frame import Frame
from mailsockd.dashboard.site import DashboardRoutes
from mailsockd.dashboard.static_files import read_static_files
from mailsockd.web.router import Router
from tests.dashboard.pages_house import Browser, PagesHouse
from tests.web.talk import Answer, Talk, request

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; "
    "frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


@pytest.fixture
def talk() -> Talk:
    return Talk(Router(DashboardRoutes(Frame(read_static_files()), "mail.test"), cross_origin=False))


def get(talk: Talk, path: str) -> Answer:
    talk.send(request("GET", path))
    (answer,) = talk.answers()
    return answer


def static_paths(talk: Talk) -> list[str]:
    return re.findall(r'(?:href|src)="(/static/[^"]+)"', get(talk, "/websocket-test").body.decode())


def test_the_page_is_html_that_browsers_must_not_store(talk: Talk) -> None:
    """The test page needs no key and is answered fresh each time, as a whole document."""
    answer = get(talk, "/websocket-test")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.body.startswith(b'<!DOCTYPE html>\n<html lang="en">')
    assert b"<title>Web Socket Test Page</title>" in answer.body
    assert answer.body.rstrip().endswith(b"</html>")


def test_the_page_answers_with_a_slash_at_its_end(talk: Talk) -> None:
    """A trailing slash makes no difference."""
    assert get(talk, "/websocket-test/").status == 200


@pytest.mark.parametrize("path", ["/websocket-test", "/static/0/style.css"])
def test_pages_and_files_say_what_a_browser_may_do(talk: Talk, path: str) -> None:
    """No inline script or style, no other host, no frame, no guessing of types, no referrer elsewhere."""
    headers = get(talk, path).headers
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers


def test_the_page_has_nothing_inline(talk: Talk) -> None:
    """The page holds no script text, style text or event attribute, which its own policy would forbid."""
    body = get(talk, "/websocket-test").body.decode()
    assert re.findall(r"<script[^>]*>([^<]+)</script>", body) == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:", body) == []
    assert re.findall(r'(?:href|src)="(?:[a-z]+:)?//', body) == []


def test_every_field_of_the_page_has_a_label(talk: Talk) -> None:
    """Each input is named by a label, either around it or for its id."""
    body = get(talk, "/websocket-test").body.decode()
    fields = re.findall(r'<(?:input|textarea|select) id="([a-z-]+)"', body) + re.findall(
        r'<input type="checkbox" id="([a-z-]+)"', body
    )
    labelled = re.findall(r'<label for="([a-z-]+)"', body) + re.findall(r'<label[^>]*><input[^>]* id="([a-z-]+)"', body)
    assert sorted(fields) == ["addresses", "key", "recipient", "remember"]
    assert sorted(labelled) == sorted(fields)


def test_the_example_is_an_address_that_the_server_takes_mail_for(talk: Talk) -> None:
    """The examples of the page name a domain of this server."""
    body = get(talk, "/websocket-test").body.decode()
    assert 'placeholder="user1@mail.test"' in body
    assert "<code>user1@mail.test</code>" in body


def test_a_domain_is_no_markup() -> None:
    """Whatever the configuration names as domain is text in the page."""
    router = Router(DashboardRoutes(Frame(read_static_files()), '"><b>'), cross_origin=False)
    body = get(Talk(router), "/websocket-test").body.decode()
    assert "<b>" not in body
    assert "user1@&quot;&gt;&lt;b&gt;" in body


def test_the_page_names_files_that_are_there(talk: Talk) -> None:
    """Style sheet, script and icon of the page are answered with their types, and may be kept for ever."""
    found = {path.rpartition("/")[2]: get(talk, path) for path in static_paths(talk)}
    assert {name: (answer.status, answer.headers["content-type"]) for name, answer in found.items()} == {
        "icon.svg": (200, "image/svg+xml"),
        "style.css": (200, "text/css; charset=utf-8"),
        "websocket-test.css": (200, "text/css; charset=utf-8"),
        "websocket-test.js": (200, "text/javascript; charset=utf-8"),
    }
    assert {answer.headers["cache-control"] for answer in found.values()} == {"public, max-age=31536000, immutable"}


def test_modules_import_only_modules_that_are_there(talk: Talk) -> None:
    """Every import of the page's script, and of what it imports, is a file of the same version."""
    folder = static_paths(talk)[0].rpartition("/")[0]
    waiting, seen = ["websocket-test.js"], set()
    while waiting:
        name = waiting.pop()
        answer = get(talk, f"{folder}/{name}")
        assert answer.status == 200, name
        seen.add(name)
        found = re.findall(r"from '\./([^']+)'", answer.body.decode())
        waiting += [other for other in found if other not in seen]
    assert seen == {
        "websocket-test.js", "arrivals.js", "card.js", "choices.js", "copy.js", "rest.js", "snippets.js", "socket.js",
        "state.js", "stay.js",
    }  # fmt: skip


def test_scripts_put_nothing_in_as_markup() -> None:
    """No script of any page turns text into markup or code; what mail says is put in as text."""
    scripts = {name: file.content for name, file in read_static_files().files.items() if name.endswith(".js")}
    assert len(scripts) >= 11
    for name, content in scripts.items():
        text = content.decode()
        assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|Function\(", text) == [], (
            name
        )


def test_a_file_of_another_version_is_not_kept(talk: Talk) -> None:
    """A page from before an update gets the present files, which no browser keeps under the old name."""
    answer = get(talk, "/static/0123456789abcdef/style.css")
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")


@pytest.mark.parametrize("name", ["nothing.css", "..%2Fsite.py", "%2e%2e", ".gitignore", "style.css%00"])
def test_what_is_no_file_of_the_pages_is_404(talk: Talk, name: str) -> None:
    """Only the files that were read at the start are there, whatever a name looks like."""
    assert get(talk, f"/static/0/{name}").status == 404


def test_a_head_request_has_the_length_and_no_body(talk: Talk) -> None:
    """HEAD answers the headers of GET alone."""
    length = get(talk, "/websocket-test").headers["content-length"]
    talk.send(request("HEAD", "/websocket-test"))
    (answer,) = talk.answers(heads=1)
    assert (answer.status, answer.headers["content-length"], answer.body) == (200, length, b"")


@pytest.fixture
def signed_in() -> Browser:
    browser = PagesHouse().browser()
    browser.sign_in("ada")
    return browser


def test_who_is_signed_in_needs_no_key(signed_in: Browser) -> None:
    """The page offers to listen as the account that is signed in, and to use a key all the same."""
    signed_in.go("/websocket-test")
    assert "ada, as signed in here" in signed_in.text
    assert re.findall(r'name="as"[^>]* value="([a-z]+)"', signed_in.text) == ["session", "key"]


def test_who_is_not_signed_in_is_asked_for_a_key(talk: Talk) -> None:
    """Without a session the page has only the key."""
    body = get(talk, "/websocket-test").body.decode()
    assert 'name="as"' not in body
    assert '<input id="key"' in body


def test_programs_name_the_server_as_people_reach_it() -> None:
    """The page knows the address of the server that the configuration has, if any."""
    router = Router(
        DashboardRoutes(Frame(read_static_files()), "mail.test", "https://mail.example.org"), cross_origin=False
    )
    assert 'data-url="https://mail.example.org"' in get(Talk(router), "/websocket-test").body.decode()


@pytest.mark.parametrize(("places", "led"), [(frozenset(), False), (frozenset(("/activity",)), True)])
def test_no_link_leads_to_a_page_that_is_not_there(places: frozenset[str], led: bool) -> None:
    """The page leads to Recent Activity only where the server has that page."""
    router = Router(DashboardRoutes(Frame(read_static_files(), places), "mail.test"), cross_origin=False)
    assert ('href="/activity"' in get(Talk(router), "/websocket-test").body.decode()) is led
