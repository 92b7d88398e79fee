"""Submission with a password, by smtplib and swaks, and what the account then sees on its socket and by REST."""

import json
import smtplib
import ssl
import subprocess
import uuid
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from tests.integration.certificates import make
from tests.integration.clients import call, frame, listen, new_address, rest
from tests.integration.daemon import Daemon, free_port
from tests.integration.test_denylist import ctl

NAME = "mx.mail.test"


class Capturing(Daemon):
    """A daemon with submission, in clear with STARTTLS and with TLS from the first byte."""

    def __init__(self) -> None:
        self.capture, self.captures = free_port(), free_port()
        super().__init__()
        certificate, key = make(self.folder, NAME, NAME)
        self.configure(
            {
                "capture": {"listen": [f"127.0.0.1:{self.capture}"], "listen_tls": [f"127.0.0.1:{self.captures}"]},
                "tls": {"certificates": [{"certificate": str(certificate), "key": str(key)}]},
            }
        )
        self.trust = ssl.create_default_context(cafile=str(certificate))


class Secure(smtplib.SMTP_SSL):
    """A client of smtplib's that expects the certificate of NAME at whatever address it connects to."""

    def _get_socket(self, host: str, port: int, timeout: float) -> ssl.SSLSocket:
        plain = smtplib.SMTP._get_socket(self, host, port, timeout)  # type: ignore[attr-defined]
        return self.context.wrap_socket(plain, server_hostname=NAME)


@pytest.fixture(scope="module")
def daemon() -> Iterator[Capturing]:
    """Give it running."""
    with Capturing() as running:
        yield running


def customer() -> str:
    """Give an address of somebody else's, another one each time."""
    return f"customer{uuid.uuid4().hex[:8]}+shop@gmail.com"


def mail(address: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "app@shop.example", address, "Your order"
    made.set_content("Thank you.\n")
    return made


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("way", ["clear", "starttls", "tls"])
def test_an_application_sends_and_its_team_sees_it(daemon: Capturing, way: str, mechanism: str) -> None:
    """By each mechanism, in clear, with STARTTLS and with TLS: on the firehose, and by REST under that very address."""
    address = customer()
    client = Secure("127.0.0.1", daemon.captures, timeout=30, context=daemon.trust) if way == "tls" else smtplib.SMTP(
        "127.0.0.1", daemon.capture, timeout=30
    )
    client._host = NAME  # type: ignore[attr-defined]  # whom the certificate is for
    with listen(daemon, "*") as connection, client:
        if way == "starttls":
            client.starttls(context=daemon.trust)
        client.ehlo()
        client.user, client.password = daemon.account, daemon.key  # type: ignore[attr-defined]
        authenticate = client.auth_plain if mechanism == "PLAIN" else client.auth_login
        client.auth(mechanism, authenticate)
        client.send_message(mail(address))
        sent = frame(connection)
    assert (sent["inbox"], sent["originalInbox"], sent["subject"]) == (address, address, "Your order")
    assert sent["rtls"] is (way != "clear")
    (listed,) = rest(daemon, "GET", f"/addresses/{address}/messages")
    assert listed["_id"] == sent["_id"]


def test_swaks_signs_in(daemon: Capturing) -> None:
    """The documented line works."""
    address = customer()
    done = subprocess.run(
        ["swaks", "--server", f"127.0.0.1:{daemon.capture}", "--auth", "PLAIN", "--auth-user", daemon.account,
         "--auth-password", daemon.key, "--to", address, "--from", "app@shop.example"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "235 2.7.0 Authentication succeeded" in done.stdout
    assert len(rest(daemon, "GET", f"/addresses/{address}/messages")) == 1


def test_without_the_key_nothing_is_taken(daemon: Capturing) -> None:
    """A wrong key is 535, no sign-in is 530, and the ordinary port takes no mail for others."""
    with smtplib.SMTP("127.0.0.1", daemon.capture, timeout=30) as client:
        with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
            client.login(daemon.account, "k_wrong")
        assert refused.value.smtp_code == 535
        with pytest.raises(smtplib.SMTPSenderRefused) as needed:
            client.send_message(mail(customer()))
        assert needed.value.smtp_code == 530
    with smtplib.SMTP("127.0.0.1", daemon.smtp, timeout=30) as client, pytest.raises(smtplib.SMTPRecipientsRefused):
        client.send_message(mail(customer()))


def test_captured_mail_for_a_reserved_address_is_on_its_socket(daemon: Capturing) -> None:
    """As if it had come by itself."""
    address = new_address(daemon)
    with listen(daemon, address) as connection, smtplib.SMTP("127.0.0.1", daemon.capture, timeout=30) as client:
        client.login(address, daemon.key)
        client.send_message(mail(address))
        assert frame(connection)["inbox"] == address


def test_captures_can_be_private(daemon: Capturing) -> None:
    """With the option on, its account alone sees it, and has saved it; with it off everybody sees it."""
    made = ctl(daemon, "account", "add", f"bob{uuid.uuid4().hex[:6]}")
    seen = {}
    for private in ("true", "false"):
        status, account = call_v1(daemon, {"capturePrivate": private})
        assert (status, account["capturePrivate"]) == (200, private == "true")
        address = customer()
        with smtplib.SMTP("127.0.0.1", daemon.capture, timeout=30) as client:
            client.login(daemon.account, daemon.key)
            client.send_message(mail(address))
        (own,) = rest(daemon, "GET", f"/addresses/{address}/messages")
        others = call(daemon, "GET", f"/addresses/{address}/messages", key=made["key"])[1]
        seen[private] = (own["savedBy"], len(others))
    assert seen == {"true": (daemon.account, 0), "false": (None, 1)}


def call_v1(daemon: Daemon, body: dict[str, str]) -> tuple[int, dict[str, object]]:
    """Change the options of the account."""
    import urllib.request

    request = urllib.request.Request(
        f"{daemon.url}/mailsockd/v1/account",
        json.dumps(body).encode(),
        {"Mailsac-Key": daemon.key, "Content-Type": "application/json"},
        method="PUT",
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.status, json.load(answer)
