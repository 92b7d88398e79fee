"""Which names may be claimed, and which are given away."""

import pytest

from mailsockd.state.domain_names import hosted_parent, unclaimable, unhostable


@pytest.mark.parametrize(
    "name", ["a.test", "shop.example.org", "1.a.co", "xn--bcher-kva.test", f"{'a' * 63}.test", "a-b.c-d"]
)
def test_names_of_hosts_can_be_claimed(name: str) -> None:
    """Two labels or more, of letters, digits and inner dashes."""
    assert unclaimable(name) is None


HOST = "is not the name of a host: letters, digits and inner dashes, the last label beginning with a letter"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("com", "has one label; a domain needs at least two, such as example.org"),
        ("localhost", "has one label; a domain needs at least two, such as example.org"),
        ("[192.0.2.1]", "is an address literal; only a domain can be claimed"),
        ("[ipv6:::1]", "is an address literal; only a domain can be claimed"),
        ("192.0.2.1", HOST),
        ("_dmarc.example.org", HOST),
        ("-a.test", HOST),
        ("a-.test", HOST),
        ("a_b.test", HOST),
    ],
)
def test_other_names_cannot(name: str, reason: str) -> None:
    """Neither a top-level domain, nor an address, nor what no host can be called."""
    assert unclaimable(name) == reason


def test_a_name_is_given_away_directly_under_its_parent() -> None:
    """Labels are compared whole: neither the parent itself, nor two labels below it, nor a longer name."""
    parents = ("mail.example", "other.example")
    assert hosted_parent("team.mail.example", parents) == "mail.example"
    for name in ("mail.example", "a.team.mail.example", "evil-mail.example", "team.mail.example.org", "example"):
        assert hosted_parent(name, parents) is None


SHAPE = "must have 3 to 63 letters, digits and inner dashes, and begin with a letter"


@pytest.mark.parametrize(
    ("label", "reason"),
    [
        ("team", None),
        ("team-7", None),
        ("a" * 63, None),
        ("ab", SHAPE),
        ("7up", SHAPE),
        ("-ab", SHAPE),
        ("ab-", SHAPE),
        ("a_b", SHAPE),
        ("xn--bcher-kva", "must not have two dashes in a row"),
        ("a--b", "must not have two dashes in a row"),
        ("www", "is kept for the server itself"),
        ("mail", "is kept for the server itself"),
        ("postmaster", "is kept for the server itself"),
        ("autodiscover", "is kept for the server itself"),
        ("smtp2", "is kept for the server itself"),
        ("mx10", "is kept for the server itself"),
    ],
)
def test_which_names_are_given_away(label: str, reason: str | None) -> None:
    """Short, odd and misleading ones are not."""
    assert unhostable(label) == reason
