"""Operations (contract section 3.9), counted by account, key and day. Days and months are those of UTC."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import attrs


@attrs.frozen
class Used:
    """
    What one account used on one day (`2026-11-26`) by one key, named by its digest, "" for what needs no key.

    What is long ago is known by the month (`2026-11`) alone.
    """

    account: str
    key: str
    day: str
    count: int


def day_of(at: float) -> str:
    """Give the day of a time in UTC seconds."""
    return _day(int(at // 86_400))


@lru_cache(maxsize=16)
def _day(number: int) -> str:
    return datetime.fromtimestamp(number * 86_400, UTC).strftime("%Y-%m-%d")


def seconds_to_next_month(at: float) -> float:
    """Give how long the month of a time in UTC seconds still lasts."""
    now = datetime.fromtimestamp(at, UTC)
    first = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return ((first + timedelta(days=32)).replace(day=1) - now).total_seconds()


def next_month(at: float) -> str:
    """Give the first day of the month after that of a time in UTC seconds."""
    return day_of(at + seconds_to_next_month(at) + 1)


class Usage:
    """All that was used. What was counted since `changes` was asked last is what has to be saved."""

    def __init__(self, used: Iterable[Used] = (), seen: Mapping[str, float] | None = None) -> None:
        self._counts: dict[str, dict[tuple[str, str], int]] = {}
        self._months: dict[tuple[str, str], int] = {}
        self._changed: dict[tuple[str, str, str], None] = {}
        self._seen = dict(seen or {})
        self._seen_anew: dict[str, float] = {}
        for one in used:
            self._count(one.account, one.key, one.day, one.count)

    def add(self, account: str, key: str, at: float) -> int:
        """Count one operation; gives how many the account has used in this month."""
        day = day_of(at)
        self._changed[account, key, day] = None
        if key:
            self.see(key, at)
        return self._count(account, key, day, 1)

    def see(self, key: str, at: float) -> None:
        """Note that a key was used, whether or not for something that counts."""
        self._seen[key] = self._seen_anew[key] = at

    def _count(self, account: str, key: str, day: str, count: int) -> int:
        counts = self._counts.setdefault(account, {})
        counts[key, day] = counts.get((key, day), 0) + count
        month = (account, day[:7])
        self._months[month] = total = self._months.get(month, 0) + count
        return total

    def month(self, account: str, at: float) -> int:
        """Give how many an account has used in the month of a time."""
        return self._months.get((account, day_of(at)[:7]), 0)

    def last_month(self, account: str, at: float) -> int:
        """Give how many it used in the month before."""
        first = datetime.fromtimestamp(at, UTC).replace(day=1)
        return self._months.get((account, (first - timedelta(days=1)).strftime("%Y-%m")), 0)

    def months(self, account: str) -> list[tuple[str, int]]:
        """Give every month with its number, the newest first."""
        found = [(month, count) for (name, month), count in self._months.items() if name == account]
        return sorted(found, reverse=True)

    def all_time(self, account: str) -> int:
        """Give how many it used in all months."""
        return sum(count for _, count in self.months(account))

    def by_day(self, account: str, month: str) -> list[tuple[str, int]]:
        """Give the days of a month on which anything was used, in their order."""
        days: dict[str, int] = {}
        for (_, day), count in self._counts.get(account, {}).items():
            if day.startswith(month) and day != month:
                days[day] = days.get(day, 0) + count
        return sorted(days.items())

    def by_key(self, account: str, month: str) -> dict[str, int]:
        """Give what each key used in a month, by its digest; "" is what needed none."""
        keys: dict[str, int] = {}
        for (key, day), count in self._counts.get(account, {}).items():
            if day.startswith(month):
                keys[key] = keys.get(key, 0) + count
        return keys

    def seen(self, key: str) -> float | None:
        """Give when a key was used last, UTC seconds, None when it never was."""
        return self._seen.get(key)

    def changes(self) -> tuple[list[Used], dict[str, float]]:
        """Give the counts that have changed since this was asked last, and when keys were used."""
        changed, self._changed = self._changed, {}
        seen, self._seen_anew = self._seen_anew, {}
        return [
            Used(account, key, day, self._counts[account][key, day])
            for account, key, day in changed
            if (key, day) in self._counts.get(account, {})
        ], seen

    def again(self, used: Iterable[Used], seen: Mapping[str, float]) -> None:
        """Have these saved the next time: they were not."""
        for one in used:
            self._changed[one.account, one.key, one.day] = None
        self._seen_anew = {**seen, **self._seen_anew}

    def forget(self, account: str) -> None:
        """Forget an account, and when its keys were used."""
        for key, _ in self._counts.pop(account, {}):
            self._seen.pop(key, None)
            self._seen_anew.pop(key, None)
        self._months = {month: count for month, count in self._months.items() if month[0] != account}
