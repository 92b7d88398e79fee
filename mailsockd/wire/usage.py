"""The JSON of what an account has used."""

from collections.abc import Sequence
from typing import Any

from mailsockd.state.accounts import Account, ApiKey
from mailsockd.state.usage import Usage
from mailsockd.wire import date_json


def usage_json(account: Account, keys: Sequence[ApiKey], usage: Usage, month: str) -> dict[str, Any]:
    """Give the operations of a month (`2026-11`), by key and by day, and those of all months."""
    by_key, months = usage.by_key(account.name, month), usage.months(account.name)
    return {
        "month": month,
        "used": sum(by_key.values()),
        "limit": account.monthly_ops,
        "withoutKey": by_key.get("", 0),
        "byKey": [
            {"name": key.name, "last": key.last, "n": by_key.get(key.digest, 0), "lastUsed": _date(usage, key)}
            for key in keys
        ],
        "byDay": [{"day": day, "n": count} for day, count in usage.by_day(account.name, month)],
        "months": [{"month": name, "n": count} for name, count in months],
        "allTime": usage.all_time(account.name),
    }


def _date(usage: Usage, key: ApiKey) -> str | None:
    at = usage.seen(key.digest)
    return None if at is None else date_json(at)
