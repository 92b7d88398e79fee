"""Domains."""

import attrs

from mailsockd.state.domains import Domain, Domains

PLAIN = Domain("b.test", "ada", 1.0, 1.0)


def test_a_domain_is_served_when_configured_or_proved() -> None:
    """A claimed domain is not served before its owner has proved it."""
    domains = Domains([PLAIN, attrs.evolve(PLAIN, name="c.test", verified=True)])
    domains.put(attrs.evolve(PLAIN, name="d.test", configured=True))
    assert [domains.served(name) for name in ("b.test", "c.test", "d.test", "e.test")] == [False, True, True, False]
    assert domains.names() == ["c.test", "d.test"]


def test_names_are_compared_whole() -> None:
    """Neither a subdomain nor a longer name is the domain."""
    domains = Domains([attrs.evolve(PLAIN, configured=True)])
    assert not domains.served("evil-b.test")
    assert not domains.served("x.b.test")
    assert not domains.served("b.test.evil.test")


def test_domains_of_an_account() -> None:
    """The domains of an account are listed by name, and removed ones are gone."""
    domains = Domains([PLAIN, attrs.evolve(PLAIN, name="a.test"), attrs.evolve(PLAIN, name="c.test", owner="bob")])
    assert [domain.name for domain in domains.of("ada")] == ["a.test", "b.test"]
    domains.remove("a.test")
    assert domains.get("a.test") is None
