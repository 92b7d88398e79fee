"""A list of events as markup, for every page that shows some."""

from collections.abc import Iterator, Sequence

from twisted.web.template import Element, Tag, renderer, tags

from mailsockd.dashboard.events import Advice, Shown
from mailsockd.dashboard.moments import moment
from mailsockd.dashboard.pages import Request, template


class EventList(Element):
    """The events, in their order. With `since`, UTC seconds, each says how long after that it was."""

    loader = template("events.xhtml")

    def __init__(self, events: Sequence[Shown], since: float | None = None) -> None:
        super().__init__()
        self._events = events
        self._since = since

    @renderer
    def event(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give each event."""
        for event in self._events:
            yield tag.clone().fillSlots(
                mood=event.mood,
                mood_words=event.mood_words,
                sentence=event.sentence,
                advice=_advice(event.advice),
                facts=_facts(event),
                when=moment(event.at),
                after="" if self._since is None else tags.span(_after(event.at - self._since), class_="after"),
            )


def _advice(advice: Advice | None) -> "Tag | str":
    if advice is None:
        return ""
    link = tags.a(advice.label, href=advice.href) if advice.href else ""
    return tags.p(advice.text, " " if advice.text and link else "", link, class_="advice")


def _facts(event: Shown) -> Tag:
    pairs = [
        (tags.dt(label), tags.dd(tags.a(text, href=href) if href else tags.bdi(text)))
        for label, text, href in event.facts
    ]
    return tags.dl(*pairs, class_="facts")


def _after(seconds: float) -> str:
    seconds = max(0.0, seconds)
    if seconds < 60:
        return f"+{seconds:.3f} s"
    hours, rest = divmod(int(seconds), 3600)
    return f"+{hours} h {rest // 60} min" if hours else f"+{rest // 60} min {rest % 60} s"
