"""Secrets, and those that sign web hooks."""

import pytest

from mailsockd.state.secrets import Secret, Secrets, SigningSecret, webhook_secret


def test_secrets_are_found_by_name() -> None:
    """A secret is added, replaced and forgotten."""
    secrets = Secrets([Secret("a", "1")])
    secrets.put(Secret("a", "2"))
    assert secrets.get("a") == Secret("a", "2")
    secrets.remove("a")
    secrets.remove("a")
    assert secrets.get("a") is None


def test_the_secret_of_a_web_hook_is_named_for_its_address() -> None:
    """The canonical address is in the name."""
    assert webhook_secret("a@b.test") == "webhook:a@b.test"


@pytest.mark.parametrize("secret", [SigningSecret("whsec_YQ=="), SigningSecret("whsec_YQ==", "whsec_Yg==", 12.5)])
def test_what_is_kept_is_what_is_read(secret: SigningSecret) -> None:
    """With and without the secret before it."""
    assert SigningSecret.of(secret.text) == secret


def test_a_replaced_secret_signs_for_a_while() -> None:
    """The new one stands first; from the end on it signs alone, and a second rotation forgets the first secret."""
    secret = SigningSecret("old").rotated("new", 100.0)
    assert secret.signing(99.9) == ("new", "old")
    assert secret.signing(100.0) == ("new",)
    assert secret.rotated("newest", 150.0).signing(99.0) == ("newest", "new")


@pytest.mark.parametrize("text", ["a b", "a b c", "a b 1 2"])
def test_what_is_no_secret_is_an_error(text: str) -> None:
    """A text that this server did not write is not taken for one."""
    with pytest.raises(ValueError):
        SigningSecret.of(text)
