"""Domains of accounts: claimed, proved by the DNS, fought over and given up, through the control routes."""

from typing import Any

import attrs
import pytest
from twisted.internet.defer import Deferred

from mailsockd.state.activity import Event, Kind
from mailsockd.state.addresses import Address
from mailsockd.state.proof import Answers
from tests.control.house import NOW, House

ADAS, BOBS = "mailsac_0123456789abcdefghijklmn", "mailsac_nmlkjihgfedcba9876543210"
OURS = ((10, "mx.mail.test"),)


@pytest.fixture
def house() -> House:
    made = House()
    for name in ("ada", "bob"):
        made.json("POST", "accounts", {"_id": name})
    return made


def claim(house: House, account: str = "ada", token: str = ADAS, name: str = "shop.test", **settings: bool) -> Any:
    return house.json("POST", f"domains/{name}?account={account}", {"token": token, **settings})


def prove(house: House, *tokens: str, account: str = "ada") -> Any:
    house.dns["shop.test"] = Answers(txt=tokens, mx=OURS)
    return house.json("POST", f"domains/shop.test/verify?account={account}")["domain"]


def events(house: House, kind: Kind) -> list[Event]:
    """Collect what happens from now on."""
    found: list[Event] = []
    house.activity.listen(lambda event: found.append(event) if event.kind is kind else None)
    return found


def served(house: House, name: str = "shop.test") -> str | None:
    """Give who has a domain that takes mail."""
    domain = house.registry.domains.get(name)
    return None if domain is None else domain.owner


def test_a_claim_says_which_records_it_needs(house: House) -> None:
    """It is private and serves nobody before it is proved; the text is the operator's, or one nobody can guess."""
    made = claim(house)
    assert made["domain"]["verificationTxt"] == ADAS
    assert (made["domain"]["verified"], made["domain"]["isPrivate"], made["catchAll"]) == (False, True, False)
    assert made["records"] == [
        {"type": "TXT", "name": "shop.test", "value": ADAS, "found": False},
        {"type": "MX", "name": "shop.test", "value": "10 mx.mail.test", "found": False},
    ]
    assert served(house) is None
    texts = {
        house.json("POST", f"domains/{name}?account=ada", {})["domain"]["verificationTxt"]
        for name in ("one.test", "two.test")
    }
    assert len(texts) == 2
    assert {(text[:10], len(text)) for text in texts} == {("mailsockd_", 34)}


@pytest.mark.parametrize(
    ("name", "body", "message"),
    [
        ("com", {}, "com has one label; a domain needs at least two, such as example.org."),
        ("a..b", {}, "a..b is not a valid domain"),
        ("mail.test", {}, "mail.test is a domain of the configuration; any account may reserve addresses in it."),
        ("Shop.test", {}, "shop.test is claimed by this account already."),
        ("new.test", {"token": "short"}, "token: must be 16 to 200 printable ASCII characters without spaces"),
        ("new.test", {"catchAll": True},
         "new.test is not verified yet, and only a verified domain can have a catch-all."),
        ("new.test", {"isPrivate": "no"}, "isPrivate must be true or false"),
        ("new.test", {"colour": 1}, "colour is not a field here; there are catchAll, enablews, isPrivate, token"),
        ("www.hosted.test", {}, "www.hosted.test is not given away: the name before the first dot "
         "is kept for the server itself."),
    ],
)  # fmt: skip
def test_what_cannot_be_claimed_is_refused_by_name(house: House, name: str, body: object, message: str) -> None:
    """A refusal says what is wrong, and nothing is claimed."""
    claim(house)
    answer = house.ask("POST", f"domains/{name}?account=ada", body)
    assert (answer.status, answer.json["message"]) == (400, message)
    assert [domain.name for domain in house.registry.domains.of("ada")] == ["shop.test"]


def test_two_claims_cannot_have_one_text(house: House) -> None:
    """Else the record of one claimant would prove the domain to both."""
    claim(house)
    answer = house.ask("POST", "domains/shop.test?account=bob", {"token": ADAS})
    assert (answer.status, answer.json["message"]) == (
        400,
        "shop.test has that token already, for this account or another one.",
    )


def test_an_account_has_only_so_many_domains(house: House) -> None:
    """The most are counted over all its claims, and names of the server have a bound of their own."""
    house = House(policy=attrs.evolve(house.policy, most=2, most_hosted=1))
    house.json("POST", "accounts", {"_id": "ada"})
    claim(house, name="team.hosted.test", token=ADAS)
    assert house.ask("POST", "domains/crew.hosted.test?account=ada", {}).json["message"] == (
        "crew.hosted.test is one too many: an account may have 1 names of this server."
    )
    claim(house)
    assert house.ask("POST", "domains/more.test?account=ada", {}).json["message"] == (
        "more.test is one too many: an account may have 2 domains."
    )


def test_a_name_of_the_server_is_there_at_once(house: House) -> None:
    """It needs no record, may have a catch-all from the start, and is nobody else's."""
    made = house.json("POST", "domains/team.hosted.test?account=ada", {"catchAll": True})
    assert (made["domain"]["hosted"], made["domain"]["verified"], made["records"], made["catchAll"]) == (
        True, True, [], True,
    )  # fmt: skip
    assert served(house, "team.hosted.test") == "ada"
    answer = house.ask("POST", "domains/team.hosted.test?account=bob", {})
    assert (answer.status, answer.json["message"]) == (400, "team.hosted.test is taken.")


def test_the_record_proves_a_claim(house: House) -> None:
    """Without it the answer says what is missing; with it the domain is the account's, and both are on record."""
    claim(house)
    good, bad = events(house, Kind.DOMAIN_VERIFIED), events(house, Kind.DOMAIN_NOT_VERIFIED)
    missing = prove(house)
    assert missing["lastVerificationErrors"] == f"TXT: shop.test has no TXT record {ADAS}; it has no TXT record."
    assert (missing["verified"], missing["verifiedMx"], served(house)) == (False, True, None)
    proved = prove(house, ADAS)
    assert (proved["verified"], proved["lastVerificationErrors"], served(house)) == (True, None, "ada")
    assert [(event.account, event.address) for event in (*bad, *good)] == [("ada", "shop.test")] * 2


def test_what_others_had_reserved_in_it_is_released(house: House) -> None:
    """Whoever proves a domain finds it empty; the sockets that listened to what was released are ended."""
    claim(house)
    for name, owner in (("x", "bob"), ("y", "ada")):
        house.registry.book.put(Address(f"{name}@shop.test", owner, NOW, NOW))
    ended = house.listen("bob", address="x@shop.test")
    prove(house, ADAS)
    assert [one.address for one in house.registry.book.in_domain("shop.test")] == ["y@shop.test"]
    assert ended == ["shop.test has an owner now"]


def test_whoever_has_it_keeps_it_until_its_record_is_gone(house: House) -> None:
    """A second claimant with a record waits while the first record is there, and has the domain once it is not."""
    claim(house)
    claim(house, "bob", BOBS)
    prove(house, ADAS)
    assert "Remove the other record." in prove(house, ADAS, BOBS, account="bob")["lastVerificationErrors"]
    assert served(house) == "ada"
    assert prove(house, BOBS, account="bob")["verified"] is True
    assert served(house) == "bob"
    lost = house.json("GET", "domains/shop.test?account=ada")["domain"]
    assert (lost["verified"], lost["lastVerificationErrors"]) == (
        False,
        "TXT: another account has proved that shop.test is its own.",
    )


def test_a_catch_all_is_switched_with_its_domain(house: House) -> None:
    """It takes mail while the domain is verified, is an address of the owner's, and goes when it is switched off."""
    claim(house)
    prove(house, ADAS)
    assert house.json("PATCH", "domains/shop.test", {"catchAll": True})["catchAll"] is True
    catch_all = house.registry.book.get("*@shop.test")
    assert catch_all is not None
    assert (catch_all.owner, catch_all.catch_all) == ("ada", "shop.test")
    assert house.json("PATCH", "domains/shop.test", {"catchAll": False})["catchAll"] is False
    assert house.registry.book.get("*@shop.test") is None


def test_a_domain_that_is_given_up_takes_its_addresses_along(house: House) -> None:
    """The owner's addresses in it go and its sockets are ended; another account's claim stays."""
    claim(house)
    claim(house, "bob", BOBS)
    prove(house, ADAS)
    house.json("PATCH", "domains/shop.test?account=ada", {"catchAll": True})
    ended = house.listen("ada", address="*@shop.test")
    assert house.json("DELETE", "domains/shop.test?account=ada") == {"_id": "shop.test", "account": "ada"}
    assert list(house.registry.book.in_domain("shop.test")) == []
    assert ended == ["the domain shop.test was removed"]
    assert [domain.owner for domain in house.registry.domains.claims("shop.test")] == ["bob"]


def test_a_domain_of_the_configuration_stays(house: House) -> None:
    """The configuration alone can give it up, and it needs no proof."""
    answer = house.ask("DELETE", "domains/mail.test")
    assert answer.status in (400, 404)
    assert served(house, "mail.test") == "admin"


def test_an_operator_has_to_say_whose_claim_is_meant(house: House) -> None:
    """Several claims of one name are told apart by the account; a name that nobody has is not found."""
    claim(house)
    claim(house, "bob", BOBS)
    answer = house.ask("GET", "domains/shop.test")
    assert (answer.status, answer.json["message"]) == (400, "shop.test is claimed by ada, bob: name the account.")
    assert house.ask("GET", "domains/nobodys.test").json["message"] == "Nobody has the domain nobodys.test."
    assert [one["domain"]["owner"] for one in house.json("GET", "domains")] == ["admin", "ada", "bob"]
    assert [one["domain"]["_id"] for one in house.json("GET", "domains?account=bob")] == ["shop.test"]


def test_the_dns_is_not_asked_for_everybody_at_once(house: House) -> None:
    """Of many questions that wait for an answer the twenty-first is refused, and one that is answered makes room."""
    claim(house)
    waiting: list[Deferred[Answers]] = []

    def look(name: str) -> "Deferred[Answers]":
        waiting.append(Deferred())
        return waiting[-1]

    house.look = look
    for _ in range(20):
        house.begin("POST", "domains/shop.test/verify")
    answer = house.ask("POST", "domains/shop.test/verify")
    assert (answer.status, answer.json["message"]) == (
        429,
        "Too many domains are being verified. Try again in a minute.",
    )
    waiting[0].callback(Answers())
    house.begin("POST", "domains/shop.test/verify")
    assert len(waiting) == 21


def test_domains_at_the_command_line(house: House) -> None:
    """Claim, show, verify, list and remove read as sentences and tables; a claim that is not proved is a failure."""
    added = house.ctl("domain", "add", "shop.test", "--account", "ada", "--token", ADAS)
    assert added.status == 0
    assert "not verified" in added.out
    assert ADAS in added.out
    missed = house.ctl("domain", "verify", "shop.test")
    assert (missed.status, "has no TXT record" in missed.out) == (1, True)
    house.dns["shop.test"] = Answers(txt=(ADAS,), mx=((10, "mx.far.test"),))
    assert house.ctl("domain", "verify", "shop.test").status == 0
    assert house.ctl("domain", "set", "shop.test", "--catch-all", "yes", "--private", "no").status == 0
    row = next(line for line in house.ctl("domain", "list").out.splitlines() if line.startswith("shop.test"))
    assert row.split() == ["shop.test", "ada", "verified,", "its", "mail", "goes", "elsewhere", "yes"]
    shown = house.ctl("--json", "domain", "show", "shop.test").json
    assert (shown["domain"]["isPrivate"], shown["catchAll"]) == (False, True)
    assert house.ctl("domain", "remove", "shop.test").out == "took shop.test from ada\n"
    assert house.ctl("domain", "show", "shop.test").err == "mailsockctl: Nobody has the domain shop.test.\n"
