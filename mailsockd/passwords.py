"""Passwords, kept as argon2 hashes. One hash takes a noticeable part of a second, so few run at once, in threads."""

from collections.abc import Callable
from typing import Any

import argon2
from twisted.internet.defer import Deferred, DeferredSemaphore
from twisted.internet.threads import deferToThreadPool

AT_ONCE = 2


class Argon2Passwords:
    """Implements actions.ports.Passwords on the reactor's thread pool."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._turn = DeferredSemaphore(AT_ONCE)
        self._hasher = argon2.PasswordHasher()

    def hash(self, password: str) -> "Deferred[str]":
        """Give the text to keep in place of a password."""
        return self._run(self._hasher.hash, password)

    def verify(self, kept: str, password: str) -> "Deferred[bool]":
        """Tell whether a password is the one that was kept; False also when what was kept is no hash."""
        return self._run(self._verify, kept, password)

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return bool(self._hasher.verify(kept, password))
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHash):
            return False

    def _run(self, function: Callable[..., Any], *arguments: str) -> "Deferred[Any]":
        return self._turn.run(deferToThreadPool, self._reactor, self._reactor.getThreadPool(), function, *arguments)
