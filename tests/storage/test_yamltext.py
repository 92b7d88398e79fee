"""The YAML that people edit: what they may write, and what they are told when they may not."""

from pathlib import Path

import pytest

from mailsockd.actions.ports import Snapshot, StateUnreadable
from mailsockd.state.accounts import Account, ApiKey
from mailsockd.state.addresses import Address
from mailsockd.state.denials import Denial
from mailsockd.state.domains import Domain
from mailsockd.state.secrets import Secret
from mailsockd.storage.yamlfile import YAMLState
from tests.storage.contract_state import WHOLE
from tests.storage.pump import Pump

EDITED = """\
version: 1   # comments are fine
accounts:
  ann:
    created: 1700000000
    updated: 2023-11-14T22:13:20Z
    admin: yes
    credits: 3
    keys:
      "1111111111111111111111111111111111111111111111111111111111111111": {name: first, last: abcd, created: 5}
  007: {created: 1, updated: 2.5}
addresses:
  User1@Mail.Test.:
    owner: ann
    created: 1
    updated: 2
    info: >
      two
      lines
    settings: {enablews: true, webhook: 'https://d.example/'}
domains:
  mail.test: {owner: admin, created: 1, updated: 2, configured: true}
secrets:
...
"""


def store(path: Path) -> YAMLState:
    """Open the file."""
    pump = Pump()
    return YAMLState(path, pump.call_from_thread, pump.deaths.append)


def refusal(tmp_path: Path, content: str | bytes) -> str:
    """Give what is said of a file with this content, without the name of the file, which comes first."""
    path = tmp_path / "state.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(StateUnreadable) as error:
        store(path).load()
    text = str(error.value)
    assert text.startswith(f"{path}:")
    assert "\n" not in text
    return text.removeprefix(f"{path}:")


def changed(before: str, after: str) -> str:
    """Give EDITED with one place changed."""
    assert EDITED.count(before) == 1
    return EDITED.replace(before, after)


def test_what_people_write(tmp_path: Path) -> None:
    """A file in the ways that people write YAML is read as they meant it; names become canonical."""
    path = tmp_path / "state.yaml"
    path.write_text(EDITED)
    assert store(path).load() == Snapshot(
        (Account("007", 1.0, 2.5), Account("ann", 1_700_000_000.0, 1_700_000_000.0, None, True, 3)),
        (ApiKey("1" * 64, "ann", "first", "abcd", 5.0),),
        (
            Address(
                "user1@mail.test",
                "ann",
                1.0,
                2.0,
                "two lines\n",
                {"enablews": True, "webhook": "https://d.example/"},
            ),
        ),
        (Domain("mail.test", "admin", 1.0, 2.0, configured=True),),
        (),
    )


def test_denials_that_people_write(tmp_path: Path) -> None:
    """The section of denials may be missing; items become canonical, and one that is there twice is refused."""
    path = tmp_path / "state.yaml"
    section = "denials:\n  192.0.2.0/24: {created: 1}\n  '@Spam.Example': {created: 2026-11-22T10:00:00Z, note: why}\n"
    path.write_text(EDITED.replace("...\n", section + "...\n"))
    assert store(path).load().denials == (
        Denial("192.0.2.0/24", 1.0),
        Denial("spam.example", 1_795_341_600.0, "why"),
    )
    line = EDITED.count("\n") + 1
    for entry, said in (
        ("  192.0.2.1/24: {created: 1}\n", f"{line}: denials.192.0.2.1/24: 192.0.2.1/24 is no IP address and no "),
        ("  a.b: {created: 1}\n  A.b: {created: 1}\n", f"{line + 1}: denials.A.b: is there twice, as a.b"),
        ("  a.b: {note: x}\n", f"{line}: denials.a.b.created: is missing"),
    ):
        assert refusal(tmp_path, EDITED.replace("...\n", f"denials:\n{entry}...\n")).startswith(said)


def test_what_is_written(tmp_path: Path) -> None:
    """The file reads like what a person would write, and says in its first line what happens to comments."""
    store(tmp_path / "state.yaml").fill(
        Snapshot(
            (Account("ann", 1_700_000_000.5, 2.0, admin=True),),
            (ApiKey("1" * 64, "ann", "first", "abcd", 5.0),),
            (Address("user1@mail.test", "ann", 1.0, 2.0, settings={"enablews": True}),),
            (),
            (Secret("aliases", "0123"),),
        )
    )
    assert (tmp_path / "state.yaml").read_text() == (
        "# What mailsockd knows, but for mail. Comments are lost when the daemon next writes this file.\n"
        "# Edit it only while the daemon is stopped."
        " Leave the last line in place: it shows that the file is whole.\n"
        "version: 1\n"
        "accounts:\n"
        "  ann:\n"
        "    created: 1700000000.5\n"
        "    updated: 2.0\n"
        "    admin: true\n"
        "    keys:\n"
        "      '1111111111111111111111111111111111111111111111111111111111111111':\n"
        "        name: first\n"
        "        last: abcd\n"
        "        created: 5.0\n"
        "addresses:\n"
        "  user1@mail.test:\n"
        "    owner: ann\n"
        "    created: 1.0\n"
        "    updated: 2.0\n"
        "    settings:\n"
        "      enablews: true\n"
        "domains: {}\n"
        "secrets:\n"
        "  aliases: '0123'\n"
        "denials: {}\n"
        "...\n"
    )


WRONG: list[tuple[str | bytes, str]] = [
    ("", "1: the file is empty"),
    (" \n\n", "1: the file is empty"),
    ("...\n", "1: not YAML:"),
    ("# nothing\n...\n", "2: not YAML:"),
    ("version: 1\n", '2: the last line is not "...", so the end of the file may be missing'),
    (changed("version: 1  ", "version: 2  "), "1: version: must be 1; this mailsockd knows no other"),
    (changed("version: 1  ", "version: true  "), "1: version: must be 1; this mailsockd knows no other"),
    (changed("version: 1  ", ""), "2: version: is missing"),
    (changed("secrets:\n", ""), "1: secrets: is missing"),
    (
        changed("secrets:\n", "secret: {}\n"),
        "22: secret: unknown key; known are version, accounts, addresses, domains, secrets",
    ),
    (changed("secrets:\n", "secrets: []\n"), "22: secrets: must be a mapping of names to values"),
    (
        changed("secrets:\n", "secrets: {a: 12}\n"),
        "22: secrets.a: must be text (in quotes, when it looks like something else)",
    ),
    (changed("secrets:\n", "secrets: {a: {}}\n"), "22: secrets.a: must be a single value"),
    (changed("secrets:\n", "secrets: {[a]: b}\n"), "22: secrets: a name must be text"),
    (changed("secrets:\n", "secrets: {a: !!python/name:os.system x}\n"), "22: secrets.a: cannot be understood"),
    (changed("    admin: yes\n", "    admin: sure\n"), "6: accounts.ann.admin: must be true or false"),
    (changed("    admin: yes\n", "    admin: 1\n"), "6: accounts.ann.admin: must be true or false"),
    (
        changed("credits: 3", "credits: -3"),
        "7: accounts.ann.credits: must be a whole number that is not negative, or null",
    ),
    (
        changed("credits: 3", "credits: 3.5"),
        "7: accounts.ann.credits: must be a whole number that is not negative, or null",
    ),
    (
        changed("credits: 3", "credits: true"),
        "7: accounts.ann.credits: must be a whole number that is not negative, or null",
    ),
    (
        changed("credits: 3", f"credits: {1 << 63}"),
        "7: accounts.ann.credits: must be a whole number that is not negative, or null",
    ),
    (
        changed("credits: 3", "credit: 3"),
        "7: accounts.ann.credit: unknown key; known are created, updated, password, admin, credits, email,",
    ),
    (changed("    created: 1700000000\n", ""), "4: accounts.ann.created: is missing"),
    (
        changed("created: 1700000000", "created: soon"),
        "4: accounts.ann.created: must be a time: seconds since 1970, or like 2026-11-22T10:00:00Z",
    ),
    (
        changed("created: 1700000000", "created: .nan"),
        "4: accounts.ann.created: must be a time: seconds since 1970, or like 2026-11-22T10:00:00Z",
    ),
    (changed("created: 1700000000", "created: 2026-13-45"), "4: accounts.ann.created: cannot be understood"),
    (changed("  007:", "  ann:"), "10: accounts.ann: is there twice"),
    (changed("    credits: 3\n", "    admin: no\n"), "7: accounts.ann.admin: is there twice"),
    (
        changed("first, last: abcd", "1, last: abcd"),
        f"9: accounts.ann.keys.{'1' * 64}.name: must be text (in quotes, when it looks like something else)",
    ),
    (changed(f'"{"1" * 64}"', "k_secret"), "9: accounts.ann.keys.k_secret: must be a SHA-256 in 64 hex digits"),
    (
        changed("{created: 1, updated: 2.5}", f"{{created: 1, updated: 2.5, keys: {{'{'1' * 64}': {{}}}}}}"),
        f"10: accounts.007.keys.{'1' * 64}: is there twice, also for ann",
    ),
    (changed("User1@Mail.Test.", "User1"), "12: addresses.User1: an address needs a local part, an @ and a domain"),
    (changed("User1@Mail.Test.", "a@.test"), "12: addresses.a@.test: the domain has an empty label"),
    (
        changed("domains:\n", "  USER1@mail.test: {owner: a, created: 1, updated: 2}\ndomains:\n"),
        "20: addresses.USER1@mail.test: is there twice, as user1@mail.test",
    ),
    (changed("    owner: ann\n", ""), "13: addresses.User1@Mail.Test..owner: is missing"),
    (
        changed("enablews: true", "enablews: 1"),
        "19: addresses.User1@Mail.Test..settings.enablews: must be text, true or false",
    ),
    (changed("  mail.test:", "  mail..test:"), "21: domains.mail..test: the domain has an empty label"),
    (
        changed("  mail.test: {owner: admin, ", "  mail.test/: {"),
        "21: domains.mail.test/: must name an owner behind the slash",
    ),
    (
        changed("domains:\n", "domains:\n  Mail.Test./admin: {created: 1, updated: 2}\n"),
        "22: domains.mail.test: is there twice, as mail.test/admin",
    ),
    (
        changed("domains:\n", "domains:\n  a.test/ann: {created: 1, updated: 2, failures: null}\n"),
        "21: domains.a.test/ann.failures: must be a whole number that is not negative",
    ),
    (changed("accounts:\n", "accounts: {\n"), "4: not YAML: "),
    (EDITED + "version: 1\n...\n", "24: not YAML: "),
    (b"version: \xff\n...\n", "1: not YAML:"),
    (b"version: \x00\n...\n", "1: not YAML:"),
    ("[" * 500 + "]" * 500 + "\n...\n", "1: must be a mapping of names to values"),
]


@pytest.mark.parametrize(("content", "said"), WRONG, ids=range(len(WRONG)))
def test_what_people_are_told(tmp_path: Path, content: str | bytes, said: str) -> None:
    """What is wrong with a file is said with its line, its key and the reason."""
    assert refusal(tmp_path, content).startswith(said)


def test_cut_off_anywhere(tmp_path: Path) -> None:
    """However much a file lost of its end, it is refused."""
    store(tmp_path / "whole.yaml").fill(WHOLE)
    whole = (tmp_path / "whole.yaml").read_bytes()
    for length in range(len(whole) - 1):
        refusal(tmp_path, whole[:length])
    (tmp_path / "state.yaml").write_bytes(whole[:-1])
    assert store(tmp_path / "state.yaml").load() == WHOLE
