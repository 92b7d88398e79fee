"""The JSON of what only REST shows, in the order of contract section 1."""

from typing import Any

from mailsockd.actions.statistics import AccountFigures
from mailsockd.actions.validation import Verdict


def figures_json(figures: AccountFigures) -> dict[str, Any]:
    """Give the contract's `/me/stats`."""
    return {
        "addresses": list(figures.addresses),
        "domains": list(figures.domains),
        "starredMessages": figures.totals.starred,
        "storedMessages": figures.totals.messages,
        "inboxBytes": figures.totals.bytes,
        "lastMonthOps": figures.last_month_ops,
        "defaultDomain": figures.default_domain,
        "nonOwnedInboxes": list(figures.other_inboxes),
    }


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """Give the contract's Validation, with both names of its flag."""
    return {
        "email": verdict.email,
        "validFormat": verdict.valid,
        "isValidFormat": verdict.valid,
        "local": verdict.local,
        "domain": verdict.domain,
        "isDisposable": bool(verdict.disposable),
        "disposableDomains": list(verdict.disposable),
        "aliases": list(verdict.aliases),
    }


def counts_json(counts: list[tuple[str, int]]) -> list[dict[str, Any]]:
    """Give numbers by name, as all statistics have them."""
    return [{"_id": name, "n": number} for name, number in counts]
