"""Moments of time in pages: in UTC as they are sent; the script `times.js` makes them local, the exact one on hover."""

from datetime import UTC, datetime

from twisted.web.template import Tag, tags

from mailsockd.wire import date_json


def moment(at: float) -> Tag:
    """Give a time, UTC seconds, as a tag."""
    when = datetime.fromtimestamp(at, UTC)
    exact = when.strftime("%Y-%m-%d %H:%M:%S UTC")
    return tags.time(when.strftime("%Y-%m-%d %H:%M UTC"), datetime=date_json(at), title=exact)
