"""TLS on real connections: STARTTLS, listeners that begin with TLS, and a certificate for each name."""

import json
import smtplib
import socket
import ssl
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from websockets.sync.client import connect

from tests.integration.certificates import make
from tests.integration.clients import Talk, frame, listen, new_address
from tests.integration.daemon import Daemon, free_port
from tests.integration.waiting import until

FIRST, SECOND = "mx.mail.test", "other.mail.test"


class Secure(Daemon):
    """A daemon with two certificates and a TLS listener of each kind."""

    def __init__(self) -> None:
        self.smtps, self.https = free_port(), free_port()
        super().__init__()
        pairs = [make(self.folder, name, name) for name in (FIRST, SECOND)]
        self.configure(
            {
                "smtp": {"listen_tls": [f"127.0.0.1:{self.smtps}"]},
                "http": {"listen_tls": [f"127.0.0.1:{self.https}"]},
                "tls": {"certificates": [{"certificate": str(one), "key": str(two)} for one, two in pairs]},
            }
        )

    def trust(self, name: str) -> ssl.SSLContext:
        """Give a context that believes one of the certificates and checks the name."""
        return ssl.create_default_context(cafile=str(self.folder / f"{name}.pem"))


@pytest.fixture(scope="module")
def secure() -> Iterator[Secure]:
    """Give it running."""
    with Secure() as running:
        yield running


def mail(address: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "robot@shop.example", address, "secret"
    made.set_content("Hello.\n")
    return made


def test_starttls_takes_mail_in_secret(secure: Secure) -> None:
    """After STARTTLS, checked by smtplib, mail is taken and marked as come over TLS; before, it is marked as not."""
    address = new_address(secure)
    with listen(secure, address) as connection, smtplib.SMTP("127.0.0.1", secure.smtp, timeout=30) as client:
        client.send_message(mail(address))
        assert frame(connection)["rtls"] is False
        client._host = FIRST  # type: ignore[attr-defined] # the name that smtplib checks
        client.starttls(context=secure.trust(FIRST))
        client.ehlo()
        assert not client.has_extn("starttls")
        client.send_message(mail(address))
        received = frame(connection)
    assert received["rtls"] is True
    assert "with ESMTPS" in received["raw"].partition("\r\n\r\n")[0]


def test_every_name_has_its_certificate(secure: Secure) -> None:
    """A listener that begins with TLS shows the certificate of the name that was asked for, by SNI."""
    for name in (FIRST, SECOND):
        with (
            socket.create_connection(("127.0.0.1", secure.smtps), 30) as plain,
            secure.trust(name).wrap_socket(plain, server_hostname=name) as secret,
        ):
            assert secret.recv(4) == b"220 "


def test_the_socket_works_over_tls(secure: Secure) -> None:
    """A wss:// connection gets the Listening frame and the mail that comes to a listener with TLS."""
    address = new_address(secure)
    url = f"wss://127.0.0.1:{secure.https}/incoming-messages?key={secure.key}&addresses={address}"
    with (
        connect(url, ssl=secure.trust(SECOND), server_hostname=SECOND, max_size=None, open_timeout=60) as connection,
        socket.create_connection(("127.0.0.1", secure.smtps), 30) as plain,
        secure.trust(FIRST).wrap_socket(plain, server_hostname=FIRST) as secret,
    ):
        assert json.loads(connection.recv(30))["msg"] == "Listening"
        talk = Talk(secret)
        assert talk.reply().startswith("220 ")
        assert talk.say("EHLO client.example").startswith("250 ")
        content = b"Subject: large\r\n\r\n" + b"0123456789\r\n" * 200_000
        talk.mail("a@shop.example", address, content)
        received = frame(connection)
        assert received["raw"].encode().endswith(content)
        assert received["rtls"] is True


def test_what_is_said_before_the_handshake_is_not_believed(secure: Secure) -> None:
    """Commands sent in the clear behind STARTTLS end the session: they are never taken for something said in secret."""
    with Talk.begin(secure) as talk:
        talk.send(b"STARTTLS\r\nMAIL FROM:<attacker@shop.example>\r\n")
        assert talk.reply().startswith("421 5.5.1 ")
        assert talk.reply() == ""


def test_bytes_that_are_no_tls_harm_nobody(secure: Secure) -> None:
    """A client that speaks in the clear to a TLS listener is disconnected, and the next one is served."""
    with socket.create_connection(("127.0.0.1", secure.https), 30) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: plain.recv(4096) == b"", "the connection is closed")
    test_every_name_has_its_certificate(secure)


def test_a_certificate_that_signs_itself_is_made_on_request() -> None:
    """With tls.self_signed STARTTLS works at once; whoever trusts the file in the data folder can check the name."""
    with Daemon({"tls": {"self_signed": True}}) as daemon:
        trusted = ssl.create_default_context(cafile=str(daemon.data / "self-signed.pem"))
        with smtplib.SMTP("127.0.0.1", daemon.smtp, timeout=30) as client:
            client.starttls(context=trusted)  # for 127.0.0.1, which the certificate names, too
            assert client.noop()[0] == 250
        before = (daemon.data / "self-signed.pem").read_bytes()
        daemon.stop()
        daemon.start()
        assert (daemon.data / "self-signed.pem").read_bytes() == before
