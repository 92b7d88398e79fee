"""The JSON of domains, in the order of contract section 1.1, and of what is to be set up in the DNS."""

from collections.abc import Sequence
from typing import Any

from mailsockd.state.addresses import Address
from mailsockd.state.domains import Domain
from mailsockd.wire import date_json

FIRST_PREFERENCE = 10


def domain_json(domain: Domain) -> dict[str, Any]:
    """Give the contract's Domain; a domain of the configuration needs no proof and counts as verified."""
    return {
        "_id": domain.name,
        "created": date_json(domain.created),
        "updated": date_json(domain.updated),
        "enablews": domain.enablews,
        "hosted": domain.hosted,
        "isDefault": False,
        "isPrivate": domain.is_private,
        "lastVerificationErrors": domain.last_verification_errors,
        "owner": domain.owner,
        "verificationTxt": domain.verification_txt,
        "verified": domain.verified or domain.configured,
        "verifiedMx": domain.verified_mx or domain.configured,
    }


def setup_json(domain: Domain, catch_all: Address | None, hosts: Sequence[str]) -> dict[str, Any]:
    """Give a domain, whether its catch-all takes mail, and the DNS records that it needs, if it needs a proof."""
    records = []
    if not (domain.configured or domain.hosted):
        records.append(_record(domain, "TXT", domain.verification_txt, domain.verified and not domain.failures))
        for number, host in enumerate(hosts, 1):
            records.append(_record(domain, "MX", f"{FIRST_PREFERENCE * number} {host}", domain.verified_mx))
    return {"domain": domain_json(domain), "catchAll": catch_all is not None, "records": records}


def _record(domain: Domain, kind: str, value: str, found: bool) -> dict[str, Any]:
    return {"type": kind, "name": domain.name, "value": value, "found": found}
