"""Web hooks and Slack of a running daemon: what is sent, who can verify it, and receivers of every sort."""

import json
import re
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.integration.certificates import make
from tests.integration.clients import SECONDS, Talk, call, rest
from tests.integration.daemon import DOMAIN, ROOT, Daemon
from tests.integration.raw_taker import OK, Answer, RawTaker, Request, goes_on, hangs, resets, says
from tests.integration.test_deliveries import ctl, deliveries
from tests.integration.waiting import until

LOOPBACK = {"webhook": {"allow": ["127.0.0.0/8", "::1/128"], "ports": ["1-65535"]}}
OWN = "mailsockd/v1/addresses"
MAIL = (
    "From: Robot <robot@shop.example>\r\nSubject: Grüße\r\nMessage-ID: <1@shop.example>\r\n\r\n<Hi> & bye\r\n".encode()
)


@pytest.fixture(scope="module")
def daemon() -> Iterator[Daemon]:
    """Give a daemon that may send to loopback."""
    with Daemon(LOOPBACK) as running:
        yield running


@pytest.fixture
def taker() -> Iterator[RawTaker]:
    """Give a receiver that takes everything."""
    with RawTaker() as running:
        yield running


def own(daemon: Daemon, method: str, path: str) -> Any:
    """Call one of mailsockd's own routes for addresses."""
    request = urllib.request.Request(f"{daemon.url}/{OWN}/{path}", headers={"Mailsac-Key": daemon.key}, method=method)
    with urllib.request.urlopen(request, timeout=SECONDS) as reply:
        return json.loads(reply.read())


def hook(daemon: Daemon, name: str, **settings: object) -> str:
    """Reserve an address with these settings."""
    address = f"{name}@{DOMAIN}"
    rest(daemon, "POST", f"/addresses/{address}", settings)
    return address


def mail(daemon: Daemon, taker: RawTaker, address: str, content: bytes = MAIL) -> tuple[str, Request]:
    """Send a mail; give the id of its message, and the request that the receiver got for it."""
    before = len(taker.requests)
    with Talk.begin(daemon) as talk:
        id = talk.mail("robot@shop.example", address, content) + "-0"
    until(lambda: len(taker.requests) > before, "the receiver is asked")
    return id, taker.requests[before]


def test_the_message_of_rest_is_posted(daemon: Daemon, taker: RawTaker) -> None:
    """The body has what REST answers for the message, and what older receivers read, in the contract's order."""
    address = hook(daemon, "body", webhook=taker.url("/in?x=1"))
    id, request = mail(daemon, taker, address)
    assert request.line == "POST /in?x=1 HTTP/1.1"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["user-agent"].startswith("mailsockd/")
    body = json.loads(request.body)
    shown = rest(daemon, "GET", f"/addresses/{address}/messages/{id}")
    assert {name: body[name] for name in shown} == shown
    assert list(body)[:9] == ["_id", "to", "from", "subject", "inbox", "originalInbox", "domain", "received", "raw"]
    assert body["raw"].encode() == rest(daemon, "GET", f"/raw/{address}/{id}")
    assert (body["subject"], body["text"], body["messageId"]) == ("Grüße", "<Hi> & bye", "1@shop.example")
    assert body["encryptedInbox"] == rest(daemon, "GET", f"/addresses/{address}")["encryptedInbox"].partition("@")[0]
    until(lambda: deliveries(daemon, f"?message={id}&status=delivered"), "it is written down")


def documented(language: str) -> str:
    """Give the example of docs/webhooks.md."""
    found = re.findall(rf"```{language}\n(.*?)```", (ROOT / "docs/webhooks.md").read_text(), flags=re.DOTALL)
    return next(text for text in found if "verified" in text)


def in_python(secret: str, request: Request) -> bool:
    """Verify a request by the documented Python."""
    names: dict[str, Any] = {}
    exec(documented("python"), names)
    return bool(names["verified"](secret, request.headers, request.body))


def in_node(secret: str, request: Request, folder: Path) -> bool:
    """Verify a request by the documented JavaScript."""
    (folder / "body").write_bytes(request.body)
    call = f"verified({json.dumps(secret)}, {json.dumps(request.headers)}, require('fs').readFileSync('body'))"
    program = f"{documented('js')}\nconsole.log({call});\n"
    done = subprocess.run(
        ["node", "-e", program], cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=True
    )
    return {"true": True, "false": False}[done.stdout.strip()]


def in_library(secret: str, request: Request) -> bool:
    """Verify a request by the library of Standard Webhooks."""
    try:
        Webhook(secret).verify(request.body, request.headers)
    except WebhookVerificationError:
        return False
    return True


def test_everybody_can_verify_the_signature(daemon: Daemon, taker: RawTaker, tmp_path: Path) -> None:
    """The library and the documented examples accept what was sent, by both secrets after a rotation, nothing else."""
    address = hook(daemon, "signed", webhook=taker.url())
    first = own(daemon, "GET", f"{address}/webhook-secret")["secret"]
    _, alone = mail(daemon, taker, address)
    second = own(daemon, "POST", f"{address}/webhook-secret/rotate")["secret"]
    _, both = mail(daemon, taker, address)
    forged = Request(both.line, both.headers, both.body.replace(b"bye", b"buy"))
    late = Request(both.line, {**both.headers, "webhook-timestamp": "1600000000"}, both.body)
    wanted = [(first, alone, True), (second, alone, False), (first, both, True), (second, both, True),
              (second, forged, False), (second, late, False)]  # fmt: skip
    for secret, request, good in wanted:
        assert in_library(secret, request) is good
        assert in_python(secret, request) is good
        assert in_node(secret, request, tmp_path) is good
    assert ctl(daemon, "webhook", "secret", address).splitlines()[1] == f"secret           {second}"
    assert first not in daemon.log and second not in daemon.log


def test_a_large_mail_arrives_whole(daemon: Daemon, taker: RawTaker) -> None:
    """Megabytes are sent as they are, and signed."""
    address = hook(daemon, "large", webhook=taker.url())
    line = b"0123456789" * 7 + b"\r\n"
    _, request = mail(daemon, taker, address, b"Subject: large\r\n\r\n" + line * 50_000)
    assert json.loads(request.body)["text"] == (line.decode().replace("\r\n", "\n") * 50_000).rstrip("\n")
    assert in_library(own(daemon, "GET", f"{address}/webhook-secret")["secret"], request)


HEAD = b"HTTP/1.1 200 OK\r\n"
CLOSED = "the connection was closed before there was an answer"
LARGE = "the head of the answer is too large"


@pytest.mark.parametrize(
    ("answer", "trial"),
    [
        (says(HEAD + b"Content-Length: 2\r\n\r\nok"), (True, 200, "it answered 200 OK")),
        (goes_on(HEAD + b"\r\n", b"x" * 65536), (True, 200, "it answered 200 OK")),
        (goes_on(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 999), (True, 200, "it answered 200 OK")),
        (goes_on(HEAD, b"a: b\r\n" * 999), (False, None, LARGE)),
        (goes_on(HEAD, b"a:\r\n"), (False, None, LARGE)),
        (goes_on(HEAD, b"a" * 65536), (False, None, LARGE)),
        (goes_on(b"", b"HTTP/1.1 102 Processing\r\n\r\n"), (False, None, LARGE)),
        (goes_on(b"", b"\x00" * 999), (False, None, "the answer is not HTTP/1.1")),
        (says(b"220 mx ESMTP\r\n"), (False, None, "the answer is not HTTP/1.1")),
        (says(HEAD + b"Content-Length: x\r\n\r\n"), (False, None, "the answer is no proper HTTP")),
        (says(b""), (False, None, CLOSED)),
        (says(HEAD), (False, None, CLOSED)),
        (resets, (False, None, CLOSED)),
        (hangs, (False, None, "there was no answer within 10 seconds")),
        (says(b"HTTP/1.1 500 X\r\nContent-Length: 5\r\n\r\nno db"),
         (False, 500, "it answered 500 Internal Server Error: no db")),
    ],
)  # fmt: skip
def test_a_receiver_may_do_what_it_wants(daemon: Daemon, taker: RawTaker, answer: Answer, trial: Any) -> None:
    """Whatever a receiver answers, or does not, is told in words within ten seconds, and the daemon goes on."""
    address = f"tried@{DOMAIN}"
    call(daemon, "POST", f"/addresses/{address}")
    rest(daemon, "PUT", f"/addresses/{address}", {"webhook": taker.url()})
    taker.answer = answer
    told = own(daemon, "POST", f"{address}/webhook-test")
    assert (told["delivered"], told["status"], told["reason"]) == trial


def test_a_receiver_that_fails_twice_gets_the_message_at_the_third_try(daemon: Daemon, taker: RawTaker) -> None:
    """Each try has the same id and body and a signature of its own time; the next mail comes after it."""

    def answer(connection: socket.socket) -> None:
        fails = len(taker.requests) < 3
        connection.sendall(b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n" if fails else OK)

    taker.answer = answer
    address = hook(daemon, "third", webhook=taker.url())
    id, _ = mail(daemon, taker, address)
    with Talk.begin(daemon) as talk:
        second = talk.mail("robot@shop.example", address, MAIL) + "-0"
    until(lambda: deliveries(daemon, f"?message={second}&status=delivered"), "the second mail is delivered", 40)
    *tries, last = taker.requests
    assert len(tries) == 3 and len({one.headers["webhook-id"] for one in tries}) == 1
    assert [json.loads(one.body)["_id"] for one in taker.requests] == [id, id, id, second]
    times = [int(one.headers["webhook-timestamp"]) for one in tries]
    assert times == sorted(set(times))
    secret = own(daemon, "GET", f"{address}/webhook-secret")["secret"]
    assert all(in_library(secret, one) for one in (*tries, last))
    (delivered,) = deliveries(daemon, f"?message={id}")
    assert (delivered["status"], delivered["attempts"]) == ("delivered", 3)


def test_redirects_lead_nowhere(daemon: Daemon, taker: RawTaker) -> None:
    """What a redirect names is not asked, neither now nor later: the delivery has failed."""
    with RawTaker() as other:
        for status in (301, 302, 303, 307, 308):
            taker.answer = says(
                b"HTTP/1.1 %d X\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % (status, other.url().encode())
            )
            address = hook(daemon, f"r{status}", webhook=taker.url())
            id, _ = mail(daemon, taker, address)
            (failed,) = until(lambda id=id: deliveries(daemon, f"?message={id}&status=failed"), "it has failed")
            assert failed["attempts"] == 1
            assert "and redirects are not followed" in failed["error"]
        assert other.requests == []


def test_slack_shows_the_mail(daemon: Daemon, taker: RawTaker) -> None:
    """The text has sender, recipient, subject and text, escaped."""
    address = hook(daemon, "slack", webhookSlack=taker.url("/services/T/B/x"), webhookSlackToFrom=True)
    id, request = mail(daemon, taker, address)
    assert request.line == "POST /services/T/B/x HTTP/1.1"
    assert json.loads(request.body) == {
        "text": f"robot@shop.example &gt; {address}\n*Grüße*\n&lt;Hi&gt; &amp; bye\n{'─' * 24}"
    }
    until(lambda: deliveries(daemon, f"?message={id}&status=delivered"), "it is written down")


def test_loopback_is_closed_unless_the_setting_opens_it(taker: RawTaker) -> None:
    """An URL that leads inside is refused when it is set; one that was set before fails, and asks nobody."""
    opened = {"webhook": {"allow": ["127.0.0.0/8"], "ports": [taker.port]}}
    with Daemon(opened) as daemon:
        address = hook(daemon, "inside", webhook=taker.url())
        mail(daemon, taker, address)
        daemon.stop()
        daemon.configure({"webhook": {"allow": [], "ports": [taker.port]}})
        daemon.start()
        why = "leads to 127.0.0.1, a loopback address, which the operator's setting webhook.allow does not list"
        status, answer = call(daemon, "PUT", f"/addresses/{address}", {"webhook": taker.url("/other")})
        assert (status, answer["validationErrors"]) == (400, [f"webhook: {why}"])
        with Talk.begin(daemon) as talk:
            id = talk.mail("robot@shop.example", address, MAIL) + "-0"
        (failed,) = until(lambda: deliveries(daemon, f"?message={id}&status=failed"), "it has failed")
        assert failed["error"] == f"the URL {why}"
        assert len(taker.requests) == 1


def test_certificates_are_verified_for_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A receiver with a certificate of a known authority for its name is trusted; another name, another one is not."""
    good, wrong = make(tmp_path, "good", "localhost"), make(tmp_path, "wrong", "other.example")
    unknown = make(tmp_path, "unknown", "localhost")
    (tmp_path / "known.pem").write_bytes(good[0].read_bytes() + wrong[0].read_bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "known.pem"))
    proxies = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy")
    for name in proxies:
        monkeypatch.setenv(name, "http://127.0.0.1:1/")  # the daemon has them, and asks none
    with (
        Daemon(LOOPBACK) as daemon,
        RawTaker(certificate=good) as trusted,
        RawTaker(certificate=wrong) as misnamed,
        RawTaker(certificate=unknown) as strange,
    ):
        for name in proxies:
            monkeypatch.delenv(name)
        address = hook(daemon, "secure", webhook=trusted.url(host="localhost"))
        _, request = mail(daemon, trusted, address)
        assert request.headers["host"] == f"localhost:{trusted.port}"
        for taker, url, reason in (
            (misnamed, misnamed.url(host="localhost"), "the certificate is not for this host"),
            (trusted, trusted.url(), "the certificate is not for this host"),
            (strange, strange.url(host="localhost"), "TLS failed: certificate verify failed"),
        ):
            before = len(taker.requests)
            rest(daemon, "PUT", f"/addresses/{address}", {"webhook": url})
            told = own(daemon, "POST", f"{address}/webhook-test")
            assert (told["delivered"], told["status"], told["reason"]) == (False, None, reason)
            assert len(taker.requests) == before
        rest(daemon, "PUT", f"/addresses/{address}", {"webhook": f"https://localhost:{daemon.smtp}/"})
        assert own(daemon, "POST", f"{address}/webhook-test")["reason"].startswith("TLS failed: ")
