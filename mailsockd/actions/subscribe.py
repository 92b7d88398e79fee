"""What a caller may listen to on the socket (contract section 2)."""

from collections.abc import Sequence

from mailsockd.mail.address import InvalidAddress, canonical, canonical_domain, without_tag
from mailsockd.state.accounts import Account
from mailsockd.state.addresses import AddressBook
from mailsockd.state.domains import Domains
from mailsockd.state.subscriptions import FIREHOSE, Admission


def admit(account: Account, items: Sequence[str], book: AddressBook, domains: Domains) -> Admission:
    """
    Sort what `account` asked to listen to.

    Items with an @ are addresses, `*` is the firehose, others are domains. A refusal is one and the same text
    whether the thing is unknown or another's, so that nothing can be found out by asking.
    """
    accepted: dict[str, None] = {}
    accepted_domains: dict[str, None] = {}
    rejected: dict[str, str] = {}
    warnings: list[str] = []
    for item in items:
        if item == FIREHOSE:
            accepted[item] = None
            continue
        try:
            if "@" in item:
                asked = canonical(item)
                name = book.inbox_of(asked)
                address = book.get(name)
                if address is None or address.owner != account.name:
                    # Not `name`: what an alias stands for is its owner's secret.
                    rejected[item] = f"{without_tag(asked)} is not owned by this account"
                elif name not in accepted:
                    accepted[name] = None
                    if not address.enablews:
                        warnings.append(f"web socket forwarding is off for {name}: no mail comes until it is on")
            else:
                name = canonical_domain(item)
                domain = domains.get(name)
                if domain is None or domain.owner != account.name:
                    rejected[item] = f"{name} is not owned by this account"
                elif name not in accepted_domains:
                    accepted_domains[name] = None
                    if not domain.enablews:
                        warnings.append(f"web sockets are off for the domain {name}: no mail comes until they are on")
        except InvalidAddress as error:
            rejected[item] = f"{item} is not an address or a domain: {error}"
    return Admission(tuple(accepted), tuple(accepted_domains), tuple(rejected.items()), tuple(warnings))
