"""`mailsockctl webhook …`, for the account that owns the address."""

import pytest

from tests.control.house import House


@pytest.fixture
def house() -> House:
    house = House()
    assert house.ctl("account", "add", "alice").status == 0
    added = house.ctl("address", "add", "user1@mail.test", "--account", "alice")
    assert added.status == 0, added.err
    return house


def test_a_web_hook_is_set_and_shown(house: House) -> None:
    """The address tells where its mail goes."""
    run = house.ctl("address", "set", "user1@mail.test", "webhook=https://hook.test/x", "webhookSlack=https://s.test/")
    assert (run.status, run.err) == (0, "")
    assert "goes to  inbox, web hook, Slack\n" in run.out


def test_a_wrong_url_is_refused_with_the_setting(house: House) -> None:
    """The one line says which setting of the server would let it."""
    run = house.ctl("address", "set", "user1@mail.test", "webhook=http://127.0.0.1/")
    assert (run.status, run.out) == (1, "")
    assert run.err == (
        "mailsockctl: The settings of the address are not valid: webhook: leads to 127.0.0.1, a loopback address, "
        "which the operator's setting webhook.allow does not list\n"
    )


def test_the_secret_is_shown_and_replaced(house: House) -> None:
    """People get pairs, programs JSON; after a rotation both secrets are there."""
    house.ctl("address", "set", "user1@mail.test", "webhook=https://hook.test/x")
    secret = house.ctl("webhook", "secret", "user1@mail.test", "--json").json
    shown = house.ctl("webhook", "secret", "user1@mail.test").out
    assert shown == f"address  user1@mail.test\nsecret   {secret['secret']}\n"
    rotated = house.ctl("webhook", "rotate", "user1@mail.test", "--json").json
    assert rotated["previous"] == secret["secret"]
    shown = house.ctl("webhook", "secret", "user1@mail.test").out
    assert shown.splitlines()[1:] == [
        f"secret           {rotated['secret']}",
        f"before           {secret['secret']}",
        "signs too until  2026-11-23T08:01:10.004Z",
    ]


def test_a_test_says_how_it_went(house: House) -> None:
    """The status of the program is that of the test."""
    house.ctl("address", "set", "user1@mail.test", "webhook=https://hook.test/x")
    run = house.ctl("webhook", "test", "user1@mail.test")
    assert (run.status, run.out) == (0, "delivered: https://hook.test/x answered 200 OK (7 ms)\n")
    assert house.ctl("webhook", "test", "user1@mail.test", "--json").json["delivered"] is True


@pytest.mark.parametrize("command", ["secret", "rotate", "test"])
def test_without_a_web_hook_it_says_so(house: House, command: str) -> None:
    """An address without one, and one that nobody has, are told apart."""
    run = house.ctl("webhook", command, "user1@mail.test")
    assert (run.status, run.err) == (
        1, "mailsockctl: user1@mail.test has no web hook yet: set `webhook` first.\n"
    )  # fmt: skip
    run = house.ctl("webhook", command, "no@mail.test")
    assert (run.status, run.err) == (1, "mailsockctl: Nobody has reserved no@mail.test.\n")
