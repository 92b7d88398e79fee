"""The program mailsockctl: its commands against the real routes, its exit statuses, what it prints."""

import json
import re
from typing import Any

import pytest

from mailsockd.actions.retention import Room
from mailsockd.state.activity import Kind
from tests.control.house import House

MESSAGE = {
    "from": [{"address": "shop@d.test", "name": "Shop"}],
    "subject": "Order",
    "originalInbox": "a@mail.test",
    "received": "2026-11-22T08:01:10.004Z",
    "size": 2048,
    "attachments": ["0cc175b9c0f1b6a831c399e269772661"],
}
LISTENING = {"status": 200, "msg": "Listening", "addresses": ["a@mail.test"], "domains": ["d.test"]}


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def ada(house: House) -> House:
    house.ctl("account", "add", "ada")
    return house


def test_a_new_account_is_shown_once_for_people(house: House) -> None:
    """Account, password and key stand in two columns, with a line that says they are shown once."""
    run = house.ctl("account", "add", "ada", "--email", "ada@d.test")
    assert run.status == 0
    account, password, key, note = run.out.splitlines()
    assert account == "account   ada"
    assert re.fullmatch(r"password  [A-Za-z0-9]{20}", password)
    assert re.fullmatch(r"key       k_[A-Za-z0-9]{40}", key)
    assert note == "This is shown once: the server keeps only hashes of password and key."
    assert house.registry.accounts.by_key(key.split()[1]) is not None


@pytest.mark.parametrize("arguments", [("--json", "account", "add", "ci"), ("account", "add", "ci", "--json")])
def test_a_new_account_is_one_object_for_programs(house: House, arguments: tuple[str, ...]) -> None:
    """With --json, before the command or behind it, one object has `_id`, `password` and `key`."""
    made = house.ctl(*arguments).json
    assert made["_id"] == "ci"
    assert house.registry.accounts.by_key(made["key"]) is not None
    assert len(made["password"]) == 20


def test_a_password_comes_from_the_standard_input(house: House) -> None:
    """What is read is the first line, and it is not printed."""
    run = house.ctl("account", "add", "ada", "--password-from-stdin", stdin="correct horse\nmore\n")
    account = house.registry.accounts.get("ada")
    assert account is not None
    assert account.password == "hash of correct horse"
    assert "horse" not in run.out


def test_accounts_are_a_table(ada: House) -> None:
    """Columns are aligned under their heads."""
    ada.ctl("account", "add", "bob-with-a-long-name", "--admin")
    ada.ctl("account", "set", "ada", "--credits", "3")
    assert ada.ctl("account", "list").out.splitlines() == [
        "ACCOUNT               ADMIN  DISABLED  ADDRESSES  CREDITS    KEYS  CREATED     EMAIL",
        "ada                   no     no        0          3          1     2026-11-22",
        "bob-with-a-long-name  yes    no        0          unlimited  1     2026-11-22",
    ]


def test_account_set_changes_what_is_named(ada: House) -> None:
    """Each by itself; what stays is shown too."""
    assert ada.ctl("account", "set", "ada", "--credits", "3", "--admin", "yes").out.splitlines() == [
        "account           ada",
        "credits           3",
        "messages          unlimited",
        "operations        unlimited",
        "captures private  no",
        "admin             yes",
        "disabled          no",
    ]
    limited = ada.ctl("account", "set", "ada", "--messages", "500", "--ops", "10000").out.splitlines()
    assert limited[2:4] == ["messages          500", "operations        10000"]
    account = ada.ctl("account", "set", "ada", "--credits", "unlimited", "--json").json
    assert (account["credits"], account["admin"]) == (None, True)


def test_an_account_is_disabled_and_enabled(ada: House) -> None:
    """Its sockets end, browsers are signed out, its keys speak for nobody; afterwards they do again."""
    key = ada.ctl("key", "add", "ada", "--name", "ci", "--json").json["key"]
    ended = ada.listen("ada")
    assert ada.ctl("account", "set", "ada", "--disabled", "yes").out.splitlines()[-1] == "disabled          yes"
    assert (ended, ada.signed_out) == (["the account is disabled"], ["ada"])
    assert ada.registry.accounts.by_key(key) is None
    assert ada.ctl("account", "set", "ada", "--disabled", "no", "--json").json["disabled"] is False
    assert ada.registry.accounts.by_key(key) is not None
    assert ada.signed_out == ["ada"]


def test_an_account_is_removed(ada: House) -> None:
    """What was removed is said, and whether its mail went along."""
    assert ada.ctl("account", "remove", "ada", "--purge").out == "removed ada and its mail\n"
    assert ada.ctl("account", "list").out == "none\n"


def test_a_password_is_changed(ada: House) -> None:
    """A random password is printed, a given one is not."""
    new = ada.ctl("account", "passwd", "ada").out.split()[3]
    account = ada.registry.accounts.get("ada")
    assert account is not None and account.password == f"hash of {new}"
    given = ada.ctl("account", "passwd", "ada", "--password-from-stdin", stdin="correct horse\n")
    assert given.out == "the password of ada is set\n"


def test_keys_are_added_listed_and_revoked(ada: House) -> None:
    """A key is printed once; one from the standard input is not printed at all."""
    made = ada.ctl("key", "add", "ada", "--name", "laptop", "--json").json
    assert ada.registry.accounts.by_key(made["key"]) is not None
    old = ada.ctl("key", "add", "ada", "--name", "old", "--from-stdin", stdin="k_used_for_years_1234\n")
    assert old.out == "account  ada\nname     old\nkey      as given, ending in 1234\n"
    assert [line.split()[-4:] for line in ada.ctl("key", "list", "ada").out.splitlines()[2:]] == [
        ["laptop", made["last"], "2026-11-22", "never"],
        ["old", "1234", "2026-11-22", "never"],
    ]
    assert ada.ctl("key", "revoke", "ada", "1234").out == "revoked old, the key ending in 1234\n"
    assert ada.registry.accounts.by_key("k_used_for_years_1234") is None


def test_addresses_are_added_listed_changed_and_released(ada: House) -> None:
    """The whole life of an address, as people see it."""
    added = ada.ctl("address", "add", "A@mail.test", "--account", "ada", "--enablews", "--info", "orders")
    assert added.out.splitlines()[:4] == [
        "address  a@mail.test",
        "account  ada",
        "goes to  inbox, web sockets",
        "info     orders",
    ]
    assert ada.ctl("address", "list").out.splitlines() == [
        "ADDRESS      ACCOUNT  GOES TO             INFO",
        "a@mail.test  ada      inbox, web sockets  orders",
    ]
    changed = ada.ctl("address", "set", "a@mail.test", "enablews=false", "info=", "--json").json
    assert (changed["enablews"], changed["info"]) == (False, "")
    assert [one["_id"] for one in ada.ctl("address", "list", "--account", "ada", "--json").json] == ["a@mail.test"]
    assert ada.ctl("address", "release", "a@mail.test", "--messages").out == (
        "took a@mail.test from ada and deleted its mail\n"
    )
    assert ada.ctl("address", "list").out == "none\n"


def test_an_address_with_a_plus_and_a_space_arrives_as_typed(ada: House) -> None:
    """Quoting on the way keeps every character."""
    made = ada.ctl("address", "add", '"a b/c?d"@mail.test', "--account", "ada", "--json").json
    assert made["_id"] == '"a b/c?d"@mail.test'


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("account", "add", "ada"), "mailsockctl: There is an account ada already.\n"),
        (("account", "remove", "eve"), "mailsockctl: There is no account eve.\n"),
        (("key", "revoke", "ada", "nope"), "mailsockctl: ada has no key nope.\n"),
        (("address", "release", "a@mail.test"), "mailsockctl: Nobody has reserved a@mail.test.\n"),
        (("send", "a@mail.test", "--attach", "/nowhere/file"),
         "mailsockctl: /nowhere/file cannot be read: No such file or directory\n"),
        (("send", "a@mail.test", "--subject", "two\nlines"),
         "mailsockctl: this cannot be put into a mail: Header values may not contain linefeed or carriage return "
         "characters\n"),
    ],
)  # fmt: skip
def test_what_fails_is_status_1_and_one_line(ada: House, arguments: tuple[str, ...], line: str) -> None:
    """The reason stands on stderr, and nothing on stdout."""
    run = ada.ctl(*arguments)
    assert (run.status, run.out, run.err) == (1, "", line)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "required: COMMAND"),
        (("frobnicate",), "invalid choice: 'frobnicate'"),
        (("account",), "required: COMMAND"),
        (("account", "add"), "required: NAME"),
        (("account", "set", "ada", "--credits", "many"), "'many' is neither a whole number nor `unlimited`"),
        (("account", "set", "ada", "--credits", "-1"), "--credits"),
        (("account", "set", "ada", "--admin", "maybe"), "'maybe' is neither yes nor no"),
        (("account", "set", "ada"), "say what is to be changed"),
        (("address", "add", "a@mail.test"), "--account"),
        (("address", "set", "a@mail.test", "enablews"), "'enablews' is not SETTING=VALUE"),
        (("ready", "--wait", "-1"), "--wait"),
        (("state", "convert", "xml"), "invalid choice: 'xml'"),
    ],
)
def test_a_wrong_command_line_is_status_2(ada: House, arguments: tuple[str, ...], said: str) -> None:
    """What the parser does not understand is said on stderr, and nothing is asked of the daemon."""
    run = ada.ctl(*arguments)
    assert (run.status, run.out) == (2, "")
    assert said in run.err


@pytest.mark.parametrize(
    "arguments",
    [(), ("account", "add"), ("account", "set"), ("account", "list"), ("account", "remove"), ("account", "passwd"),
     ("key", "add"), ("key", "list"), ("key", "revoke"), ("address", "add"), ("address", "list"), ("address", "set"),
     ("address", "release"), ("tail",), ("send",), ("status",), ("usage",), ("ready",), ("config", "check"),
     ("config", "show"),
     ("state", "convert"), ("welcome",)],
)  # fmt: skip
def test_every_command_has_help_with_examples(house: House, arguments: tuple[str, ...]) -> None:
    """Help is on stdout, status 0, and shows the command as it is typed."""
    run = house.ctl(*arguments, "--help")
    assert (run.status, run.err) == (0, "")
    assert "examples:\n  mailsockctl " in run.out
    assert " ".join(("mailsockctl", *arguments)) in run.out


def test_a_test_mail_has_what_was_asked(ada: House, tmp_path: Any) -> None:
    """Text, HTML and an attachment arrive as one MIME message with the sender and subject that were given."""
    from mailsockd.mail.message import parse

    file = tmp_path / "price list.csv"
    file.write_bytes(b"a;b\n1;2\n")
    run = ada.ctl(
        "send", "a@mail.test", "--from", "shop@d.test", "--subject", "Größe", "--text", "see", "--html", "<p>see</p>",
        "--attach", str(file), "--json",
    )  # fmt: skip
    (message,) = ada.mailbox.messages
    assert run.json == {"_id": message.id.removesuffix("-0"), "to": "a@mail.test"}
    mail = parse(ada.mailbox.contents[message.id])
    assert (message.sender, mail.subject, mail.text.strip(), mail.html.strip()) == (
        "shop@d.test", "Größe", "see", "<p>see</p>",
    )  # fmt: skip
    assert [(one.file_name, one.content_type) for one in mail.attachments] == [("price list.csv", "text/csv")]


def test_a_test_mail_needs_nothing_but_an_address(ada: House) -> None:
    """The rest has defaults, and the answer says under which id it is stored."""
    run = ada.ctl("send", "a@mail.test")
    assert re.fullmatch(r"stored for a@mail\.test, queued as [A-Za-z0-9]{24}\n", run.out)
    assert ada.mailbox.messages[0].summary.subject == "A test mail from mailsockctl"


def test_tail_shows_one_line_a_mail(house: House) -> None:
    """Time, sender, recipient, subject, size and attachments; Ctrl-C is a good end."""
    run = house.ctl("tail", "a@mail.test", "d.test", lines=(LISTENING, MESSAGE, {"skipped": 4}))
    assert run.status == 0
    assert run.out.splitlines() == [
        "following a@mail.test, d.test; Ctrl-C ends it",
        "08:01:10  shop@d.test -> a@mail.test  Order  (2.0 KiB, 1 attachment)",
        "(4 messages came faster than they could be shown)",
        "",
    ]


def test_tail_shows_nothing_that_moves_the_cursor(house: House) -> None:
    """A stranger's subject cannot write to the operator's terminal."""
    evil = {**MESSAGE, "subject": "\x1b[2J\u202eevil\r\n", "attachments": [], "size": 9}
    run = house.ctl("tail", lines=(evil,))
    assert run.out.splitlines()[0] == (
        "08:01:10  shop@d.test -> a@mail.test  \ufffd[2J\ufffdevil\ufffd\ufffd  (9 bytes)"
    )


def test_tail_gives_programs_every_line_as_json(house: House) -> None:
    """With --json each line of the stream is one line of compact JSON."""
    run = house.ctl("tail", "a@mail.test", "--json", lines=(LISTENING, MESSAGE))
    assert [json.loads(line) for line in run.out.splitlines()] == [LISTENING, MESSAGE]


def test_status_is_shown_in_two_columns(house: House) -> None:
    """Facts and counts for people."""
    assert house.ctl("status").out.splitlines() == [
        "version            1.2.3",
        "runs on            Python 3",
        "running for        1 min",
        "configuration      built-in defaults",
        "data folder        /nowhere",
        "state              sqlite",
        "domains            mail.test",
        "smtp.listen        127.0.0.1:1025, [::1]:1025",
        "http.listen        127.0.0.1:8025",
        "accounts           0",
        "addresses          0",
        "web sockets        0",
        "messages received  0",
        "commands refused   0",
        "deliveries queued  3",
        "stored             0 bytes of 5.0 GiB",
        "evicted            0",
        "disk left          0 bytes",
    ]
    house.retention.room = Room(6_000_000_000, 0, 5_000)
    assert house.ctl("status").out.splitlines()[-4:] == [
        "stored             5.6 GiB of 5.0 GiB",
        "evicted            0",
        "disk left          4.9 KiB",
        "NO MAIL IS TAKEN   the store has more than 5368709120 bytes, and the oldest mail is just being deleted",
    ]


def test_usage_of_all_and_of_one(house: House) -> None:
    """Numbers for people, and the whole of it for programs."""
    key = house.ctl("account", "add", "ada", "--json").json["key"]
    house.ctl("account", "add", "bob")
    house.ctl("account", "set", "ada", "--ops", "10000")
    assert house.ctl("usage", "bob").out.splitlines()[:4] == [
        "month          2026-11",
        "operations     0 of any number",
        "without a key  0",
        "all time       0",
    ]
    for _ in range(1200):
        house.metering.call(key)
    house.activity.record(Kind.STORED, account="ada", address="a@mail.test", message="m1-0")
    assert house.ctl("usage").out.splitlines() == [
        "ACCOUNT  THIS MONTH  OF          LAST MONTH  ALL TIME",
        "ada      1,201       10,000      0           1,201",
        "bob      0           any number  0           0",
    ]
    lines = house.ctl("usage", "ada").out.splitlines()
    assert lines[1:4] == ["operations     1,201 of 10,000", "without a key  1", "all time       1,201"]
    assert [line.split() for line in lines[4:]] == [
        ["KEY", "LAST", "4", "OPERATIONS", "LAST", "USED"],
        ["first", "key", key[-4:], "1,200", "2026-11-22"],
        ["DAY", "OPERATIONS"],
        ["2026-11-22", "1,201"],
    ]
    assert house.ctl("usage", "ada", "--json").json == {
        "month": "2026-11",
        "used": 1201,
        "limit": 10000,
        "withoutKey": 1,
        "byKey": [{"name": "first key", "last": key[-4:], "n": 1200, "lastUsed": "2026-11-22T08:01:10.004Z"}],
        "byDay": [{"day": "2026-11-22", "n": 1201}],
        "months": [{"month": "2026-11", "n": 1201}],
        "allTime": 1201,
    }
    assert [one["used"] for one in house.ctl("usage", "--json").json] == [1201, 0]
    assert house.ctl("usage", "eve").err == "mailsockctl: There is no account eve.\n"


def test_ready_says_it_by_its_status(house: House) -> None:
    """0 when it is, 1 and a reason when it is not."""
    assert (house.ctl("ready").status, house.ctl("ready").out) == (0, "")
    house.is_ready = False
    run = house.ctl("ready")
    assert (run.status, run.err) == (1, "mailsockctl: mailsockd is still starting\n")
