"""Health: what an administrator sees of the daemon, and that nobody else does."""

import re

import pytest

from mailsockd.actions.health import Facts, Health, Served, Sources
from mailsockd.actions.retention import Kept, Retention, Room
from mailsockd.dashboard.health import HealthPageRoutes
from mailsockd.state.activity import Kind
from tests.control.house import House as ControlHouse
from tests.dashboard.pages_house import NOW, Browser, PagesHouse
from tests.memory_retention import MemoryRetention

DAY = 86_400
GIB = 1024**3


class HealthHouse(PagesHouse):
    """The pages, and a Health whose sources are the test's."""

    def __init__(self) -> None:
        super().__init__()
        self.down: list[str] = []
        self.served: list[Served] = []
        kept = Kept(total_bytes=4 * GIB, free_disk=GIB)
        retention = Retention(MemoryRetention(self.mailbox), self.accounts, self.activity, kept, lambda: NOW)
        retention.room = Room(GIB, 0, 10 * GIB)
        self.retention = retention
        sources = Sources(
            config=lambda: "/etc/mailsockd/mailsockd.yaml",
            domains=lambda: ["mail.test"],
            listeners=lambda: {"smtp.listen": ["0.0.0.0:25", "[::]:25"], "pop3.listen": []},
            down=lambda: self.down,
            certificates=lambda: self.served,
            queued=lambda: 1234,
            started=lambda: True,
            touch=self.flush,
            monotonic=lambda: 90_000.0,
            now=lambda: NOW,
        )
        facts = Facts("0.1.0", 0.0, "/var/lib/mailsockd", "sqlite", {"Python": "3.11", "SQLite": "3.40"})
        self.health = Health(facts, self.registry, self.subscriptions, self.activity, retention, sources)

    def visit(self, name: str) -> Browser:
        """Open the page as an account."""
        browser = self.browser(*self.pages(), HealthPageRoutes(self.frame, self.health))
        browser.sign_in(name)
        browser.go("/admin/health")
        return browser


@pytest.fixture
def house() -> HealthHouse:
    return HealthHouse()


def checks(browser: Browser) -> list[tuple[str, str, str]]:
    found = r'<li><span class="badge[^"]*">([^<]+)</span> <strong>([^<]+)</strong> <span class="hint">([^<]+)<'
    return re.findall(found, browser.text)


def figures(browser: Browser) -> dict[str, str]:
    return dict(re.findall(r"<div><dt>([^<]+)</dt><dd>([^<]+)</dd></div>", browser.text))


def test_for_others_there_is_no_such_page(house: HealthHouse) -> None:
    """Who is no administrator is answered as for a path that is not there, and nobody is sent to sign in."""
    browser = house.visit("ada")
    assert browser.page.status == 404
    assert "There is no such page." in browser.text
    assert "0.0.0.0:25" not in browser.text
    browser.cookie = ""
    browser.go("/admin/health")
    assert (browser.page.status, browser.page.headers["location"]) == (303, "/login?next=%2Fadmin%2Fhealth")


def test_everything_is_right(house: HealthHouse) -> None:
    """Each thing that is looked at is OK, and says what that means."""
    house.served = [Served("/a.pem", ("a.test",), NOW + 30 * DAY)]
    assert checks(house.visit("admin")) == [
        ("OK", "Start", "Everything that a start does is done."),
        ("OK", "Storage", "What is to be written gets to the disk."),
        ("OK", "Room", "There is room for more mail."),
        ("OK", "Listeners", "Everything that should listen does."),
        ("OK", "Certificates", "None ends within 14 days."),
    ]


def test_without_a_certificate_none_is_right(house: HealthHouse) -> None:
    """Nothing is said to be right that is not there; the page says what comes in clear."""
    house.served = []
    browser = house.visit("admin")
    assert [name for _, name, _ in checks(browser)] == ["Start", "Storage", "Room", "Listeners"]
    assert "passwords and mail come in clear" in browser.text


def test_what_is_wrong_is_said_where_it_belongs(house: HealthHouse) -> None:
    """A listener that is gone and a certificate that ends soon are troubles."""
    house.down = ["0.0.0.0:25 (smtp.listen)"]
    house.served = [Served("/a.pem", ("a.test", "<b>"), NOW + 3 * DAY), Served("/b.pem", (), NOW - 1)]
    browser = house.visit("admin")
    assert checks(browser)[3:] == [
        ("Trouble", "Listeners", "Nothing listens on 0.0.0.0:25 (smtp.listen)."),
        ("Trouble", "Certificates", "The certificate /a.pem ends in 3 days. The certificate /b.pem has ended."),
    ]
    assert "<td>a.test, &lt;b&gt;</td>" in browser.text
    assert ", 3 days left</td><td><code>/a.pem</code>" in browser.text
    assert "<td>no name</td>" in browser.text
    assert ", has ended</td>" in browser.text


def test_figures(house: HealthHouse) -> None:
    """What was counted, what is stored of what may be, and what the disk has left."""
    house.reserve("user1@mail.test")
    for _ in range(1000):
        house.activity.record(Kind.STORED, message="m-0")
    house.activity.record(Kind.REJECTED, text="550 5.1.1 no")
    browser = house.visit("admin")
    assert figures(browser) == {
        "Running for": "1 d 1 h",
        "Open web sockets": "0",
        "Deliveries queued": "1,234",
        "Messages received": "1,000",
        "Commands refused": "1",
        "Messages evicted": "0",
        "Accounts": "4",
        "Reserved addresses": "1",
        "Stored mail, of 4.0 GiB": "1.0 GiB",
        "The disk has left": "10.0 GiB",
    }
    assert 'class="filled" width="25.0%"' in browser.text
    assert "With less than 1.0 GiB no more mail is taken." in browser.text
    assert "<dt>smtp.listen</dt><dd><code>0.0.0.0:25</code> <code>[::]:25</code> </dd>" in browser.text
    assert "pop3.listen" not in browser.text
    assert "<dd>Python 3.11, SQLite 3.40</dd>" in browser.text


def test_without_bounds_none_are_said(house: HealthHouse) -> None:
    """A store that may grow for ever has no line that fills."""
    house.retention.keep(Kept(total_bytes=0, free_disk=0))
    browser = house.visit("admin")
    assert figures(browser)["Stored mail"] == "1.0 GiB"
    assert "It has no bound." in browser.text
    assert 'class="share"' not in browser.text
    assert "no more mail is taken" not in browser.text


def test_page_and_mailsockctl_status_agree(house: HealthHouse) -> None:
    """The numbers of one daemon are the same in both."""
    control = ControlHouse()
    control.json("POST", "accounts", {"_id": "ada"})
    control.receive("a@mail.test", b"Subject: x\r\n\r\nx")
    control.activity.record(Kind.REJECTED, text="550 5.1.1 no")
    house.health = control.health
    shown, status = figures(house.visit("admin")), control.json("GET", "status")
    counted = ("Messages received", "received"), ("Commands refused", "rejected"), ("Deliveries queued", "queued")
    assert {words: shown[words] for words, _ in counted} == {words: f"{status[key]}" for words, key in counted}
    assert (status["received"], status["rejected"], status["queued"]) == (1, 1, 3)
