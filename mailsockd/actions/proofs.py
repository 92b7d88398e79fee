"""Asking the DNS whether claimed domains are their claimants' (contract section 3.10)."""

from collections.abc import Callable
from typing import TypeAlias

import attrs
from twisted.internet.defer import Deferred

from mailsockd.actions.claims import silence
from mailsockd.actions.ports import Entry
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.registry import Registry, shielded, to_the_end
from mailsockd.actions.rights import Rights
from mailsockd.state.accounts import Account
from mailsockd.state.activity import ActivityLog, Kind
from mailsockd.state.addresses import Address
from mailsockd.state.domains import Domain
from mailsockd.state.proof import Answers, Rules, judged, proved
from mailsockd.state.subscriptions import Subscriptions

MOST_LOOKS = 20  # domains that are being asked about or wait for that

Look: TypeAlias = "Callable[[str], Deferred[Answers]]"


class Proofs:
    """
    Says whose a domain is.

    Of several claimants whose records are there, the domain stays with the one who had it; else it goes to whoever
    proves it. That one finds it empty: what others had reserved in it is released. Their mail stays theirs.
    """

    def __init__(
        self,
        registry: Registry,
        rights: Rights,
        subscriptions: Subscriptions,
        activity: ActivityLog,
        look: Look,
        rules: Rules,
        now: Callable[[], float],
    ) -> None:
        self._registry = registry
        self._rights = rights
        self._subscriptions = subscriptions
        self._activity = activity
        self._look = look
        self._rules = rules
        self._now = now
        self._looks = 0

    async def verify(self, caller: Account, name: str) -> Domain:
        """
        Ask the DNS now; gives the domain as it is then, whatever the answer was.

        Raises Refusal: 404 not the caller's, 429 too many at once.
        """
        domain = self._rights.domain(caller, name)
        if domain.configured or domain.hosted:
            return domain
        if self._looks >= MOST_LOOKS:
            raise Refusal(429, "Too many domains are being verified. Try again in a minute.")
        answers = await self._ask(domain.name)
        domain = self._rights.domain(caller, name)  # it may have been given up meanwhile
        return await to_the_end(self._judge(domain, answers, scheduled=False))

    async def recheck(self, domain: Domain) -> None:
        """Ask the DNS again about a verified domain."""
        answers = await self._ask(domain.name)
        now = self._registry.domains.claim(domain.name, domain.owner)
        if now is not None and now.verified:
            await self._judge(now, answers, scheduled=True)

    def due(self, every: float) -> Domain | None:
        """Give the verified domain whose last check is longest ago, at least `every` seconds; None when none is due."""
        proved_ones = (domain for domain in self._registry.domains if domain.verified and not domain.configured)
        oldest = min((one for one in proved_ones if not one.hosted), key=lambda one: one.checked, default=None)
        return oldest if oldest is not None and self._now() - oldest.checked >= every else None

    async def _ask(self, name: str) -> Answers:
        self._looks += 1
        try:
            return await shielded(self._look(name))
        finally:
            self._looks -= 1

    async def _judge(self, before: Domain, answers: Answers, scheduled: bool) -> Domain:
        holder = self._registry.domains.get(before.name)
        rival = holder if holder is not None and holder.owner != before.owner else None
        held = rival is not None and (rival.configured or rival.hosted or proved(rival, answers))
        now = self._now()
        after = judged(before, answers, self._rules, now, scheduled=scheduled, held=held)
        if attrs.evolve(after, checked=before.checked) != before:
            after = attrs.evolve(after, updated=now)
        saved: list[Entry] = [after]
        released: list[Address] = []
        if after.verified and not before.verified:
            saved += self._restored(after)
            if rival is not None:
                saved.append(self._lost(rival, now))
            released = [one for one in self._registry.book.in_domain(after.name) if one.owner != after.owner]
        elif before.verified and not after.verified:
            saved += self._suspended(after)
        await self._registry.change(saved, released)
        if after.verified and not before.verified:
            self._record(Kind.DOMAIN_VERIFIED, after)
            if rival is not None:
                self._record(Kind.DOMAIN_NOT_VERIFIED, self._lost(rival, now))
                silence(self._subscriptions, rival, released, f"another account has proved the domain {after.name}")
            else:
                silence(self._subscriptions, attrs.evolve(after, owner=""), released, f"{after.name} has an owner now")
        elif before.verified and not after.verified:
            silence(self._subscriptions, after, (), f"the domain {after.name} is not verified any more")
        if not after.verified or after.failures > before.failures:
            self._record(Kind.DOMAIN_NOT_VERIFIED, after)
        return after

    def _restored(self, domain: Domain) -> list[Address]:
        """Give the owner's catch-all from before, as one that takes mail again."""
        there = self._registry.book.get(f"*@{domain.name}")
        if there is None or there.owner != domain.owner:
            return []
        return [attrs.evolve(there, catch_all=domain.name)]

    def _suspended(self, domain: Domain) -> list[Address]:
        """Give the owner's catch-all as one that takes no mail."""
        there = self._registry.book.get(f"*@{domain.name}")
        return [attrs.evolve(there, catch_all=None)] if there is not None and there.owner == domain.owner else []

    @staticmethod
    def _lost(rival: Domain, now: float) -> Domain:
        reason = f"TXT: another account has proved that {rival.name} is its own."
        return attrs.evolve(
            rival, verified=False, failures=0, missing_since=0.0, updated=now, last_verification_errors=reason
        )

    def _record(self, kind: Kind, domain: Domain) -> None:
        text = domain.last_verification_errors or ""
        self._activity.record(kind, account=domain.owner, address=domain.name, text=text)
