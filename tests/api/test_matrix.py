"""Who may do what: every route, for every kind of object and every kind of caller, as matrix.txt has it."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from twisted.internet.defer import succeed

from mailsockd import api
from mailsockd.actions.accounts import AccountActions
from mailsockd.actions.address_passwords import AddressPasswords
from mailsockd.actions.addresses import Addresses
from mailsockd.actions.claims import Claims, Policy
from mailsockd.actions.proofs import Proofs
from mailsockd.actions.registry import Registry
from mailsockd.actions.rights import Rights
from mailsockd.api.account_options import AccountOptionRoutes
from mailsockd.api.address_passwords import AddressPasswordRoutes
from mailsockd.api.domain_setup import DomainSetupRoutes
from mailsockd.api.openapi import DescriptionRoutes
from mailsockd.api.test_message import TestMessageRoutes
from mailsockd.state.addresses import Address
from mailsockd.state.domains import Domain
from mailsockd.state.proof import Answers, Rules
from mailsockd.state.secrets import Secret, webhook_secret
from mailsockd.web.router import Router
from tests.api.described import document_of
from tests.api.house import NOW, House
from tests.fakes import ImmediatePasswords
from tests.memory_deliveries import delivery
from tests.test_docs import routes
from tests.web.talk import Answer, Talk, request

TABLE = (Path(__file__).parent / "matrix.txt").read_text("utf-8")
CALLERS = {"nobody": None, "wrong": "wrong", "bob": "bob", "ada": "ada", "admin": "admin", "open": None}
SECRET = b"open sesame"
CHECKSUM = hashlib.md5(SECRET).hexdigest()
MAIL = b"""\
From: Sesame <sesame@shop.test>\r
Subject: Your sesame\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=-\r
\r
---\r
Content-Type: text/plain\r
\r
The word is sesame.\r
---\r
Content-Type: text/plain\r
Content-Disposition: attachment; filename=sesame.txt\r
Content-Transfer-Encoding: base64\r
\r
%s\r
-----\r
""" % b64encode(SECRET)


@attrs.frozen
class Thing:
    """An inbox, who reserved it, and who its mail was for and is starred by; `asked` is what paths have instead."""

    inbox: str
    reserved: str = ""
    owner: str = ""
    starred: str | None = None
    asked: str = ""
    mail: bool = True

    @property
    def domain(self) -> str:
        return self.inbox.rpartition("@")[2]


THINGS = {
    "public": Thing("any@b.test"),
    "private": Thing("mine@b.test", "ada", "ada"),
    "spelled": Thing("mine@b.test", "ada", "ada", asked="MINE+Shop@B.Test"),
    "alias": Thing("mine@b.test", "ada", "ada", asked="alias"),
    "domain": Thing("any@ada.test", owner="ada"),
    "shown": Thing("any@open.test"),
    "tenant": Thing("mine@private.test", "ada", "ada"),
    "catchall": Thing("*@ada.test", "ada", "ada"),
    "starred": Thing("liked@b.test", starred="ada"),
    "released": Thing("gone@b.test", owner="ada"),
    "hidden": Thing("old@ada.test"),
    "claimed": Thing("any@claim.test"),
    "unknown": Thing("never@b.test", mail=False),
    "strange": Thing("mine@b.test", "ada", "ada", asked="any@b.test"),
    "invalid": Thing("a@b@c..test", mail=False),
    "everything": Thing("any@b.test", mail=False),
}
DOMAINS = {"unknown": "nobody.test", "invalid": "c..test"}

# What requests have beside their path.
QUERIES = {
    "GET /api/inbox-filter": "andFrom=shop.test",
    "GET /api/inbox-search": "query=shop.test",
    "GET /api/mailstats/common-attachments": "startDate=2026-11-01&endDate=2026-12-01",
}
BODIES: dict[str, Any] = {
    "POST /api/private-addresses-bulk": {"addresses": ["{email}"]},
    "PUT /api/addresses/{email}": {"info": "changed"},
    "PUT /api/private-address-forwarding/{email}": {"info": "changed"},
    "PUT /api/addresses/{email}/messages/{id}/labels": {"labels": ["changed"]},
    "POST /api/outgoing-messages": {"from": "{email}", "to": "friend@b.test", "text": "Hello."},
    "PUT /mailsockd/v1/domains/{domain}": {"enablews": True},
    "PUT /mailsockd/v1/account": {"capturePrivate": True},
    "POST /api/validations/addresses": {"emails": ["{email}"]},
}


def rows() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Give route, object and cells of each row of the table."""
    route = ""
    for line in TABLE.partition("open\n")[2].splitlines():
        if line.startswith(" "):
            thing, *cells = line.split()
            yield route, thing, tuple(cells)
        elif line:
            route = line


ROWS = list(rows())


def world(thing: Thing, anonymous_public: bool, deliveries: bool) -> House:
    """Make a house with the domains of the table, and one object in it, whose mail may have a delivery."""
    house = House(anonymous_public=anonymous_public)
    house.domains.put(Domain("ada.test", "ada", NOW, NOW, verified=True, is_private=True))
    house.domains.put(Domain("open.test", "ada", NOW, NOW, verified=True))
    house.domains.put(Domain("claim.test", "ada", NOW, NOW, is_private=True))
    if thing.reserved:
        catch_all = thing.domain if thing.inbox.startswith("*") else None
        hook = {"webhook": "https://hook.test/"}
        house.book.put(Address(thing.inbox, thing.reserved, NOW, NOW, settings=hook, catch_all=catch_all))
        house.registry.secrets.put(Secret(webhook_secret(thing.inbox), f"whsec_{b64encode(SECRET).decode()}"))
    if thing.mail:
        house.put(MAIL, inbox=thing.inbox, owner=thing.owner, saved_by=thing.starred, received=NOW - 60)
        if thing.owner and deliveries:
            house.deliveries.put(delivery("m1-0", account=thing.owner, address=thing.inbox))
    return house


def beside(house: House) -> Talk:
    """Give a connection to the routes that a house does not have: the test message, the description."""
    registry = Registry(house.accounts, house.book, house.domains, house.store)
    rights = Rights(house.book, house.domains)
    addresses = Addresses(registry, rights, house.mailbox, house.subscriptions, any_domain=False, now=lambda: NOW)
    sending = TestMessageRoutes(addresses, lambda *what: succeed("queued"), hostname="mail.test", now=lambda: NOW)
    document = document_of(tuple(house.router.table))
    passwords = AddressPasswordRoutes(AddressPasswords(registry, rights, ImmediatePasswords(), lambda: NOW))
    accounts = AccountActions(
        registry, house.mailbox, ImmediatePasswords(), house.subscriptions, lambda: NOW, house.deliveries
    )
    options = AccountOptionRoutes(accounts, house.accounts, house.book)
    policy = Policy()
    claims = Claims(registry, rights, addresses, house.subscriptions, house.activity, policy, lambda: NOW)
    proofs = Proofs(
        registry,
        rights,
        house.subscriptions,
        house.activity,
        lambda name: succeed(Answers()),
        Rules(("mx.mail.test",)),
        lambda: NOW,
    )
    setup = DomainSetupRoutes(claims, proofs, rights, ("mx.mail.test",))
    others = (sending, passwords, options, setup, DescriptionRoutes(document))
    return Talk(Router(*others, authenticate=house.accounts.by_key, translate=house.router._translate))


def asked(route: str, name: str, thing: Thing, house: House) -> tuple[str, str, Any]:
    """Give method, path and body of the request for an object."""
    method, pattern = route.split(" ")
    email = f"{house.book.alias(thing.inbox)}@b.test" if thing.asked == "alias" else thing.asked or thing.inbox
    values = {
        "email": email,
        "domain": DOMAINS.get(name, thing.domain),
        "id": "1" if "/deliveries/" in pattern else "m1-0",
        "identifier": CHECKSUM,
        "md5": CHECKSUM,
        "name": {"/static/{version}/{name}": "style.css"}.get(pattern, "shop.test"),
        "label": "changed/twice",
        "folder": "trash",
        "read": "true",
        "private": "true",
        "version": "any",
    }
    path = re.sub(r"\{(\w+)\*?\}", lambda found: values[found[1]], pattern)
    path += f"?{QUERIES[route]}" if route in QUERIES else ""
    return method, path, _filled(BODIES.get(route, b""), email)


def _filled(body: Any, email: str) -> Any:
    if isinstance(body, dict):
        return {name: _filled(value, email) for name, value in body.items()}
    return [email] if isinstance(body, list) else body.replace("{email}", email) if isinstance(body, str) else body


def cell(route: str, name: str, caller: str) -> str:
    """Ask as one caller for one object; give the cell of the answer. Fails when a refusal changed something."""
    thing = THINGS[name]
    house = world(thing, caller == "open", "/deliveries" in route)
    method, path, body = asked(route, name, thing, house)
    before = state(house)
    if any(route == f"{known.method} {known.pattern}" for known in house.router.table):
        answer = house.ask(method, path, CALLERS[caller], body)
    else:
        talk, who = beside(house), CALLERS[caller]
        talk.send(request(method, path, headers={"Mailsac-Key": f"k_{who}"} if who else {}))
        (answer,) = talk.answers()
    if answer.status >= 400 or method == "GET":
        assert state(house) == before, f"{caller} changed something"
    return f"{answer.status}{'+' if tells(answer, thing, f'{path} {body}') else ''}"


def state(house: House) -> tuple[Any, ...]:
    """What a request could change."""
    domains = [house.domains.get(name) for name in house.domains.names()]
    return list(house.mailbox.messages), list(house.book), domains, list(house.store.saved), house.deliveries.all


def tells(answer: Answer, thing: Thing, said: str) -> bool:
    """Tell whether an answer shows what the request did not name."""
    secrets = {"sesame", CHECKSUM, b64encode(SECRET).decode(), "m1-0", thing.inbox}
    unsaid = {secret for secret in secrets if secret not in said.replace("MINE+Shop@B.Test", "mine@b.test")}
    if f"/{thing.domain}" not in said:
        unsaid.add(f'"_id":"{thing.domain}"')
    text = answer.body.decode("latin-1")
    return any(secret in text for secret in unsaid)


def test_every_route_is_in_the_table() -> None:
    """Each route of REST has its rows, and no row is of a route that is not there."""
    assert sorted({route for route, _, _ in ROWS}) == sorted(routes(api))


def test_every_object_is_in_the_table() -> None:
    """Each object is used and is described above the table; each row is there once and has a cell for each caller."""
    assert {thing for _, thing, _ in ROWS} == set(THINGS)
    assert set(re.findall(r"^    (\w+) {2,}\w", TABLE.partition("\nObjects")[2], flags=re.MULTILINE)) >= set(THINGS)
    assert [row for row in ROWS if len(row[2]) != len(CALLERS)] == []
    assert len({row[:2] for row in ROWS}) == len(ROWS)
    assert TABLE.partition("open\n")[0].splitlines()[-1].split() == list(CALLERS)[:-1]


@pytest.mark.parametrize(("route", "name", "cells"), ROWS, ids=[f"{route} {name}" for route, name, _ in ROWS])
def test_what_each_caller_is_answered(route: str, name: str, cells: tuple[str, ...]) -> None:
    """The answers have the statuses of the table and show what it says; a refusal changes nothing, nor does a GET."""
    assert tuple(cell(route, name, caller) for caller in CALLERS) == cells
