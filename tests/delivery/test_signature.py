"""Signatures of web hooks, by an independent reckoning and by the example of the specification's own libraries."""

import base64
import hashlib
import hmac

import pytest

from mailsockd.delivery.signature import signature_headers

ONE = "whsec_" + base64.b64encode(b"1" * 32).decode()
TWO = "whsec_" + base64.b64encode(b"2" * 32).decode()


def by_hand(key: bytes, text: bytes) -> str:
    return "v1," + base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()


def test_the_known_example_comes_out() -> None:
    """Secret, id, time and body of the libraries' own tests give the signature that they have."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    headers = signature_headers([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330.9, b'{"test": 2432232314}')
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_each_secret_signs() -> None:
    """While a secret is replaced there are two signatures with a space between them, of the same text."""
    body = "ü".encode() * 100
    text = b"m-0-7.1800000000." + body
    headers = signature_headers([ONE, TWO], "m-0-7", 1_800_000_000.0, body)
    assert headers["webhook-signature"] == f"{by_hand(b'1' * 32, text)} {by_hand(b'2' * 32, text)}"


@pytest.mark.parametrize("secret", ["whsec_???", "whsec_a", "not base64"])
def test_what_is_no_secret_is_an_error(secret: str) -> None:
    """Nothing is signed with a secret that cannot be read."""
    with pytest.raises(ValueError):
        signature_headers([secret], "m-0-7", 0.0, b"")
