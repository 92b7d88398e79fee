"""What can be told of an address without asking anybody (contract section 1.1, Validation)."""

from collections.abc import Container

import attrs

from mailsockd.mail.address import InvalidAddress, canonical, canonical_domain, domain_of, without_tag

MOST_VALIDATED = 50  # addresses at once


@attrs.frozen
class Verdict:
    """
    What is known of an address.

    `email` is as it was given; `local` and `domain` are its canonical parts, "" when it has no valid form; `disposable`
    are those of the known disposable domains that it belongs to; `aliases` are other spellings of the same inbox.
    `reason` says why it is not valid.
    """

    email: str
    valid: bool
    local: str = ""
    domain: str = ""
    disposable: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    reason: str = ""


def verdict(email: str, disposable: Container[str]) -> Verdict:
    """Judge an address; a subdomain of a disposable domain is disposable too, compared label by label."""
    try:
        address = canonical(email.strip())
    except InvalidAddress as error:
        domain = email.rpartition("@")[2].strip()
        try:
            domain = canonical_domain(domain) if "@" in email else ""
        except InvalidAddress:
            domain = ""
        return Verdict(email, False, "", domain, _found(domain, disposable), reason=str(error))
    domain = domain_of(address)
    plain = without_tag(address)
    return Verdict(
        email,
        True,
        address.rpartition("@")[0],
        domain,
        _found(domain, disposable),
        (plain,) if plain != address else (),
    )


def _found(domain: str, disposable: Container[str]) -> tuple[str, ...]:
    labels = domain.split(".")
    parents = (".".join(labels[place:]) for place in range(len(labels)))
    return tuple(parent for parent in parents if parent in disposable)
