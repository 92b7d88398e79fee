"""The domains that mail is taken for."""

from collections.abc import Iterable, Iterator

import attrs


@attrs.frozen
class Domain:
    """
    One domain; `name` is canonical. Times are UTC seconds.

    `configured` domains come from the configuration: they need no proof, belong to `admin`, and any account may
    reserve addresses in them. `enablews` lets whoever owns the domain subscribe to all of its mail.
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


def with_configured(kept: Iterable[Domain], names: Iterable[str], owner: str, now: float) -> list[Domain]:
    """
    Give the domains of a start: those that were kept, and those of the configuration, which belong to `owner`.

    Settings of a configured domain that were kept hold. One that is in the configuration no longer is left out, so that
    it is not served any more.
    """
    found = {domain.name: domain for domain in kept}
    configured = {}
    for name in names:
        domain = found.get(name) or Domain(name, owner, now, now, enablews=True)
        configured[name] = attrs.evolve(domain, configured=True, owner=owner, verified=True, verified_mx=True)
    others = (domain for domain in found.values() if not domain.configured and domain.name not in configured)
    return [*others, *configured.values()]


class Domains:
    """All domains by name."""

    def __init__(self, domains: Iterable[Domain] = ()) -> None:
        self._domains = {domain.name: domain for domain in domains}

    def __iter__(self) -> Iterator[Domain]:
        return iter(sorted(self._domains.values(), key=lambda domain: domain.name))

    def get(self, name: str) -> Domain | None:
        """Give the domain of that canonical name."""
        return self._domains.get(name)

    def put(self, domain: Domain) -> None:
        """Add a domain, or replace the one of its name."""
        self._domains[domain.name] = domain

    def remove(self, name: str) -> None:
        """Forget a domain."""
        self._domains.pop(name, None)

    def served(self, name: str) -> bool:
        """Tell whether mail for the domain is taken: it is configured, or its owner has proved it."""
        domain = self._domains.get(name)
        return domain is not None and (domain.configured or domain.verified)

    def of(self, owner: str) -> list[Domain]:
        """Give the domains of an account, by name."""
        return [domain for domain in self if domain.owner == owner]

    def names(self) -> list[str]:
        """Give the names of all domains that are served."""
        return [domain.name for domain in self if self.served(domain.name)]
