"""Domains."""

import attrs

from mailsockd.state.domains import Domain, Domains, with_configured

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
    domains.remove("a.test", "ada")
    assert domains.claim("a.test", "ada") is None


def test_the_configuration_decides_which_domains_need_no_proof() -> None:
    """Configured domains are served and admin's, with what was set for them; those that no longer are, are not."""
    kept = [
        Domain("a.test", "admin", 1.0, 2.0, configured=True, verified=True, is_private=True),
        Domain("gone.test", "admin", 1.0, 2.0, configured=True, verified=True, verified_mx=True),
        Domain("bobs.test", "bob", 1.0, 2.0, verified=True),
        Domain("taken.test", "bob", 1.0, 2.0),
    ]
    assert with_configured(kept, ["a.test", "new.test", "taken.test"], "admin", 9.0) == [
        Domain("bobs.test", "bob", 1.0, 2.0, verified=True),
        Domain("a.test", "admin", 1.0, 2.0, configured=True, verified=True, verified_mx=True, is_private=True),
        Domain("new.test", "admin", 9.0, 9.0, configured=True, enablews=True, verified=True, verified_mx=True),
        Domain("taken.test", "admin", 9.0, 9.0, configured=True, enablews=True, verified=True, verified_mx=True),
    ]


def test_several_accounts_may_claim_a_name() -> None:
    """No claim hides another; only what is proved is the domain, and nobody has it when that is over."""
    domains = Domains([PLAIN, attrs.evolve(PLAIN, owner="bob")])
    assert domains.get("b.test") is None
    assert [domain.owner for domain in domains.claims("b.test")] == ["ada", "bob"]
    proved = attrs.evolve(PLAIN, owner="bob", verified=True)
    domains.put(proved)
    assert domains.get("b.test") == proved
    assert domains.claim("b.test", "ada") == PLAIN
    domains.put(attrs.evolve(proved, verified=False))
    assert domains.get("b.test") is None
    domains.put(proved)
    domains.remove("b.test", "bob")
    assert (domains.get("b.test"), domains.of("bob"), domains.of("ada")) == (None, [], [PLAIN])


def test_a_state_that_names_two_owners_has_one() -> None:
    """The configuration comes first, then whoever was changed last."""
    early = Domain("b.test", "ada", 1.0, 3.0, verified=True)
    late = Domain("b.test", "bob", 1.0, 4.0, verified=True)
    assert Domains([late, early]).get("b.test") == late
    configured = Domain("b.test", "admin", 1.0, 1.0, configured=True)
    assert Domains([configured, late]).get("b.test") == configured


def test_names_that_are_given_away_no_longer_wait_unserved() -> None:
    """A hosted name whose parent left the configuration is not served, says why, and is served when it returns."""
    kept = [Domain("team.mail.test", "ada", 1.0, 1.0, hosted=True, verified=True, verified_mx=True)]
    assert with_configured(kept, [], "admin", 9.0, ["mail.test"]) == kept
    reason = "mail.test is not in domains_hosted any more."
    assert with_configured(kept, [], "admin", 9.0, ["other.test"]) == [
        Domain("team.mail.test", "ada", 1.0, 1.0, hosted=True, last_verification_errors=reason)
    ]


def test_the_configured_domains_can_be_replaced() -> None:
    """One that is left out is served no more, and comes back with its settings; claims of accounts stay."""
    own = Domain("own.test", "ada", 1.0, 1.0, verified=True)
    domains = Domains(with_configured([own], ["a.test", "b.test"], "admin", 2.0))
    private = attrs.evolve(domains.get("b.test") or own, is_private=True)
    domains.put(private)
    domains.configure(["a.test", "c.test"], "admin", 3.0)
    assert domains.names() == ["a.test", "c.test", "own.test"]
    assert [domain.name for domain in domains.of("admin")] == ["a.test", "c.test"]
    domains.configure(["b.test"], "admin", 4.0)
    assert domains.names() == ["b.test", "own.test"]
    assert domains.get("b.test") == private
