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
