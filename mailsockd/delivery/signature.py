"""
Signatures of web hooks, as Standard Webhooks 1.0.0 has them.

HMAC-SHA256 over `id.timestamp.body`, in base64, behind `v1,`; the key is what `whsec_` stands before, in base64. While
a secret is being replaced there is a signature by each, with a space between them.
"""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable

PREFIX = "whsec_"


def signature_headers(secrets: Iterable[str], id: str, at: float, body: bytes) -> dict[str, str]:
    """Give the three headers of a body sent at a time (UTC seconds). Raises ValueError for what is no secret."""
    timestamp = str(int(at))
    signed = f"{id}.{timestamp}.".encode()
    return {
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{_signature(secret, signed, body)}" for secret in secrets),
    }


def _signature(secret: str, before: bytes, body: bytes) -> str:
    digest = hmac.new(b64decode(secret.removeprefix(PREFIX), validate=True), before, hashlib.sha256)
    digest.update(body)
    return b64encode(digest.digest()).decode("ascii")
