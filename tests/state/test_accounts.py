"""Accounts and keys."""

from mailsockd.state.accounts import Account, Accounts, ApiKey, key_digest


def accounts() -> Accounts:
    key = ApiKey(key_digest("k_secret"), "ada", "first", "cret", 2.0)
    older = ApiKey(key_digest("k_other"), "ada", "older", "ther", 1.0)
    return Accounts([Account("ada", 1.0, 1.0), Account("bob", 1.0, 1.0, disabled=True)], [key, older])


def test_key_speaks_for_its_account() -> None:
    """An account is found by its key, and by no other text."""
    known = accounts()
    assert known.by_key("k_secret") == known.get("ada")
    assert known.by_key("K_SECRET") is None
    assert known.by_key("") is None
    assert known.by_key("\ud800") is None


def test_disabled_or_removed_accounts_have_no_voice() -> None:
    """A key of a disabled or removed account speaks for nobody."""
    known = accounts()
    known.put_key(ApiKey(key_digest("k_bob"), "bob", "x", "_bob", 1.0))
    assert known.by_key("k_bob") is None
    known.remove("ada")
    assert known.by_key("k_secret") is None


def test_keys_are_listed_oldest_first_and_can_go() -> None:
    """The keys of an account are listed by age, and a removed one is unknown."""
    known = accounts()
    assert [key.name for key in known.keys_of("ada")] == ["older", "first"]
    known.remove_key(key_digest("k_secret"))
    assert known.by_key("k_secret") is None
    assert known.key(key_digest("k_secret")) is None
