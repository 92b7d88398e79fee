"""Parts of deliveries that the list and the page of one delivery both show."""

from urllib.parse import urlsplit

from twisted.web.template import Tag, tags

from mailsockd.dashboard.moments import moment
from mailsockd.state.deliveries import Delivery, Status

CHANNEL_WORDS = {
    "webhook": "Webhook",
    "slack": "Slack",
    "forward": "Another address",
    "relay": "Somebody outside",
}


def mood(delivery: Delivery) -> str:
    """Give how it goes with a delivery: good, warn, bad or plain."""
    if delivery.status is Status.DELIVERED:
        return "good"
    if delivery.status is Status.FAILED:
        return "bad"
    return "warn" if delivery.attempts else "plain"


def place(delivery: Delivery) -> str:
    """Give where it goes in short: of a URL the host alone, for the rest of one may be a secret."""
    try:
        return urlsplit(delivery.target).hostname or delivery.target
    except ValueError:
        return delivery.target


def delivery_moment(delivery: Delivery) -> tuple[str, Tag]:
    """Give what was or is to be, and when."""
    if delivery.status is Status.WAITING:
        # One that was not tried stands behind others to the same target; when it is due says nothing then.
        return ("Next try", moment(delivery.due)) if delivery.attempts else ("Waits since", moment(delivery.since))
    words = "Delivered" if delivery.status is Status.DELIVERED else "Given up"
    return words, moment(delivery.created if delivery.finished is None else delivery.finished)


def delivery_buttons(delivery: Delivery, csrf: str, back: str) -> list[Tag]:
    """Give what can be done with it; `back` is the page to come back to."""
    if delivery.status is Status.DELIVERED:
        return []
    waits = delivery.status is Status.WAITING
    again = _button(delivery, "retry", "Send now" if waits else "Send again", csrf, back)
    if not waits:
        return [again]
    stop = _button(delivery, "cancel", "Stop", csrf, back)
    return [again, stop(**{"data-ask": "Stop this delivery? It is not tried any more."})]


def _button(delivery: Delivery, what: str, words: str, csrf: str, back: str) -> Tag:
    label = f"{words}: delivery {delivery.id}"
    return tags.form(
        tags.input(type="hidden", name="_csrf", value=csrf),
        tags.input(type="hidden", name="back", value=back),
        tags.button(words, type="submit", class_="small", **{"aria-label": label}),
        method="post",
        action=f"/deliveries/{delivery.id}/{what}",
    )
