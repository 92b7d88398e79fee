"""The server's own secrets, by name: made once, kept with the state."""

from collections.abc import Iterable

import attrs

ALIASES = "aliases"  # keys the HMAC that makes an address's alias
_WEBHOOK = "webhook:"


@attrs.frozen
class Secret:
    """One secret; `value` is what whoever made it can read: hex, or SigningSecret's text."""

    name: str
    value: str


class Secrets:
    """All secrets, by name."""

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        self._secrets = {secret.name: secret for secret in secrets}

    def get(self, name: str) -> Secret | None:
        """Give the secret of that name."""
        return self._secrets.get(name)

    def put(self, secret: Secret) -> None:
        """Add a secret, or replace the one of its name."""
        self._secrets[secret.name] = secret

    def remove(self, name: str) -> None:
        """Forget a secret."""
        self._secrets.pop(name, None)


def webhook_secret(address: str) -> str:
    """Give the name of the secret that signs what is sent to the web hook of a canonical address."""
    return f"{_WEBHOOK}{address}"


@attrs.frozen
class SigningSecret:
    """
    What signs web hooks, as `whsec_<base64>`. After a rotation `previous` signs too, until `until` (UTC seconds).

    The text that is kept is the current one, or `current previous until`.
    """

    current: str
    previous: str = ""
    until: float = 0.0

    @classmethod
    def of(cls, text: str) -> "SigningSecret":
        """Read what `text` gave. Raises ValueError."""
        current, *more = text.split(" ")
        previous, until = more or ("", "0")
        return cls(current, previous, float(until))

    @property
    def text(self) -> str:
        """What is kept."""
        return f"{self.current} {self.previous} {self.until}" if self.previous else self.current

    def signing(self, now: float) -> tuple[str, ...]:
        """Give those that sign at a time, the current one first."""
        return (self.current, self.previous) if self.previous and now < self.until else (self.current,)

    def rotated(self, current: str, until: float) -> "SigningSecret":
        """Give it with a new one, beside which the one that is current now signs for a while."""
        return SigningSecret(current, self.current, until)
