"""The Web Socket Test Page against a daemon that really comes and goes."""

import json
import os
import re
import subprocess
import sys
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenWindow, sign_in
from tests.browser.house import ADA, ALERTS, BOB, NOBODY, ORDERS, SIGNUP, House
from tests.browser.window import Window
from tests.integration.daemon import DOMAIN, ROOT

LISTENING = "Listening to 1 address"


def state(page: Page, text: str) -> None:
    expect(page.locator("#state-text")).to_have_text(text)


@pytest.fixture
def listening(open_window: OpenWindow) -> Window:
    """A window of Ada's whose page listens to the orders."""
    window = open_window(ADA)
    window.go(f"/websocket-test?addresses={ORDERS}")
    expect(window.page.get_by_role("checkbox", name=ORDERS)).to_be_checked()
    window.button("Connect").click()
    state(window.page, LISTENING)
    return window


def with_key(window: Window, key: str, addresses: str) -> None:
    """Connect by a key."""
    window.go("/websocket-test")
    if window.page.locator("#as-key").count():
        window.page.locator("#as-key").check()
    window.page.get_by_label("API key", exact=True).fill(key)
    window.page.locator("#addresses").fill(addresses)
    window.button("Connect").click()


def test_own_addresses_are_ticked(open_window: OpenWindow) -> None:
    """Who is signed in sees each own address with the state of its web socket setting, and a link to change it."""
    window = open_window(ADA)
    window.go("/websocket-test")
    choices = window.page.locator("#choices li")
    expect(choices.filter(has_text=SIGNUP).get_by_role("link")).to_have_text("WS")
    expect(choices.filter(has_text=ALERTS).get_by_role("link")).to_have_text("off")
    choices.filter(has_text=ALERTS).get_by_role("link").click()
    expect(window.page.get_by_role("heading", name=ALERTS)).to_be_visible()


def test_a_key_lists_its_addresses(house: House, open_window: OpenWindow) -> None:
    """Without a session a key has its account's addresses shown, to be ticked, and mail comes."""
    window = open_window(NOBODY)
    window.go("/websocket-test")
    window.page.get_by_label("API key", exact=True).fill(house.keys[ADA])
    window.button("Show its addresses").click()
    window.page.get_by_role("checkbox", name=SIGNUP).check()
    window.button("Connect").click()
    state(window.page, LISTENING)
    expect(window.page.locator("#listens")).to_have_text(SIGNUP)
    house.mail(SIGNUP, "By key", "Text")
    expect(window.page.locator(".card")).to_contain_text("By key")


def test_a_mail_is_a_card(house: House, listening: Window) -> None:
    """A card has time, sender, recipient, subject, text and latency, and unfolds the frame as it came."""
    id = house.mail(ORDERS, "Parcel", "At the door", "Post <post@carrier.example>")
    card = listening.page.locator(".card")
    expect(card.get_by_role("heading")).to_have_text("Parcel")
    expect(card.locator(".facts")).to_have_text(re.compile(rf"FromPost <post@carrier\.example>To{ORDERS}"))
    expect(card.locator(".text")).to_have_text("At the door")
    expect(card.locator("footer .hint")).to_have_text(re.compile(r"^here after \d+(\.\d)? m?s · \d+ bytes$"))
    stored = house.rest("GET", f"/addresses/{ORDERS}/messages/{id}")
    assert card.locator("time").get_attribute("datetime") == stored["received"]
    card.locator("summary").click()
    expect(card.locator("pre")).to_contain_text(id)
    frame = json.loads(card.locator("pre").inner_text())
    assert (frame["_id"], frame["status"], frame["text"]) == (id, 200, "At the door")
    expect(listening.page.locator("#announcement")).to_have_text("Mail from Post <post@carrier.example>: Parcel")
    expect(listening.page).to_have_title("(1) Web Socket Test Page")


def test_mail_is_text_never_markup(house: House, listening: Window) -> None:
    """What a stranger writes is shown as it is, and none of it runs."""
    attack = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    house.mail(ORDERS, attack, attack)
    expect(listening.page.locator(".card h3")).to_have_text(attack)
    expect(listening.page.locator(".card .text")).to_have_text(attack)


def test_the_listening_frame_is_shown(listening: Window) -> None:
    """The first frame is there to be read."""
    listening.page.locator("#listening > summary").click()
    expect(listening.page.locator("#listening-json")).to_be_visible()
    shown = json.loads(listening.page.locator("#listening-json").inner_text())
    assert shown == {"status": 200, "msg": "Listening", "addresses": [ORDERS], "domains": []}


def test_a_test_mail_is_sent_from_the_page(listening: Window) -> None:
    """The server sends the address a mail when asked, and it arrives on the page like any other."""
    listening.button("Send").click()
    expect(listening.page.locator("#send-result")).to_have_text(re.compile(rf"^Stored for {ORDERS} as \S+\.$"))
    expect(listening.page.locator(".card")).to_contain_text(ORDERS)


def test_disconnecting_stops_it(listening: Window) -> None:
    """Disconnect closes the socket, says so, and nothing is tried again."""
    listening.button("Disconnect").click()
    state(listening.page, "Disconnected by you")
    expect(listening.page.locator("#retry")).to_be_hidden()
    expect(listening.button("Connect")).to_be_focused()
    listening.page.locator("#log > summary").click()
    expect(listening.page.locator("#log-lines li").first).to_contain_text("Disconnected by you.")


def test_a_wrong_key_is_not_tried_again(open_window: OpenWindow) -> None:
    """A refused key ends it with the reason, and no countdown begins."""
    window = open_window(NOBODY)
    with_key(window, "k_wrong", ORDERS)
    state(window.page, "Not connected")
    expect(window.page.locator("#reason")).to_have_text(
        "Refused (401): Not authorized. You may need to log in first. Is the API key right?"
    )
    expect(window.page.locator("#retry")).to_be_hidden()


def test_what_is_missing_is_said(open_window: OpenWindow) -> None:
    """Without an address, and without a key, the page says what to do and opens no socket."""
    window = open_window(NOBODY)
    window.go("/websocket-test")
    window.button("Connect").click()
    expect(window.page.locator("#reason")).to_have_text("Tick an address, or type one.")
    window.page.locator("#addresses").fill(ORDERS)
    window.button("Connect").click()
    expect(window.page.locator("#reason")).to_have_text("Type an API key of the account.")
    expect(window.page.get_by_label("API key", exact=True)).to_be_focused()
    expect(window.page.locator("#log")).to_be_hidden()


def test_an_address_of_nobody_is_offered(house: House, open_window: OpenWindow) -> None:
    """The page offers to reserve an address that nobody has, and listens to it then."""
    address = f"fresh@{DOMAIN}"
    window = open_window(BOB)
    window.go("/websocket-test")
    expect(window.page.locator("#own-state")).to_contain_text("The account has no address yet.")
    window.page.locator("#addresses").fill(address)
    window.button("Connect").click()
    expect(window.page.locator("#reason")).to_contain_text("Refused (403)")
    window.button("Reserve it").click()
    state(window.page, LISTENING)
    assert house.rest("GET", f"/addresses/{address}", who=BOB)["enablews"] is True
    house.rest("DELETE", f"/addresses/{address}", who=BOB)
    state(window.page, "Not connected")


def test_forwarding_that_is_off_is_switched_on(house: House, open_window: OpenWindow) -> None:
    """A ticked address whose mail does not go to sockets is named, and one button mends it."""
    window = open_window(ADA)
    house.rest("PUT", f"/addresses/{ALERTS}", {"enablews": False})
    window.go(f"/websocket-test?addresses={ALERTS}")
    expect(window.page.get_by_role("checkbox", name=ALERTS)).to_be_checked()
    window.button("Connect").click()
    expect(window.page.locator("#notices")).to_contain_text(f"web socket forwarding is off for {ALERTS}")
    window.button("Switch it on").click()
    expect(window.page.locator("#notices")).to_be_empty()
    state(window.page, LISTENING)
    assert house.rest("GET", f"/addresses/{ALERTS}")["enablews"] is True
    house.rest("PUT", f"/addresses/{ALERTS}", {"enablews": False})


def test_a_session_that_ends_ends_its_socket(house: House, open_window: OpenWindow) -> None:
    """Signing out in another tab closes the socket; the page says why and does not go on for ever."""
    window = open_window(NOBODY)
    sign_in(window, ADA, house.passwords[ADA])
    window.go(f"/websocket-test?addresses={ORDERS}")
    expect(window.page.get_by_role("checkbox", name=ORDERS)).to_be_checked()
    window.button("Connect").click()
    state(window.page, LISTENING)
    other = window.context.new_page()
    other.goto(f"{window.origin}/dashboard")
    other.locator("header summary").click()
    other.get_by_role("button", name="Sign Out").click()
    expect(window.page.locator("#reason")).to_contain_text("You are not signed in any more: reload the page.")
    state(window.page, "Not connected")
    window.page.locator("#log > summary").click()
    expect(window.page.locator("#log-lines")).to_contain_text("(1008: the browser's session is over)")


def test_it_comes_back_with_the_server(house: House, listening: Window) -> None:
    """While the server is away the page says why and counts down to the next try; then it listens again."""
    page = listening.page
    with listening.expecting("ERR_CONNECTION_REFUSED"):
        house.daemon.stop()
        expect(page.locator("#reason")).to_have_text(
            "The server is stopping or restarting. (1001: the server is going away)"
        )
        expect(page.locator("#retry")).to_be_visible()
        expect(page.locator("#seconds")).to_have_text(re.compile(r"^\d+$"))
        state(page, "Disconnected")
        expect(page.locator("#reason")).to_have_text("The server does not answer. Is it running?")
        house.daemon.start()
        page.evaluate("dispatchEvent(new Event('online'))")
        state(page, LISTENING)
    expect(page.locator("#retry")).to_be_hidden()
    expect(page.locator("#reason")).to_be_hidden()
    expect(page.locator("#notices")).to_contain_text("is not shown here. It is in the inbox.")
    house.mail(ORDERS, "After the restart", "Text")
    expect(page.locator(".card")).to_contain_text("After the restart")


def pauses(page: Page, *calls: str) -> list[Any]:
    """Call the function that decides how long to wait."""
    found = page.evaluate(
        "async (calls) => { const at = document.querySelector('script').src;"
        " const {pause} = await import(at.replace('websocket-test.js', 'stay.js'));"
        " return calls.map((call) => pause(...JSON.parse(call))) }",
        list(calls),
    )
    assert isinstance(found, list)
    return found


def test_pauses_grow_and_differ(open_window: OpenWindow) -> None:
    """Each pause is up to twice the one before, at most a minute, at random in its upper half; longer where crowded."""
    page = open_window(NOBODY)
    page.go("/websocket-test")
    assert pauses(page.page, "[0,0,1]", "[0,0,0]", "[1,0,1]", "[5,0,0.5]", "[50,0,1]", "[0,429,0]") == [
        1, 0.5, 2, 24, 60, 7.5,
    ]  # fmt: skip


def shown(window: Window, language: str) -> str:
    """Choose a program and give it."""
    window.button(language).click()
    return window.page.locator("#snippet").inner_text()


@pytest.fixture
def snippets(house: House, open_window: OpenWindow) -> Window:
    """A window with the programs for one address, by Ada's key."""
    window = open_window(NOBODY)
    window.go("/websocket-test")
    window.page.locator("#snippets > summary").click()
    window.page.get_by_label("API key", exact=True).fill(house.keys[ADA])
    window.page.locator("#addresses").fill(ORDERS)
    return window


def test_programs_hide_the_key_until_asked(house: House, snippets: Window) -> None:
    """Each program is filled in with what was typed, its key masked until somebody asks for it."""
    key = house.keys[ADA]
    address = ORDERS.replace("@", "%40")
    for language in ("Node", "Python", "wscat", "curl"):
        text = shown(snippets, language)
        assert key not in text
        assert f"…{key[-4:]}" in text
        assert address in text
        assert snippets.origin.partition("//")[2] in text
    snippets.button("Show the key").click()
    url = f"ws{snippets.origin[4:]}/incoming-messages?key={key}&addresses={address}"
    assert shown(snippets, "wscat") == f"# npm install -g wscat\nwscat --connect '{url}'\n"


@pytest.mark.parametrize(("language", "words"), [("Node", ["node", "-e"]), ("Python", [sys.executable, "-u", "-c"])])
def test_a_program_works_as_it_is_pasted(house: House, snippets: Window, language: str, words: list[str]) -> None:
    """The program listens and prints the mail that comes."""
    snippets.button("Show the key").click()
    text = shown(snippets, language)
    environment = {**os.environ, "NODE_PATH": str(ROOT / "tests/integration/node_modules")}
    process = subprocess.Popen([*words, text], env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        assert "Listening" in process.stdout.readline()
        house.mail(ORDERS, "For the program", "One line")
        assert process.stdout.readline().startswith("robot@shop.example For the program One line")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_the_calls_work_as_they_are_pasted(house: House, snippets: Window) -> None:
    """The lines for curl switch forwarding on, send a test mail, and read it."""
    snippets.page.locator("#addresses").fill(ALERTS)
    snippets.button("Show the key").click()
    done = subprocess.run(
        ["bash", "-ec", shown(snippets, "curl")], capture_output=True, text=True, timeout=30, check=True
    )
    assert house.rest("GET", f"/addresses/{ALERTS}")["enablews"] is True
    assert f'"inbox":"{ALERTS}"' in done.stdout
    house.rest("PUT", f"/addresses/{ALERTS}", {"enablews": False})


def test_nothing_typed_becomes_a_part_of_a_program(tmp_path: Any, snippets: Window) -> None:
    """Quotes and commands in an address stay inside its text."""
    mark = tmp_path / "mark"
    snippets.page.locator("#addresses").fill(f"a'$(touch\u00a0{mark})`touch${{IFS}}{mark}`\"+b@{DOMAIN}")
    snippets.button("Show the key").click()
    for language in ("curl", "wscat"):
        subprocess.run(["bash", "-c", f"wscat() {{ :; }}; curl() {{ :; }}; {shown(snippets, language)}"], check=True)
    subprocess.run([sys.executable, "-c", f"compile({shown(snippets, 'Python')!r}, 'x', 'exec')"], check=True)
    assert not mark.exists()
