"""Usage and Analytics: the operations of an account, in this month, by key, by day and by month."""

import re
from calendar import month_name, monthrange
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from twisted.web.template import Element, Tag, renderer, tags

from mailsockd.actions.accounts import AccountActions
from mailsockd.actions.metering import Metering
from mailsockd.dashboard.chart import bars, ceiling, numbered, share
from mailsockd.dashboard.frame import Frame, signed_in
from mailsockd.dashboard.moments import moment
from mailsockd.dashboard.pages import Request, template
from mailsockd.state.accounts import Account, ApiKey
from mailsockd.state.usage import Usage, day_of, next_month
from mailsockd.web.router import Call, Routes

_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])\Z")


class UsagePage(Element):
    """The figures of one month (`2026-11`), and of all. `today` is a day (`2026-11-26`)."""

    loader = template("usage.xhtml")

    def __init__(self, account: Account, keys: Sequence[ApiKey], usage: Usage, month: str, today: str, on: str) -> None:
        super().__init__()
        self._account = account
        self._keys = keys
        self._usage = usage
        self._month = month
        self._today = today
        self._on = on
        self._by_day = dict(usage.by_day(account.name, month))
        self._by_key = usage.by_key(account.name, month)
        self._months = usage.months(account.name)
        self._total = sum(self._by_key.values())

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        limit, now = self._account.monthly_ops, dict(self._months).get(self._today[:7], 0)
        of = f" of {limit:,}" if limit is not None else ""
        rest = "There is no limit." if limit is None else f"The next {limit:,} begin on {self._on}, in UTC."
        return tag.fillSlots(
            now=f"{now:,}{of}",
            line="" if limit is None else share(now, limit),
            rest=rest,
            all=f"{self._usage.all_time(self._account.name):,}",
            month=_words(self._month),
            total=f"{self._total:,}",
        )

    @renderer
    def days(self, request: Request, tag: Tag) -> "Tag | list[Tag]":
        """Draw the month, day by day, with the same numbers as a table."""
        year, month = (int(part) for part in self._month.split("-"))
        numbers = [
            (f"{day} {month_name[month]}", self._by_day.get(f"{self._month}-{day:02}", 0))
            for day in range(1, monthrange(year, month)[1] + 1)
        ]
        if not self._by_day:
            return tags.p(_nothing(self._total, self._month == self._today[:7]), class_="none")
        top = ceiling(max(self._by_day.values()))
        title = f"Operations on each day of {_words(self._month)}, {self._total:,} in all"
        axis = tags.div(tags.span(numbers[0][0]), tags.span(numbers[-1][0]), class_="axis")
        table = tags.details(tags.summary("The same as a table"), numbered(("Day", "Operations"), numbers))
        return [tags.p(f"{top:,}", class_="top hint"), bars(title, numbers, top), axis, table]

    @renderer
    def key(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give each key's part of the month, the largest first, and what needed no key."""
        parts = [
            (self._by_key.get(key.digest, 0), key.name, f"****{key.last}", _seen(self._usage.seen(key.digest)))
            for key in self._keys
        ]
        gone = sum(self._by_key.values()) - sum(part[0] for part in parts) - self._by_key.get("", 0)
        parts.sort(key=lambda part: -part[0])
        if gone:
            parts.append((gone, "Keys that were deleted", "", ""))
        parts.append((self._by_key.get("", 0), "Mail, and what was published: no key is needed", "", ""))
        for number, name, masked, seen in parts:
            yield tag.clone().fillSlots(
                name=name, masked=masked, number=f"{number:,}", used=seen, line=share(number, self._total)
            )

    @renderer
    def each_month(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give each month, the newest first."""
        most = max((number for _, number in self._months), default=0)
        for month, number in self._months:
            here = {"aria-current": "true"} if month == self._month else {}
            link = tags.a(_words(month), href=f"/usage?month={month}", **here)
            yield tag.clone().fillSlots(month=link, number=f"{number:,}", line=share(number, most + 1))

    @renderer
    def months(self, request: Request, tag: Tag) -> "Tag | str":
        """Show the months when there are any."""
        return tag if self._months else ""


class UsageRoutes:
    """The page."""

    routes = Routes()

    def __init__(self, frame: Frame, metering: Metering, accounts: AccountActions) -> None:
        self._frame = frame
        self._metering = metering
        self._accounts = accounts

    @routes.get("/usage", open=True, summary="Usage and Analytics")
    async def show(self, call: Call) -> Any:
        """Answer the figures; `month` is another month than this one."""
        account, today = signed_in(call), day_of(self._metering.now)
        month = call.query("month")
        if not _MONTH.match(month):
            month = today[:7]
        content = UsagePage(
            account,
            self._accounts.keys(account.name),
            self._metering.usage,
            month,
            today,
            next_month(self._metering.now),
        )
        return await self._frame.show(
            call, "Usage and Analytics", content, module="times.js", sheet="usage.css", current="/usage"
        )


def usage_count(metering: Metering, account: Account) -> Mapping[str, int]:
    """Give the number beside the page's link in the navigation."""
    return {"/usage": metering.month(account.name)}


def _words(month: str) -> str:
    year, _, number = month.partition("-")
    return f"{month_name[int(number)]} {year}"


def _seen(at: float | None) -> "Tag | str":
    return tags.span("Last used: ", moment(at)) if at is not None else "Never used"


def _nothing(total: int, present: bool) -> str:
    if total:
        return "The days of this month are not known any more, its sum is."
    return f"Nothing was counted in this month{' yet' if present else ''}."
