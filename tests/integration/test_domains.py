"""Domains of accounts on a running daemon that asks a real DNS server: claimed, proved, used, lost and given up."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.api.described import all_routes, hold
from tests.integration.clients import SECONDS, Talk, call, frame, rest
from tests.integration.daemon import DOMAIN, Daemon
from tests.integration.test_denylist import ctl
from tests.nameserver import Nameserver
from tests.web.talk import Answer

MAIL = b"Subject: Hello\r\n\r\nIt works.\r\n"
MX = f"shop.test. 5 IN MX 10 mx.{DOMAIN}.\n"


def setup(daemon: Daemon, method: str, name: str, key: str, body: Any = None) -> tuple[int, Any]:
    """Ask one of mailsockd's own routes for domains; `name` may go on behind the domain."""
    path = f"/mailsockd/v1/domains/{name}"
    data = None if body is None else json.dumps(body).encode()
    headers = {"Mailsac-Key": key, "Content-Type": "application/json"}
    request = urllib.request.Request(f"{daemon.url}{path}", data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as reply:
            status, head, content = reply.status, reply.headers, reply.read()
    except urllib.error.HTTPError as error:
        with error:
            status, head, content = error.code, error.headers, error.read()
    hold(all_routes(), method, path, Answer(status, {name.lower(): value for name, value in head.items()}, content))
    return status, json.loads(content)


def account(daemon: Daemon, name: str) -> str:
    """Make an account; give its key."""
    return str(ctl(daemon, "account", "add", name)["key"])


@contextmanager
def listening(daemon: Daemon, key: str, addresses: str) -> Iterator[ClientConnection]:
    """Open a socket of an account and take its first frame."""
    with connect(f"{daemon.socket_url}?key={key}&addresses={addresses}", open_timeout=SECONDS) as connection:
        assert frame(connection)["msg"] == "Listening"
        yield connection


def offered(daemon: Daemon, recipient: str) -> str:
    """Give the reply to a recipient."""
    with Talk.begin(daemon) as talk:
        talk.say("MAIL FROM:<a@client.example>")
        return talk.say(f"RCPT TO:<{recipient}>")


def send(daemon: Daemon, recipient: str) -> None:
    with Talk.begin(daemon) as talk:
        talk.mail("a@client.example", recipient, MAIL)


def inboxes(daemon: Daemon, key: str) -> list[tuple[str, str]]:
    """Give inbox and original address of all mail of an account, newest first."""
    return [(one["inbox"], one["originalInbox"]) for one in rest(daemon, "GET", "/inbox", key=key)["messages"]]


@pytest.mark.parametrize("state", ["sqlite", "yaml"])
def test_the_life_of_a_domain(state: str) -> None:
    """Before the proof its mail is refused; then it is its owner's, over restarts, until another account proves it."""
    with Nameserver() as dns, Daemon({"state": state, "dns": {"resolvers": [dns.address], "timeout": 2}}) as daemon:
        ada, eve = account(daemon, "ada"), account(daemon, "eve")

        # Claims of both, which are worth nothing.
        texts = []
        for key in (ada, eve):
            claimed = rest(daemon, "POST", "/domains/Shop.Test.", {"enablews": True}, key=key)
            assert (claimed["_id"], claimed["verified"], claimed["isPrivate"]) == ("shop.test", False, True)
            assert re.fullmatch("mailsockd_[A-Za-z0-9]{24}", claimed["verificationTxt"])
            texts.append(claimed["verificationTxt"])
        assert texts[0] != texts[1]
        refused = offered(daemon, "any@shop.test")
        assert refused == "550 5.7.1 No mail for shop.test here (smtp.accept is domains)"
        assert call(daemon, "GET", "/domains/shop.test/messages", key=ada)[0] == 403
        assert call(daemon, "POST", "/addresses/any@shop.test", key=ada)[0] == 400
        assert call(daemon, "POST", "/addresses/*@shop.test", key=ada)[0] == 400
        assert setup(daemon, "PUT", "shop.test", ada, {"catchAll": True})[0] == 400

        # Verifying says what is missing.
        _, found = setup(daemon, "POST", "shop.test/verify", ada)
        assert found["domain"]["lastVerificationErrors"] == (
            f"TXT: shop.test has no TXT record {texts[0]}; it has no TXT record. "
            f"MX: shop.test has no MX record; it should lead to mx.{DOMAIN}."
        )
        assert found["records"] == [
            {"type": "TXT", "name": "shop.test", "value": texts[0], "found": False},
            {"type": "MX", "name": "shop.test", "value": f"10 mx.{DOMAIN}", "found": False},
        ]
        dns.zone = f'shop.test. 5 IN TXT "{texts[0]}"\n{MX}'
        _, found = setup(daemon, "POST", "shop.test/verify", ada)
        assert [found["domain"][name] for name in ("verified", "verifiedMx", "lastVerificationErrors")] == [
            True,
            True,
            None,
        ]
        assert [record["found"] for record in found["records"]] == [True, True]
        _, other = setup(daemon, "POST", "shop.test/verify", eve)
        assert (other["domain"]["verified"], other["domain"]["owner"]) == (False, "eve")

        # Its mail is its owner's alone.
        send(daemon, "any+tag@shop.test")
        assert inboxes(daemon, ada) == [("any@shop.test", "any+tag@shop.test")]
        assert call(daemon, "GET", "/addresses/any@shop.test/messages", key=eve)[0] == 403
        assert call(daemon, "GET", "/addresses/any@shop.test/messages")[0] == 403
        assert call(daemon, "POST", "/addresses/mine@shop.test", key=eve)[0] == 401

        # The catch-all, and who hears of what.
        assert setup(daemon, "PUT", "shop.test", ada, {"catchAll": True})[1]["catchAll"] is True
        rest(daemon, "PUT", "/addresses/%2A%40shop.test", {"enablews": True}, key=ada)
        rest(daemon, "POST", "/addresses/sales@shop.test", {"enablews": True}, key=ada)
        with (
            listening(daemon, ada, "*@shop.test") as catch_all,
            listening(daemon, ada, "shop.test") as whole,
            listening(daemon, ada, "sales@shop.test") as sales,
            listening(daemon, ada, "*@shop.test,shop.test,sales@shop.test,*") as several,
        ):
            send(daemon, "sales@shop.test")
            send(daemon, "Anybody@Shop.Test")
            own, caught = ("sales@shop.test", "sales@shop.test"), ("*@shop.test", "anybody@shop.test")
            for connection, expected in ((catch_all, [own, caught]), (whole, [own, caught]), (several, [own, caught])):
                frames = [frame(connection) for _ in expected]
                assert [(one["inbox"], one["originalInbox"]) for one in frames] == expected
            assert frame(sales)["inbox"] == "sales@shop.test"
            with pytest.raises(TimeoutError):
                sales.recv(0.3)
        listed = rest(daemon, "GET", "/addresses/*@shop.test/messages", key=ada)
        assert [one["originalInbox"] for one in listed] == ["anybody@shop.test"]

        # A kill, and trouble with the DNS, change nothing.
        daemon.kill()
        daemon.start()
        dns.broken = True
        _, found = setup(daemon, "POST", "shop.test/verify", ada)
        assert (found["domain"]["verified"], found["catchAll"]) == (True, True)
        assert found["domain"]["lastVerificationErrors"] == (
            "TXT: the DNS could not say (SERVFAIL). Nothing was changed. MX: the DNS could not say (SERVFAIL)."
        )
        dns.broken = False

        # Both records: it stays where it is. Only eve's: it is eve's, and empty.
        dns.zone += f'shop.test. 5 IN TXT "{texts[1]}"\n'
        assert setup(daemon, "POST", "shop.test/verify", eve)[1]["domain"]["verified"] is False
        dns.zone = f'shop.test. 5 IN TXT "{texts[1]}"\n{MX}'
        with listening(daemon, ada, "shop.test") as whole, listening(daemon, ada, "sales@shop.test") as sales:
            assert setup(daemon, "POST", "shop.test/verify", eve)[1]["domain"]["verified"] is True
            for connection in (whole, sales):
                with pytest.raises(ConnectionClosed):
                    connection.recv(SECONDS)
        assert rest(daemon, "GET", "/domains/shop.test", key=ada)["domain"]["verified"] is False
        assert rest(daemon, "GET", "/addresses", key=ada) == []
        send(daemon, "sales@shop.test")
        assert inboxes(daemon, eve) == [("sales@shop.test", "sales@shop.test")]
        assert len(inboxes(daemon, ada)) == 3
        assert call(daemon, "GET", "/addresses/sales@shop.test/messages", key=ada)[0] == 403

        # Given up, it is nobody's.
        assert rest(daemon, "DELETE", "/domains/shop.test", key=eve)["_id"] == "shop.test"
        assert call(daemon, "GET", "/domains/shop.test", key=eve)[0] == 404
        assert offered(daemon, "sales@shop.test") == refused
        assert len(inboxes(daemon, eve)) == 1
        assert "domain verified account=eve address=shop.test" in daemon.log


def test_what_cannot_be_claimed() -> None:
    """Names that are no domains, those of the configuration and what is another's are refused in words."""
    with Daemon() as daemon:
        ada = account(daemon, "ada")
        for name, said in (
            ("com", "com has one label; a domain needs at least two, such as example.org."),
            ("a..b", "a..b is not a valid domain"),
            (DOMAIN, f"{DOMAIN} is a domain of the configuration; any account may reserve addresses in it."),
        ):
            status, answer = call(daemon, "POST", f"/domains/{name}", key=ada)
            assert (status, answer["message"]) == (400, said)
        status, answer = call(daemon, "POST", "/domains/shop.test", {"colour": "red"}, key=ada)
        assert (status, answer["validationErrors"]) == (400, ["colour: is not a setting of a domain"])
        for method, path in (("POST", f"{DOMAIN}/verify"), ("PUT", DOMAIN), ("GET", "nobody.test")):
            assert setup(daemon, method, path, ada)[0] == 404
        assert call(daemon, "DELETE", f"/domains/{DOMAIN}", key=ada)[0] == 404
        assert call(daemon, "DELETE", f"/domains/{DOMAIN}")[0] == 400


def test_names_that_the_server_gives_away() -> None:
    """A name under `domains_hosted` is the account's at once, nobody else can have it, and it goes with its setting."""
    daemon = Daemon({"domains_hosted": ["give.test"]})
    with daemon:
        ada, eve = account(daemon, "ada"), account(daemon, "eve")
        team = rest(daemon, "POST", "/domains/team.give.test", {"catchAll": True}, key=ada)
        assert [team[name] for name in ("hosted", "verified", "verifiedMx", "verificationTxt")] == [
            True,
            True,
            True,
            "",
        ]
        for key, name, said in (
            (eve, "team.give.test", "team.give.test is taken."),
            (
                eve,
                "www.give.test",
                "www.give.test is not given away: the name before the first dot is kept for the server itself.",
            ),
        ):
            status, answer = call(daemon, "POST", f"/domains/{name}", key=key)
            assert (status, answer["message"]) == (400, said)
        send(daemon, "any@team.give.test")
        assert inboxes(daemon, ada) == [("*@team.give.test", "any@team.give.test")]
        daemon.stop()
        daemon.configure({"domains_hosted": []})
        daemon.start()
        assert offered(daemon, "any@team.give.test").startswith("550 5.7.1 ")
        shown = rest(daemon, "GET", "/domains/team.give.test", key=ada)["domain"]
        assert (shown["verified"], shown["lastVerificationErrors"]) == (
            False,
            "give.test is not in domains_hosted any more.",
        )


def test_a_domain_that_moves_keeps_its_record() -> None:
    """With the text of a TXT record that is there already, an operator brings a domain over without a change of DNS."""
    token = "mailsac_0123456789AbCdEfGhIjKlMn"
    with (
        Nameserver(f'shop.test. 5 IN TXT "{token}"\nshop.test. 5 IN MX 5 in.mailsac.test.\n') as dns,
        Daemon({"dns": {"resolvers": [dns.address]}}) as daemon,
    ):
        account(daemon, "ada")
        added = ctl(daemon, "domain", "add", "shop.test", "--account", "ada", "--token", token)
        assert (added["domain"]["verificationTxt"], added["domain"]["verified"]) == (token, False)
        verified = ctl(daemon, "domain", "verify", "shop.test")["domain"]
        assert (verified["verified"], verified["verifiedMx"], verified["lastVerificationErrors"]) == (
            True,
            False,
            f"MX: mail for shop.test goes to in.mailsac.test, not to mx.{DOMAIN}.",
        )
        assert offered(daemon, "any@shop.test").startswith("250 ")
