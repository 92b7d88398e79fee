"""A domain of an account's own, from the claim to its mail, with a daemon and a DNS server that run."""

import json
import smtplib
import subprocess
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest

from tests.dns_server import Server
from tests.integration.clients import call, frame, listen, rest
from tests.integration.daemon import Daemon
from tests.integration.test_denylist import ctl


@pytest.fixture
def zone() -> Iterator[Server]:
    """Give a DNS server that knows nothing yet."""
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def daemon(zone: Server) -> Iterator[Daemon]:
    """Give a daemon that asks it."""
    with Daemon({"dns": {"resolvers": [zone.address]}, "domains_hosted": ["mail.test"]}) as running:
        yield running


def send(daemon: Daemon, recipient: str) -> None:
    """Send a mail by SMTP; raises SMTPRecipientsRefused."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "app@far.example", recipient, "Hello"
    mail.set_content("It works.\n")
    with smtplib.SMTP("127.0.0.1", daemon.smtp, timeout=30) as client:
        client.send_message(mail)


def refused(daemon: Daemon, recipient: str) -> int:
    """Give the code with which a recipient is refused."""
    with pytest.raises(smtplib.SMTPRecipientsRefused) as error:
        send(daemon, recipient)
    return int(error.value.recipients[recipient][0])


def not_verified(daemon: Daemon, domain: str) -> Any:
    """Have the DNS asked by the command line, which must end with 1; give the domain."""
    with pytest.raises(subprocess.CalledProcessError) as ended:
        ctl(daemon, "domain", "verify", domain)
    assert ended.value.returncode == 1
    return json.loads(ended.value.stdout)["domain"]


def test_a_domain_is_claimed_proved_used_and_given_up(zone: Server, daemon: Daemon) -> None:
    """No mail before the proof; then mail for what nobody reserved is on the owner's socket, also after a restart."""
    text = rest(daemon, "POST", "/domains/shop.test", {"enablews": True})["verificationTxt"]
    first = not_verified(daemon, "shop.test")
    assert (first["verified"], first["verifiedMx"]) == (False, False)
    assert first["lastVerificationErrors"] == (
        f"TXT: shop.test has no TXT record {text}; it has no TXT record. "
        "MX: shop.test has no MX record; it should lead to mx.mail.test."
    )
    assert refused(daemon, "any@shop.test") == 550

    zone.zone = f'shop.test. 5 IN TXT "{text}"\nshop.test. 5 IN MX 10 mx.mail.test.'
    proved = ctl(daemon, "domain", "verify", "shop.test")["domain"]
    assert (proved["verified"], proved["verifiedMx"], proved["lastVerificationErrors"]) == (True, True, None)
    assert ctl(daemon, "domain", "set", "shop.test", "--catch-all", "yes")["catchAll"] is True
    rest(daemon, "PUT", "/addresses/*@shop.test", {"enablews": True})
    daemon.stop()
    daemon.start()
    with listen(daemon, "*@shop.test") as connection:
        send(daemon, "any@shop.test")
        arrived = frame(connection)
    assert (arrived["inbox"], arrived["originalInbox"]) == ("*@shop.test", "any@shop.test")

    assert rest(daemon, "DELETE", "/domains/shop.test")["_id"] == "shop.test"
    assert refused(daemon, "any@shop.test") == 550


def test_the_dns_may_fail_and_says_so(zone: Server, daemon: Daemon) -> None:
    """A server that cannot say changes nothing, and the answer has its reason; the command line ends with 1."""
    rest(daemon, "POST", "/domains/broken.test")
    assert not_verified(daemon, "broken.test")["lastVerificationErrors"] == (
        "TXT: the DNS could not say (SERVFAIL). Nothing was changed. MX: the DNS could not say (SERVFAIL)."
    )


def test_a_name_of_the_server_takes_mail_at_once(daemon: Daemon) -> None:
    """Without any record, and for its owner alone."""
    assert rest(daemon, "POST", "/domains/team.mail.test")["hosted"] is True
    send(daemon, "any@team.mail.test")
    assert len(rest(daemon, "GET", "/addresses/any@team.mail.test/messages")) == 1
    bob = ctl(daemon, "account", "add", "bob")["key"]
    assert call(daemon, "GET", "/addresses/any@team.mail.test/messages", key=bob)[0] == 403
