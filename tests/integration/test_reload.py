"""Another configuration for a daemon that runs: SIGHUP and mailsockctl, and what is connected meanwhile."""

import signal
import smtplib
import socket
import ssl
import subprocess
from pathlib import Path

from tests.integration.certificates import make
from tests.integration.clients import Talk, frame, listen, new_address, rest
from tests.integration.daemon import PYTHON, Daemon, environment, free_port
from tests.integration.test_denylist import code, ctl
from tests.integration.waiting import until


def test_sighup_takes_over_what_it_can_and_drops_nobody() -> None:
    """A socket and a half-told mail live on; a limit, a domain and a denied sender count at once; a port does not."""
    daemon = Daemon()
    denied = daemon.folder / "denied"
    denied.write_text("# nobody yet\n")
    daemon.configure({"smtp": {"denylist": str(denied)}})
    with daemon:
        address = new_address(daemon)
        other = free_port()
        with listen(daemon, address) as connection, Talk.begin(daemon) as talk:
            assert talk.say("MAIL FROM:<a@shop.example>").startswith("250")
            assert talk.say(f"RCPT TO:<{address}>").startswith("250")
            assert talk.say("RCPT TO:<x@second.test>").startswith("550 5.7.1")
            denied.write_text("eve.example\n")
            daemon.configure(
                {
                    "domains": ["mail.test", "second.test"],
                    "limits": {"recipients": 2},
                    "http": {"listen": [f"127.0.0.1:{daemon.http}", f"127.0.0.1:{other}"]},
                }
            )
            daemon.signal(signal.SIGHUP)
            until(lambda: "http.listen needs a restart" in daemon.log, "the reload is in the log")
            assert "reloaded " in daemon.log
            assert talk.say("RCPT TO:<x@second.test>").startswith("250")
            assert talk.say("RCPT TO:<y@second.test>").startswith("452")
            assert talk.say("DATA").startswith("354")
            talk.send(b"Subject: still here\r\n\r\nx\r\n.\r\n")
            assert talk.reply().startswith("250 ")
            assert frame(connection)["subject"] == "still here"
        assert code(daemon, address, "a@eve.example") == 550
        assert ctl(daemon, "status")["domains"] == ["mail.test", "second.test"]
        assert ctl(daemon, "reload") == {"config": str(daemon.file), "reloaded": [], "needRestart": ["http.listen"]}


def test_a_bad_file_is_refused_and_the_daemon_goes_on() -> None:
    """mailsockctl gives the reason and exit status 1, the log has it too, and mail is taken as before."""
    with Daemon() as daemon:
        address = new_address(daemon)
        daemon.file.write_text(daemon.file.read_text() + "colour: red\n")
        command = [PYTHON, "-m", "mailsockd.control.ctl", "--control", str(daemon.data / "control.sock"), "reload"]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60, env=environment())
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(f"mailsockctl: {daemon.file}:")
        assert "colour: is not a setting" in done.stderr
        assert done.stderr.endswith("(what was in force stays)\n")
        assert "not reloaded, and what was in force stays: " in daemon.log
        daemon.signal(signal.SIGHUP)
        until(lambda: daemon.log.count("not reloaded") == 2, "SIGHUP is refused, too")
        assert code(daemon, address, "a@shop.example") == 250
        assert rest(daemon, "GET", "/me")["_id"] == daemon.account


def shown(port: int, trusted: Path) -> bytes:
    """Shake hands as a client that trusts one certificate; give the one that it is shown."""
    context = ssl.create_default_context(cafile=str(trusted))
    with (
        socket.create_connection(("127.0.0.1", port), 30) as plain,
        context.wrap_socket(plain, server_hostname="mx.mail.test") as secret,
    ):
        return secret.getpeercert(binary_form=True) or b""


def test_a_renewed_certificate_is_shown_and_old_connections_stay() -> None:
    """After SIGHUP a new connection, also by STARTTLS, gets the new certificate; one that is open goes on."""
    daemon = Daemon()
    smtps = free_port()
    certificate, key = make(daemon.folder, "pair", "mx.mail.test")
    daemon.configure(
        {
            "smtp": {"listen_tls": [f"127.0.0.1:{smtps}"]},
            "tls": {"certificates": [{"certificate": str(certificate), "key": str(key)}]},
        }
    )
    with daemon:
        before = shown(smtps, certificate)
        context = ssl.create_default_context(cafile=str(certificate))
        with (
            socket.create_connection(("127.0.0.1", smtps), 30) as plain,
            context.wrap_socket(plain, server_hostname="mx.mail.test") as secret,
        ):
            talk = Talk(secret)
            assert talk.reply().startswith("220 ")
            make(daemon.folder, "pair", "mx.mail.test")
            daemon.signal(signal.SIGHUP)
            until(lambda: "reloaded " in daemon.log, "the reload is in the log")
            assert ": tls.certificates\n" in daemon.log
            assert talk.say("EHLO client.example").startswith("250")
        assert shown(smtps, certificate) != before
        with smtplib.SMTP("127.0.0.1", daemon.smtp, timeout=30) as client:
            client._host = "mx.mail.test"  # type: ignore[attr-defined]
            client.starttls(context=ssl.create_default_context(cafile=str(certificate)))
            assert client.noop()[0] == 250
