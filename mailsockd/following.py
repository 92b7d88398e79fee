"""What follows a changed configuration of the things that every listener shares."""

import time

from mailsockd.actions.claims import Claims
from mailsockd.actions.maildrop import Maildrops
from mailsockd.actions.receive import Reception
from mailsockd.actions.registry import Registry
from mailsockd.actions.retention import Retention
from mailsockd.bounds import delivery_limits, kept, kept_events
from mailsockd.delivery.queue import DeliveryQueue
from mailsockd.delivery.reach import Reach
from mailsockd.reload import Live, Loaded
from mailsockd.services import ADMIN
from mailsockd.storage.journal import Journal


def let_follow(
    live: Live,
    *,
    registry: Registry,
    reception: Reception,
    retention: Retention,
    claims: Claims,
    maildrops: Maildrops,
    queue: DeliveryQueue,
    journal: Journal,
    reach: Reach,
) -> None:
    """Have them take over what is new."""

    def take_over(loaded: Loaded) -> None:
        config = loaded.config
        registry.denylist.fix(loaded.denied)
        registry.domains.configure(config.served, ADMIN, time.time(), config.domains_hosted)
        reception.take_unreserved(config.inboxes.unreserved == "accept")
        retention.keep(kept(config))
        claims.limit(config.limits.domains_per_account, config.limits.hosted_domains_per_account)
        maildrops.most = config.pop3.messages
        queue.limit(delivery_limits(config))
        journal.keep(kept_events(config))
        to = Reach.of(config.webhook.allow, config.webhook.ports)
        reach.allow, reach.ports = to.allow, to.ports

    live.follow(take_over)
