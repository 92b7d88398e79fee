"""The routes for figures of public mail."""

import pytest

from mailsockd.state.addresses import Address
from mailsockd.state.denials import Denial
from tests.api.house import NOW, House

# The MD5 of abc.
MD5 = "900150983cd24fb0d6963f7d28e17f72"
WITH_ABC = (
    b"From: Shop <Robot@shop.test>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\n\r\nHello\r\n--b\r\nContent-Type: text/csv\r\n"
    b'Content-Disposition: attachment; filename="a\xc3\xa9.csv"\r\n\r\nabc\r\n--b--\r\n'
)
DATES = "startDate=2026-11-22&endDate=2026-11-23"


@pytest.fixture
def house() -> House:
    """Two public mails to x, one to y with the attachment, and one of ada's that never counts."""
    house = House()
    house.put(b"From: robot@shop.test\r\n\r\n", inbox="x@b.test", received=NOW - 10)
    house.put(b"From: other@shop.test\r\n\r\n", inbox="x@b.test", received=NOW - 86_400)
    house.put(WITH_ABC, inbox="y@c.test", received=NOW)
    house.put(b"From: robot@shop.test\r\n\r\n", inbox="x@b.test", received=NOW - 86_401)
    house.put(WITH_ABC, inbox="mine@b.test", owner="ada", received=NOW)
    return house


@pytest.mark.parametrize(
    ("kind", "counts"),
    [
        ("top-addresses", [("x@b.test", 2), ("y@c.test", 1)]),
        ("top-senders", [("robot@shop.test", 2), ("other@shop.test", 1)]),
        ("top-domains", [("b.test", 2), ("c.test", 1)]),
    ],
)
def test_the_last_day_counts_without_dates(house: House, kind: str, counts: list[tuple[str, int]]) -> None:
    """An array of `_id` and `n`, the largest first, of the last 24 hours; limit and skip page it."""
    expected = [{"_id": name, "n": number} for name, number in counts]
    assert house.json("GET", f"/api/mailstats/{kind}") == expected
    assert house.json("GET", f"/api/mailstats/{kind}?limit=1") == expected[:1]
    assert house.json("GET", f"/api/mailstats/{kind}?skip=1") == expected[1:]
    assert house.json("GET", f"/api/mailstats/{kind}?limit=0") == []


def test_dates_bound_what_is_counted(house: House) -> None:
    """Both dates are included; with one of them it is the day before the end, or from the start until now."""
    path = "/api/mailstats/top-addresses"
    assert house.json("GET", f"{path}?startDate=2026-11-20")[0] == {"_id": "x@b.test", "n": 3}
    assert house.json("GET", f"{path}?endDate=2026-11-22T08:00:00Z") == [{"_id": "x@b.test", "n": 2}]
    assert house.json("GET", f"{path}?startDate=2026-11-22T08:01:10.004Z&endDate=2999-12-31T23:59:59.999Z") == [
        {"_id": "y@c.test", "n": 1}
    ]


@pytest.mark.parametrize(
    ("path", "errors"),
    [
        ("top-senders?startDate=soon", ["startDate: must be a date such as 2026-11-22 or 2026-11-22T08:00:00.000Z"]),
        ("top-senders?startDate=2026-11-23&endDate=2026-11-22", ["startDate: must not be after endDate"]),
        ("top-senders?limit=1001", ["limit: must be an integer from 0 to 1000"]),
        ("top-senders?skip=-1", ["skip: must be an integer from 0 to 1000000"]),
        ("common-attachments", ["startDate: is missing", "endDate: is missing"]),
        ("common-attachments?endDate=2026-11-22", ["startDate: is missing"]),
    ],
)
def test_queries_that_are_refused(house: House, path: str, errors: list[str]) -> None:
    """Each wrong or missing parameter is named."""
    answer = house.ask("GET", f"/api/mailstats/{path}")
    assert (answer.status, answer.json["validationErrors"]) == (400, errors)


def test_common_attachments(house: House) -> None:
    """Attachments of public mail are counted, listed and downloaded by their MD5, in any case of its letters."""
    path = "/api/mailstats/common-attachments"
    assert house.json("GET", f"{path}?{DATES}") == [{"_id": MD5, "n": 1}]
    assert house.json("GET", f"{path}/{MD5}/count") == {"n": 1}
    (message,) = house.json("GET", f"{path}/{MD5.upper()}")
    assert (message["inbox"], message["attachments"]) == ("y@c.test", [MD5])
    answer = house.ask("GET", f"{path}/{MD5}/download")
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, b"abc", "text/csv")
    assert answer.headers["content-disposition"].startswith("attachment; filename=")


def test_attachments_that_nobody_sent(house: House) -> None:
    """An unknown MD5 has no messages, counts 0, and cannot be downloaded."""
    path = "/api/mailstats/common-attachments/00000000000000000000000000000000"
    assert house.json("GET", f"{path}/count") == {"n": 0}
    assert house.json("GET", path) == []
    answer = house.ask("GET", f"{path}/download")
    assert (answer.status, answer.json["message"]) == (
        404,
        "There is no public attachment with the MD5 00000000000000000000000000000000.",
    )


def test_mail_of_inboxes_that_became_private_is_not_shown(house: House) -> None:
    """What was public when it came is no longer shown when the inbox is somebody's."""
    house.book.put(Address("y@c.test", "bob", NOW, NOW))
    path = f"/api/mailstats/common-attachments/{MD5}"
    assert house.json("GET", path) == []
    assert house.ask("GET", f"{path}/download").status == 404


@pytest.mark.parametrize(
    ("name", "denied"),
    [
        ("spam.example", True),
        ("www.spam.example", True),
        ("https://www.spam.example/path", True),
        ("https%3A%2F%2Fspam.example", True),
        ("192.0.2.9", True),
        ("192.0.2.0/24", True),
        ("eve@shop.example", True),
        ("shop.example", False),
        ("https://google.com", False),
        ("192.0.3.9", False),
    ],
)
def test_what_is_denied_is_told(house: House, name: str, denied: bool) -> None:
    """The list is there for accounts, and a domain, an address, an IP address or a URL is looked up in it."""
    for item in ("spam.example", "192.0.2.0/24", "eve@shop.example"):
        house.registry.denylist.put(Denial(item, NOW))
    assert house.json("GET", "/api/mailstats/blacklist") == ["192.0.2.0/24", "eve@shop.example", "spam.example"]
    assert house.json("GET", f"/api/mailstats/blacklist/{name}") == {"blacklisted": denied}


@pytest.mark.parametrize("name", ["gmail.com", "https://google.com", "192.0.2.1", "a%2Fb", "%00"])
def test_nothing_is_denied(house: House, name: str) -> None:
    """Without a rule the list is empty, and whatever is asked for, slashes and all, is not on it."""
    assert house.json("GET", "/api/mailstats/blacklist") == []
    assert house.json("GET", f"/api/mailstats/blacklist/{name}") == {"blacklisted": False}


@pytest.mark.parametrize(
    "path",
    [
        "top-addresses",
        "top-senders",
        "top-domains",
        f"common-attachments?{DATES}",
        f"common-attachments/{MD5}",
        f"common-attachments/{MD5}/count",
        f"common-attachments/{MD5}/download",
        "blacklist",
        "blacklist/gmail.com",
    ],
)
def test_a_key_is_needed(house: House, path: str) -> None:
    """Statistics are for accounts."""
    assert house.ask("GET", f"/api/mailstats/{path}", None).status == 401
