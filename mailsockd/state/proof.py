"""
Who a domain belongs to, by what the DNS says of it (contract section 3.10).

The proof is a TXT record of the domain itself that holds the text which the claimant was given. MX records say whether
its mail comes here; they prove nothing.
"""

from collections.abc import Sequence

import attrs

from mailsockd.state.domains import Domain

SHOWN = 5  # so many names of other hosts are named in a sentence
DAY = 86_400


@attrs.frozen
class Answers:
    """
    What the DNS said of one domain: its TXT records, and its MX records with their preferences, the lowest first.

    None is no answer, and then the trouble says why in words; an answer without records is empty. `alias` is what the
    domain is a CNAME of, "" for none: records that are found there are not the domain's own, and are left out.
    """

    txt: tuple[str, ...] | None = ()
    mx: tuple[tuple[int, str], ...] | None = ()
    txt_trouble: str = ""
    mx_trouble: str = ""
    alias: str = ""


@attrs.frozen
class Rules:
    """
    What is looked for, and how long a verified domain may be without it.

    `hosts` are the names that MX records should lead to. A verified domain is lost only after `failures` scheduled
    checks in a row did not find the record, the first of them at least `grace` seconds ago.
    """

    hosts: tuple[str, ...]
    failures: int = 3
    grace: float = 7 * DAY


def proved(domain: Domain, answers: Answers) -> bool:
    """Tell whether the domain's TXT records hold the text of this claim."""
    wanted = domain.verification_txt
    return bool(wanted) and any(text.strip() == wanted for text in answers.txt or ())


def judged(domain: Domain, answers: Answers, rules: Rules, now: float, *, scheduled: bool, held: bool) -> Domain:
    """
    Give what an account has of a domain after a look at the DNS.

    `held` says that another account has the domain and its record is still there: then it stays with that one. Trouble
    with the DNS changes neither what is verified nor how often it was missed.
    """
    domain = attrs.evolve(domain, checked=now)
    wrong = [_mx_wrong(domain.name, answers, rules)]
    if answers.mx is not None:
        domain = attrs.evolve(domain, verified_mx=bool(answers.mx) and not _elsewhere(answers.mx, rules))
    if answers.txt is None:
        wrong.insert(0, f"TXT: {answers.txt_trouble}. Nothing was changed.")
    elif proved(domain, answers) and not held:
        domain = attrs.evolve(domain, verified=True, failures=0, missing_since=0.0)
    elif proved(domain, answers):
        reason = f"{domain.name} has the record, and that of another account, which had the domain before."
        wrong.insert(0, f"TXT: {reason} Remove the other record.")
    else:
        domain = _missed(domain, rules, now) if domain.verified and scheduled else domain
        kept = f" {_kept(domain, rules)}" if domain.verified and domain.failures else ""
        wrong.insert(0, f"TXT: {_txt_missing(domain, answers)}{kept}")
    return attrs.evolve(domain, last_verification_errors=" ".join(filter(None, wrong)) or None)


def _missed(domain: Domain, rules: Rules, now: float) -> Domain:
    failures, since = domain.failures + 1, domain.missing_since or now
    lost = failures >= rules.failures and now - since >= rules.grace
    if lost:
        return attrs.evolve(domain, verified=False, failures=0, missing_since=0.0)
    return attrs.evolve(domain, failures=failures, missing_since=since)


def _kept(domain: Domain, rules: Rules) -> str:
    checks = "1 check" if domain.failures == 1 else f"{domain.failures} checks in a row"
    return f"It was missing in {checks}: after {rules.failures}, and {_period(rules.grace)}, the domain is lost."


def _period(seconds: float) -> str:
    for size, unit in ((DAY, "days"), (3600, "hours")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"


def _txt_missing(domain: Domain, answers: Answers) -> str:
    if answers.alias:
        return f"{domain.name} is an alias (CNAME) of {answers.alias}; the record must be that of {domain.name} itself."
    count = len(answers.txt or ())
    others = "no TXT record" if not count else "1 other TXT record" if count == 1 else f"{count} other TXT records"
    return f"{domain.name} has no TXT record {domain.verification_txt}; it has {others}."


def _mx_wrong(name: str, answers: Answers, rules: Rules) -> str:
    if answers.mx is None:
        return f"MX: {answers.mx_trouble}."
    wanted = " or ".join(rules.hosts)
    if not answers.mx:
        return f"MX: {name} has no MX record; it should lead to {wanted}."
    first = _elsewhere(answers.mx, rules)
    if not first:
        return ""
    if any(host in rules.hosts for _, host in answers.mx):
        return f"MX: mail for {name} goes to {_named(first)} first; {wanted} should have the lowest preference."
    return f"MX: mail for {name} goes to {_named([host for _, host in answers.mx])}, not to {wanted}."


def _elsewhere(records: Sequence[tuple[int, str]], rules: Rules) -> list[str]:
    # The hosts that senders try first and that are not ours.
    return [host for preference, host in records if preference == records[0][0] and host not in rules.hosts]


def _named(hosts: Sequence[str]) -> str:
    hosts = list(dict.fromkeys("nowhere (a null MX)" if host == "." else host for host in hosts))
    more = len(hosts) - SHOWN
    return ", ".join(hosts[:SHOWN]) + (f" and {more} more" if more > 0 else "")
