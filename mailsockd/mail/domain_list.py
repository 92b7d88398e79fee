"""A file of domains, one a line, as lists of disposable domains come."""

from mailsockd.mail.address import InvalidAddress, canonical_domain


def domain_list(text: str) -> frozenset[str]:
    """
    Give the canonical domains of a text; empty lines and what follows a # say nothing.

    Raises InvalidAddress that names the line.
    """
    found = set()
    for number, line in enumerate(text.split("\n"), 1):
        name = line.partition("#")[0].strip()
        if name:
            try:
                found.add(canonical_domain(name))
            except InvalidAddress as error:
                raise InvalidAddress(f"line {number}: {error}") from error
    return frozenset(found)
