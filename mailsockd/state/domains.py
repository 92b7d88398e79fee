"""The domains that mail is taken for, and who claims which."""

from collections.abc import Iterable, Iterator, Sequence

import attrs


@attrs.frozen
class Domain:
    """
    What one account has of one domain: a mere claim, until it is proved. `name` is canonical. Times are UTC seconds.

    `configured` domains come from the configuration: they need no proof, belong to `admin`, and any account may
    reserve addresses in them. `hosted` ones are names that the server gives away, verified at once. `enablews` lets
    whoever owns the domain subscribe to all of its mail. `verification_txt` is the TXT record that proves it.

    `checked` is when the DNS was last asked; `failures` counts the scheduled checks in a row that did not find the
    record of a verified domain, the first of them at `missing_since`.
    """

    name: str
    owner: str
    created: float
    updated: float
    configured: bool = False
    enablews: bool = False
    hosted: bool = False
    is_private: bool = False
    verified: bool = False
    verified_mx: bool = False
    verification_txt: str = ""
    last_verification_errors: str | None = None
    checked: float = 0.0
    failures: int = 0
    missing_since: float = 0.0

    @property
    def served(self) -> bool:
        """Whether mail for it is taken: it is configured, or its owner has proved it."""
        return self.configured or self.verified


def with_configured(
    kept: Iterable[Domain], names: Iterable[str], owner: str, now: float, hosted: Sequence[str] = ()
) -> list[Domain]:
    """
    Give the domains of a start: those that were kept, and those of the configuration, which belong to `owner`.

    Settings of a configured domain that were kept hold. One that is in the configuration no longer is left out, so that
    it is not served any more; names under a domain that is not in `hosted` any more wait for it unserved. Nobody else
    has a claim to a configured domain.
    """
    found = {(domain.name, domain.owner): domain for domain in kept}
    configured = {}
    for name in names:
        domain = found.get((name, owner)) or Domain(name, owner, now, now, enablews=True)
        configured[name] = attrs.evolve(domain, configured=True, verified=True, verified_mx=True)
    others = (domain for domain in found.values() if not domain.configured and domain.name not in configured)
    return [*(_hosted(domain, hosted) for domain in others), *configured.values()]


def _hosted(domain: Domain, parents: Sequence[str]) -> Domain:
    if not domain.hosted or domain.name.partition(".")[2] in parents:
        return domain
    reason = f"{domain.name.partition('.')[2]} is not in domains_hosted any more."
    return attrs.evolve(domain, verified=False, verified_mx=False, last_verification_errors=reason)


class Domains:
    """All domains, by name and owner: several accounts may claim a name, and at most one of them has it."""

    def __init__(self, domains: Iterable[Domain] = (), any_domain: bool = False) -> None:
        self._any_domain = any_domain
        self._claims: dict[str, dict[str, Domain]] = {}
        self._served: dict[str, Domain] = {}
        self._owned: dict[str, set[str]] = {}
        self._left_out: dict[str, Domain] = {}
        for domain in domains:
            self.put(domain)

    def configure(self, names: Iterable[str], owner: str, now: float, hosted: Sequence[str] = ()) -> None:
        """Let other domains be the configured ones; settings of one that is left out come back with it."""
        before = [*self._left_out.values(), *self]
        after = with_configured(before, names, owner, now, hosted)
        self._claims, self._served, self._owned = {}, {}, {}
        for domain in after:
            self.put(domain)
        self._left_out = {
            domain.name: domain for domain in before if domain.configured and self.claim(domain.name, owner) is None
        }

    def takes(self, name: str) -> bool:
        """Tell whether mail for a domain comes in from anywhere: it is served, or that of every domain is taken."""
        return self._any_domain or self.served(name)

    def __iter__(self) -> Iterator[Domain]:
        """Give every claim, by name and owner."""
        for name in sorted(self._claims):
            yield from self.claims(name)

    def get(self, name: str) -> Domain | None:
        """Give the domain of a canonical name as it is served; what is merely claimed is None."""
        return self._served.get(name)

    def claim(self, name: str, owner: str) -> Domain | None:
        """Give what an account has of a domain, proved or not."""
        return self._claims.get(name, {}).get(owner)

    def claims(self, name: str) -> list[Domain]:
        """Give what anybody has of a domain, by owner."""
        return [domain for _, domain in sorted(self._claims.get(name, {}).items())]

    def put(self, domain: Domain) -> None:
        """Add what an account has of a domain, or replace it."""
        self._claims.setdefault(domain.name, {})[domain.owner] = domain
        self._owned.setdefault(domain.owner, set()).add(domain.name)
        self._choose(domain.name)

    def remove(self, name: str, owner: str) -> None:
        """Forget what an account has of a domain."""
        claims = self._claims.get(name, {})
        if claims.pop(owner, None) is not None:
            self._owned[owner].discard(name)
            if not claims:
                del self._claims[name]
            self._choose(name)

    def _choose(self, name: str) -> None:
        # Should a file name two proved owners, the configuration wins, and then whoever was changed last.
        served = [domain for domain in self._claims.get(name, {}).values() if domain.served]
        if served:
            self._served[name] = max(served, key=lambda domain: (domain.configured, domain.updated))
        else:
            self._served.pop(name, None)

    def served(self, name: str) -> bool:
        """Tell whether mail for the domain is taken: it is configured, or its owner has proved it."""
        return name in self._served

    def of(self, owner: str) -> list[Domain]:
        """Give what an account has, proved or not, by name."""
        return [self._claims[name][owner] for name in sorted(self._owned.get(owner, ()))]

    def names(self) -> list[str]:
        """Give the names of all domains that are served, sorted."""
        return sorted(self._served)
