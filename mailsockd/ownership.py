"""What accounts do with domains of their own, put together from the configuration."""

import time
from collections.abc import Callable
from typing import Any

import attrs
from twisted.internet.defer import Deferred, DeferredSemaphore

from mailsockd.actions.addresses import Addresses
from mailsockd.actions.claims import Claims, Policy
from mailsockd.actions.proofs import Proofs
from mailsockd.actions.registry import Registry
from mailsockd.actions.rights import Rights
from mailsockd.config import Config
from mailsockd.resolver import Resolver
from mailsockd.state.activity import ActivityLog
from mailsockd.state.proof import Rules
from mailsockd.state.subscriptions import Subscriptions

# Each takes a thread for as long as the DNS takes to answer.
LOOKS_AT_ONCE = 2


@attrs.frozen
class Ownership:
    """Claims, their proofs, and the hosts that MX records should lead to."""

    claims: Claims
    proofs: Proofs
    hosts: tuple[str, ...]


def make_ownership(
    config: Config,
    registry: Registry,
    rights: Rights,
    addresses: Addresses,
    subscriptions: Subscriptions,
    activity: ActivityLog,
    in_thread: Callable[..., "Deferred[Any]"],
) -> Ownership:
    """Put it together; nothing is asked of the DNS yet."""
    checks, limits = config.domain_checks, config.limits
    policy = Policy(
        prefix=checks.prefix,
        hosted=config.domains_hosted,
        most=limits.domains_per_account,
        most_hosted=limits.hosted_domains_per_account,
        any_domain=config.smtp.accept == "any",
    )
    resolver = Resolver(config.dns.resolvers, config.dns.timeout, time.monotonic)
    few = DeferredSemaphore(LOOKS_AT_ONCE)
    rules = Rules(config.mail_hosts, checks.failures, checks.grace)
    return Ownership(
        Claims(registry, rights, addresses, subscriptions, activity, policy, time.time),
        Proofs(
            registry,
            rights,
            subscriptions,
            activity,
            lambda name: few.run(in_thread, resolver.look, name),
            rules,
            time.time,
        ),
        rules.hosts,
    )
