"""Another configuration, and a certificate: docs/public-server.md and docs/operating.md."""

import smtplib
import socket
import ssl
from pathlib import Path

from chapters.machine import ETC, OWN, active, journal, run, show
from chapters.talk import ADDRESS, HOST, WebSocket, daemon, mail, rest, send, sender, stored

LIVE = Path(f"/etc/letsencrypt/live/{HOST}")  # as certbot has it
HOOK = "/etc/letsencrypt/renewal-hooks/deploy/mailsockd"
OTHER = "user1@inbox.example.org"
PUBLIC = f"""\
hostname: {HOST}
domains: [inbox.example.org, localhost]
smtp:
  listen: ["0.0.0.0:25"]
http:
  listen: ["127.0.0.1:8025"]
  listen_tls: ["0.0.0.0:443"]
tls:
  certificates:
    - certificate: /etc/mailsockd/tls/{HOST}/fullchain.pem
      key: /etc/mailsockd/tls/{HOST}/privkey.pem
inboxes:
  unreserved: reject
"""


def reloaded() -> None:
    """A bad file is refused with its reason and changes nothing; a good one is taken over by the same process."""
    pid = show("MainPID")
    OWN.write_text("limits: {recipients: none}\n")
    run("systemctl", "reload", "mailsockd", fails=True)
    assert f"{OWN}:1: limits.recipients: must be a whole number" in journal()
    assert (active(), show("MainPID")) == (True, pid)
    OWN.write_text("limits: {recipients: 7}\n")
    run("systemctl", "reload", "mailsockd")
    assert (active(), show("MainPID")) == (True, pid)
    OWN.write_text("data: [\n")
    run("systemctl", "restart", "mailsockd", fails=True)
    assert f"{OWN}:2: it is not YAML" in journal()
    OWN.write_text("")
    run("systemctl", "reset-failed", "mailsockd")


def secured() -> None:
    """A certificate and a few lines: mail through port 25 with STARTTLS comes out of a WSS socket on port 443."""
    with Path("/etc/hosts").open("a") as hosts:
        hosts.write(f"127.0.0.1 {HOST}\n")
    (ETC / "tls" / HOST).mkdir(parents=True)
    _certify()
    run("env", f"RENEWED_LINEAGE={LIVE}", HOOK)
    OWN.write_text(PUBLIC)
    run("mailsockctl", "config", "check")
    run("systemctl", "restart", "mailsockd")
    daemon.smtp, daemon.http, daemon.trusted = 25, 443, _trusting()
    rest("POST", f"/api/addresses/{OTHER}", {"enablews": True})
    listener = WebSocket(OTHER)
    assert isinstance(listener.socket, ssl.SSLSocket)
    identity = mail("port 25", OTHER)
    message = listener.message()
    assert (message["_id"], message["rtls"]) == (f"{identity}-0", True)
    try:
        mail("to nobody", "nobody@inbox.example.org")
    except smtplib.SMTPRecipientsRefused as refused:
        assert refused.recipients["nobody@inbox.example.org"][0] == 550
    else:
        raise AssertionError("nobody has reserved it")


def renewed() -> None:
    """A new certificate counts from the next handshake on, and no connection is dropped; a bad one changes nothing."""
    pid, old = show("MainPID"), _shown()
    listener, smtp = WebSocket(), sender()
    _certify()
    run("env", f"RENEWED_LINEAGE={LIVE}", HOOK)
    new = _shown()
    assert new != old
    assert new == ssl.PEM_cert_to_DER_cert((LIVE / "fullchain.pem").read_text())
    identity = send(smtp, "before and after")
    assert listener.message()["_id"] == f"{identity}-0"

    (ETC / "tls" / HOST / "privkey.pem").write_text("no key\n")
    run("systemctl", "reload", "mailsockd", fails=True)
    assert "tls.certificates" in journal()
    assert _shown() == new
    identity = send(smtp, "still")
    assert listener.message()["_id"] == f"{identity}-0"
    run("env", f"RENEWED_LINEAGE={LIVE}", HOOK)
    assert (active(), show("MainPID")) == (True, pid)
    daemon.trusted = _trusting()
    assert mail("again", ADDRESS) in stored()


def _certify() -> None:
    LIVE.mkdir(parents=True, exist_ok=True)
    run(
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "90",
        "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}",
        "-keyout", str(LIVE / "privkey.pem"), "-out", str(LIVE / "fullchain.pem"),
    )  # fmt: skip


def _trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(LIVE / "fullchain.pem"))


def _shown() -> bytes | None:
    """Give the certificate of a new handshake."""
    unsure = ssl.create_default_context()
    unsure.check_hostname, unsure.verify_mode = False, ssl.CERT_NONE
    plain = socket.create_connection(("127.0.0.1", daemon.http), 60)
    with unsure.wrap_socket(plain, server_hostname=HOST) as secure:
        return secure.getpeercert(binary_form=True)
