"""The pages, put together: every page's routes on one router, in one frame."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from mailsockd.actions.domains import DomainActions
from mailsockd.actions.flags import Flags
from mailsockd.actions.health import Health
from mailsockd.actions.mail_lists import MailLists
from mailsockd.actions.messages import Messages
from mailsockd.actions.parsing import Parsing
from mailsockd.actions.storage_use import StorageUse
from mailsockd.config import Config
from mailsockd.core import SESSION_LONGEST, Core
from mailsockd.dashboard.account import AccountPageRoutes
from mailsockd.dashboard.account_admin import AccountAdminRoutes
from mailsockd.dashboard.accounts import AccountListRoutes, Figures, Made
from mailsockd.dashboard.activity import ActivityPageRoutes
from mailsockd.dashboard.address_pop3 import MailProgramRoutes
from mailsockd.dashboard.address_settings import SettingsRoutes
from mailsockd.dashboard.addresses import ManageRoutes
from mailsockd.dashboard.api_keys import ApiKeyRoutes
from mailsockd.dashboard.deliveries import DeliveryListRoutes
from mailsockd.dashboard.delivery import DeliveryPageRoutes
from mailsockd.dashboard.domain import DomainPageRoutes
from mailsockd.dashboard.domains import DomainListRoutes
from mailsockd.dashboard.domains_admin import AllDomainsRoutes
from mailsockd.dashboard.errors import as_page
from mailsockd.dashboard.frame import Frame
from mailsockd.dashboard.health import HealthPageRoutes
from mailsockd.dashboard.hints import HintRoutes
from mailsockd.dashboard.home import HomeRoutes
from mailsockd.dashboard.mail_changes import MailChangeRoutes
from mailsockd.dashboard.mailboxes import MailRoutes
from mailsockd.dashboard.overview import OverviewRoutes
from mailsockd.dashboard.reference import ReferenceRoutes
from mailsockd.dashboard.shown_once import ShownOnce
from mailsockd.dashboard.signin import SignInRoutes
from mailsockd.dashboard.site import DashboardRoutes
from mailsockd.dashboard.static_files import read_static_files
from mailsockd.dashboard.storage import StoragePageRoutes
from mailsockd.dashboard.usage import UsageRoutes, usage_count
from mailsockd.dashboard.validation import ValidationPageRoutes
from mailsockd.state.accounts import Account
from mailsockd.web.router import HasRoutes, Router, Translate
from mailsockd.web.session import Browsers

PAGES = (
    AccountAdminRoutes,
    AllDomainsRoutes,
    AccountListRoutes,
    AccountPageRoutes,
    ActivityPageRoutes,
    ApiKeyRoutes,
    DeliveryListRoutes,
    DeliveryPageRoutes,
    DashboardRoutes,
    DomainListRoutes,
    DomainPageRoutes,
    HealthPageRoutes,
    HintRoutes,
    HomeRoutes,
    OverviewRoutes,
    MailChangeRoutes,
    MailRoutes,
    MailProgramRoutes,
    ManageRoutes,
    ReferenceRoutes,
    SettingsRoutes,
    SignInRoutes,
    StoragePageRoutes,
    UsageRoutes,
    ValidationPageRoutes,
)


def pages_router(
    core: Core, browsers: Browsers, description: Mapping[str, Any], translate: Translate, health: Health
) -> Router:
    """Make what serves the pages. `description` is that of the API."""
    registry = core.registry

    def counts(account: Account) -> Mapping[str, int]:
        return {
            "/addresses": registry.book.count(account.name),
            "/domains": len(registry.domains.of(account.name)),
            **usage_count(core.metering, account),
        }

    def figures(account: Account) -> Mapping[str, str]:
        left = account.credits
        return {
            "Reserved addresses": f"{registry.book.count(account.name):,}",
            "Addresses left": "no limit" if left is None else f"{max(0, left - registry.book.count(account.name)):,}",
            "Domains": f"{len(registry.domains.of(account.name)):,}",
            "Open web sockets": f"{sum(one.account == account.name for one in core.subscriptions):,}",
        }

    def has(account: Account) -> Figures:
        keys, seen = registry.accounts.keys_of(account.name), core.metering.usage.seen
        moments = [one.used for one in core.sign_ins.of(account.name)]
        moments += [at for key in keys if (at := seen(key.digest)) is not None]
        return Figures(
            registry.book.count(account.name),
            len(registry.domains.of(account.name)),
            len(keys),
            sum(one.account == account.name for one in core.subscriptions),
            max(moments, default=None),
        )

    made: ShownOnce[Made] = ShownOnce(time.time)
    messages = Messages(core.mailbox, core.rights, core.config.name, core.activity)
    domains = DomainActions(registry, core.rights, core.mailbox, time.time, core.activity)
    claims = core.ownership.claims
    frame = Frame(read_static_files(), frozenset(_places(PAGES)), counts, core.config.served)
    apis: Sequence[HasRoutes] = (
        DomainListRoutes(frame, domains, claims, core.config.domains_hosted),
        DomainPageRoutes(frame, domains, claims, core.ownership.proofs, core.ownership.hosts),
        HealthPageRoutes(frame, health),
        AccountListRoutes(frame, registry.accounts, core.accounts, has, made),
        AllDomainsRoutes(frame, registry.domains),
        AccountAdminRoutes(frame, core.accounts, has, core.mailbox.totals, made),
        DashboardRoutes(frame, core.config.served[0], core.config.http.url),
        HintRoutes(core.hints, core.sign_ins, core.reactor),
        OverviewRoutes(frame, registry.book, figures, core.activity_reading, core.deliveries),
        HomeRoutes(frame, core.config.served),
        MailRoutes(
            frame,
            MailLists(core.mailbox, core.rights),
            messages,
            Parsing(core.in_thread),
            registry.book,
            by_key=registry.accounts.by_key,
            public=lambda: core.live.config.api.anonymous_public,
            shape=core.config.websocket.frame,
            now=time.time,
        ),
        MailChangeRoutes(messages, Flags(messages, core.mailbox), core.config.served[0]),
        ManageRoutes(frame, core.addresses, messages, f"user1@{core.config.served[0]}"),
        MailProgramRoutes(frame, core.addresses, core.address_passwords, _mail_programs(core.config)),
        SettingsRoutes(frame, core.addresses, registry.book, core.settings, core.webhooks, core.try_webhook),
        ReferenceRoutes(frame, description),
        SignInRoutes(frame, core.sign_ins, browsers, SESSION_LONGEST),
        StoragePageRoutes(frame, StorageUse(core.mailbox, core.rights), messages),
        AccountPageRoutes(frame, core.accounts, core.sign_ins, SESSION_LONGEST),
        ActivityPageRoutes(frame, core.activity_reading, time.time),
        DeliveryListRoutes(frame, core.deliveries),
        DeliveryPageRoutes(frame, core.deliveries, core.activity_reading),
        ApiKeyRoutes(frame, core.accounts, core.metering.usage.seen, time.time),
        UsageRoutes(frame, core.metering, core.accounts),
        ValidationPageRoutes(frame, lambda: core.live.disposable),
    )
    return Router(*apis, browsers=browsers, cross_origin=False, translate=translate, refused=as_page(frame))


def _places(pages: Sequence[type[HasRoutes]]) -> Sequence[str]:
    return [route.pattern for page in pages for route in page.routes if route.method == "GET"]


def _mail_programs(config: Config) -> Sequence[tuple[str, Sequence[str]]]:
    return (
        ("POP3, with STLS", config.pop3.listen),
        ("POP3 with TLS", config.pop3.listen_tls),
    )
