"""Health, for administrators: what `mailsockctl status` says, from the same source. Nobody's mail is in it."""

from collections.abc import Iterator, Sequence
from typing import Any

from twisted.web.template import Element, Tag, renderer, tags

from mailsockd.actions.health import Check, Condition, Health, Served
from mailsockd.actions.words import duration, size
from mailsockd.dashboard.chart import share
from mailsockd.dashboard.frame import Frame, administrator
from mailsockd.dashboard.moments import moment
from mailsockd.dashboard.pages import Request, template
from mailsockd.web.router import Call, Routes

# What is looked at: its name here, and what it means when nothing is wrong.
_CHECKS = {
    "start": ("Start", "Everything that a start does is done."),
    "writer": ("Storage", "What is to be written gets to the disk."),
    "disk": ("Room", "There is room for more mail."),
    "listeners": ("Listeners", "Everything that should listen does."),
}
_RIGHT = ("Certificates", "None ends within 14 days.")


class HealthPage(Element):
    """The page. `ending` are sentences about certificates that end soon; `now` is UTC seconds."""

    loader = template("health.xhtml")

    def __init__(self, condition: Condition, checks: Sequence[Check], ending: Sequence[str], now: float) -> None:
        super().__init__()
        self._condition = condition
        self._checks = checks
        self._ending = ending
        self._now = now

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        condition = self._condition
        limit, least = condition.stored_limit, condition.least_free
        return tag.fillSlots(
            now=moment(self._now),
            stored=size(condition.stored),
            of=f", of {size(limit)}" if limit else "",
            line=share(condition.stored, limit) if limit else "",
            bound="When it is full, the oldest mail goes, and starred mail never." if limit else "It has no bound.",
            free=size(condition.free_disk),
            least=f"With less than {size(least)} no more mail is taken." if least else "",
            version=condition.facts.version,
            software=", ".join(f"{name} {version}" for name, version in condition.facts.software.items()),
            config=condition.config,
            data=condition.facts.data,
            state=condition.facts.state,
            domains=", ".join(condition.domains),
        )

    @renderer
    def check(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give what was looked at, each with what is wrong, or what it means that nothing is."""
        found = [(*_CHECKS[check.name], [check.trouble] if check.trouble else []) for check in self._checks]
        if self._condition.certificates:  # the panel below says what it means that there is none
            found.append((*_RIGHT, list(self._ending)))
        for name, right, troubles in found:
            word, kind = ("Trouble", "badge bad") if troubles else ("OK", "badge")
            said = "".join(f"{trouble[:1].upper()}{trouble[1:]}. " for trouble in troubles).strip() or right
            yield tag.clone().fillSlots(badge=tags.span(word, class_=kind), name=name, said=said)

    @renderer
    def figure(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give the figures."""
        condition = self._condition
        yield tags.div(tags.dt("Running for"), tags.dd(duration(condition.uptime)))
        for words, number in (
            ("Open web sockets", condition.sockets),
            ("Deliveries queued", condition.queued),
            ("Messages received", condition.received),
            ("Commands refused", condition.rejected),
            ("Messages evicted", condition.evicted),
            ("Accounts", condition.accounts),
            ("Reserved addresses", condition.addresses),
        ):
            yield tags.div(tags.dt(words), tags.dd(f"{number:,}"))

    @renderer
    def listener(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give each setting that names listeners, and where they listen."""
        for setting, places in self._condition.listeners.items():
            if places:
                yield tag.clone().fillSlots(setting=setting, places=[(tags.code(place), " ") for place in places])

    @renderer
    def certificate(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give each certificate."""
        for one in self._condition.certificates:
            days = one.days(self._now)
            yield tag.clone().fillSlots(
                file=one.file, names=", ".join(one.names) or "no name", ends=moment(one.ends), left=_left(one, days)
            )

    @renderer
    def certificates(self, request: Request, tag: Tag) -> "Tag | str":
        """Show the table when there is something in it."""
        return tag if self._condition.certificates else ""

    @renderer
    def in_clear(self, request: Request, tag: Tag) -> "Tag | str":
        """Say what it means that there is no certificate."""
        return "" if self._condition.certificates else tag


class HealthPageRoutes:
    """The page, and what it says to who is no administrator: that there is no such page."""

    routes = Routes()

    def __init__(self, frame: Frame, health: Health) -> None:
        self._frame = frame
        self._health = health

    @routes.get("/admin/health", open=True, summary="Health")
    async def show(self, call: Call) -> Any:
        """Answer how the daemon is."""
        administrator(call)
        checks = await self._health.checks()
        ending = [text for _, text in self._health.ending()]
        content = HealthPage(self._health.condition(), checks, ending, self._health.now)
        return await self._frame.show(
            call, "Health", content, module="times.js", sheet="usage.css", current="/admin/health"
        )


def _left(one: Served, days: int) -> str:
    return "has ended" if days < 0 else "1 day left" if days == 1 else f"{days:,} days left"
