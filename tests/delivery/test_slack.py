"""The channel to Slack: what is shown there, and what an answer means."""

import json

import attrs
import pytest
from twisted.internet.defer import ensureDeferred

from mailsockd.delivery.channel import Delivered, Outcome, Parcel, Postponed, Undeliverable
from mailsockd.delivery.slack import LONGEST_TEXT, RULE, SlackChannel, slack_text
from mailsockd.mail.message import parse
from mailsockd.mail.stored import Message, summary_of
from mailsockd.state.addresses import Address
from mailsockd.state.deliveries import Delivery
from tests.delivery.outgoing import NOW, Outside, at_once
from tests.delivery.test_webhook import request_of
from tests.fakes import stored

URL = "https://hooks.slack.test/services/T0/B0/XX"
MAIL = b"From: Robot <robot@shop.test>\r\nSubject: Your code\r\n\r\nCode <1234> & more\r\n"


def message_of(content: bytes, **more: object) -> Message:
    return stored("m-0", owner="ada", size=len(content), summary=summary_of(parse(content), ""), **more)


def shown(content: bytes, to_from: bool = False, **more: object) -> str:
    return slack_text(message_of(content, **more), parse(content).text, to_from)


def test_subject_and_text_are_shown_with_a_rule_below() -> None:
    """The subject is bold; what Slack gives a meaning to is escaped."""
    assert shown(MAIL) == f"*Your code*\nCode &lt;1234&gt; &amp; more\n{RULE}"


def test_sender_and_recipient_stand_above_when_wanted() -> None:
    """The first line has both, the recipient as the mail was sent to it."""
    first, second, _, _ = shown(MAIL, True, original="a+tag@b.test").split("\n")
    assert (first, second) == ("robot@shop.test &gt; a+tag@b.test", "*Your code*")
    assert shown(b"Subject: x\r\n\r\n", True) == f"(no sender) &gt; a@b.test\n*x*\n{RULE}"


@pytest.mark.parametrize(
    ("subject", "bold"),
    [
        (b"", "*(no subject)*"),
        (b"  a \t b ", "*a b*"),
        (b"50% *off* `now`", "*50% \u2217off\u2217 \u02cbnow\u02cb*"),
        (b"<!channel> <@U1> a&b", "*&lt;!channel&gt; &lt;@U1&gt; a&amp;b*"),
        (b"x" * 3000, f"*{'x' * 1000}*"),
    ],
)
def test_a_subject_stays_one_bold_line(subject: bytes, bold: str) -> None:
    """Nothing in a subject ends the bold, calls anybody, or fills the screen."""
    assert shown(b"Subject: " + subject + b"\r\n\r\nx\r\n").split("\n")[0] == bold


@pytest.mark.parametrize("character", ["x", "&", "<", "\U0001f600", "\n."])
def test_long_text_is_shortened_to_what_slack_shows(character: str) -> None:
    """It ends with a sentence and the rule, is never longer than Slack takes, and no escape is cut in two."""
    text = slack_text(message_of(MAIL), character * 50_000, True)
    assert len(text) <= LONGEST_TEXT
    assert len(text) > LONGEST_TEXT - 20
    body, rule = text.rsplit("\n", 1)
    assert rule == RULE and body.endswith("… (shortened; the whole mail is in the inbox)")
    for place, part in enumerate(body.split("&")):
        assert place == 0 or part.startswith(("amp;", "lt;", "gt;"))


def test_text_that_just_fits_is_whole() -> None:
    """Text up to the bound is not shortened."""
    room = LONGEST_TEXT - len("*Your code*") - len(RULE) - 2
    assert len(slack_text(message_of(MAIL), "x" * room, False)) == LONGEST_TEXT
    assert "shortened" not in slack_text(message_of(MAIL), "x" * room, False)
    assert "shortened" in slack_text(message_of(MAIL), "x" * (room + 1), False)


@attrs.define
class Slack:
    """The channel before an outside that knows Slack."""

    outside: Outside = attrs.Factory(lambda: Outside({"hooks.slack.test": [["1.2.3.4"]]}))
    channel: SlackChannel = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.channel = SlackChannel(self.outside.http, self.outside.reach, at_once)

    def send(self, url: str, content: bytes = MAIL, **settings: bool) -> list[Outcome]:
        address = Address("a@b.test", "ada", NOW, NOW, settings={"webhookSlack": url, **settings})
        delivery = Delivery("m-0", 1, "slack", url, "ada", "a@b.test", NOW, NOW, id=7)
        found: list[Outcome] = []
        ensureDeferred(self.channel.send(Parcel(delivery, address, message_of(content), content))).addCallback(
            found.append
        )
        return found


HTTP = URL.replace("https", "http")


@pytest.mark.parametrize("content", [MAIL, MAIL + b"x" * 70_000])
def test_the_request_is_json_with_one_text(content: bytes) -> None:
    """A small and a large mail are posted as Slack's incoming web hooks take them, with no signature."""
    slack = Slack()
    slack.send(HTTP, content, webhookSlackToFrom=True)
    _, wire = slack.outside.accept()
    headers, body = request_of(wire)
    assert list(json.loads(body)) == ["text"]
    assert json.loads(body)["text"].startswith("robot@shop.test &gt; a@b.test\n*Your code*\nCode &lt;1234&gt;")
    assert "webhook-signature" not in headers
    assert wire.value().startswith(b"POST /services/T0/B0/XX HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (b"200 OK\r\nContent-Length: 2\r\n\r\nok", Delivered("it answered 200 OK")),
        (b"400 X\r\nContent-Length: 15\r\n\r\ninvalid_payload",
         Undeliverable("it answered 400 Bad Request", "invalid_payload")),
        (b"404 X\r\nContent-Length: 10\r\n\r\nno_service", Undeliverable("it answered 404 Not Found", "no_service")),
        (b"410 X\r\nContent-Length: 0\r\n\r\n", Undeliverable("it answered 410 Gone")),
        (b"302 X\r\nContent-Length: 0\r\n\r\n", Undeliverable("it answered 302 Found")),
        (b"408 X\r\nContent-Length: 0\r\n\r\n", Postponed("it answered 408 Request Timeout")),
        (b"429 X\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n",
         Postponed("it answered 429 Too Many Requests", 30.0)),
        (b"500 X\r\nContent-Length: 12\r\n\r\nrollup_error",
         Postponed("it answered 500 Internal Server Error", None, "rollup_error")),
    ],
)  # fmt: skip
def test_what_slacks_answer_means(answer: bytes, outcome: Outcome) -> None:
    """Trouble of Slack's is waited for; a web hook or channel that is gone ends the delivery."""
    slack = Slack()
    found = slack.send(HTTP)
    slack.outside.answer(b"HTTP/1.1 " + answer)
    assert found == [outcome]


def test_slacks_url_is_checked_like_any_other() -> None:
    """It leads nowhere inside, when it is set and when it is used."""
    slack = Slack()
    url, flag = slack.channel.settings
    assert (url.setting, flag.setting) == ("webhookSlack", "webhookSlackToFrom")
    assert url.check(URL, "ada") == URL
    with pytest.raises(ValueError, match=r"a loopback address, .* webhook\.allow"):
        url.check("http://127.0.0.1/", "ada")
    assert flag.check(True, "ada") is True and flag.check(None, "ada") is None
    with pytest.raises(ValueError, match="must be true or false"):
        flag.check("yes", "ada")
    (outcome,) = slack.send("http://127.0.0.1/")
    assert isinstance(outcome, Undeliverable) and outcome.reason.startswith("the URL leads to 127.0.0.1, a loopback")
    (outcome,) = slack.send("http://unknown.test/")
    assert outcome == Postponed("the name unknown.test has no address")
    assert slack.channel.target(Address("a@b.test", "ada", NOW, NOW)) is None
