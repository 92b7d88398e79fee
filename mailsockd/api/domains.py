"""The routes for domains (contract section 1.4)."""

from typing import Any

from mailsockd.actions.domains import DomainActions
from mailsockd.api.account_schemas import DOMAIN, DOMAIN_DETAILS, DOMAINS
from mailsockd.api.answers import LIMIT, NOTHING, UNTIL, gives
from mailsockd.api.messages import limit_of
from mailsockd.api.reading import Reading
from mailsockd.api.schemas import MESSAGES
from mailsockd.state.addresses import AddressBook
from mailsockd.web.call import parse_flag
from mailsockd.web.router import Call, Routes
from mailsockd.wire import address_json
from mailsockd.wire.domains import domain_json

_NOT_OWNED = {404: "The domain is not the account's."}


class DomainRoutes:
    """The caller's domains."""

    routes = Routes(tag="Domains", errors=_NOT_OWNED)

    def __init__(self, domains: DomainActions, book: AddressBook, reading: Reading) -> None:
        self._domains = domains
        self._reading = reading
        self._book = book

    @routes.get(
        "/api/domains",
        operation="ListDomains",
        summary="List the domains of the account",
        answers=gives(DOMAINS, "The domains."),
        errors={},
    )
    def list(self, call: Call) -> Any:
        """Answer every domain of the caller's."""
        return [domain_json(domain) for domain in self._domains.of(call.caller)]

    @routes.get(
        "/api/domains/{domain}",
        operation="GetDomain",
        summary="Show a domain",
        answers=gives(DOMAIN_DETAILS, "The domain."),
    )
    async def show(self, call: Call, domain: str) -> Any:
        """Answer one domain, how many messages it has, and its catch-all address."""
        found, count, catch_all = await self._domains.show(call.caller, domain)
        address = None if catch_all is None else address_json(catch_all, self._book.alias(catch_all.address))
        return {"domain": domain_json(found), "totalMessages": count, "catchAllAddress": address}

    @routes.get(
        "/api/domains/{domain}/messages",
        operation="ListDomainMessages",
        summary="List the messages of a domain",
        query=(LIMIT, UNTIL),
        answers=gives(MESSAGES, "The messages."),
        errors={403: "The domain is not the account's, or not verified."},
    )
    async def messages(self, call: Call, domain: str) -> Any:
        """Answer the newest messages of all inboxes of a domain, newest first."""
        found = await self._domains.newest(call.caller, domain, limit_of(call), call.date("until"))
        return await self._reading.listed(found)

    @routes.post(
        "/api/domains/{domain}/delete-all-domain-mail",
        operation="DeleteAllDomainMessages",
        summary="Delete all mail of a domain",
        answers=NOTHING,
    )
    @routes.put(
        "/api/domains/{domain}/delete-all-domain-mail",
        operation="PutDeleteAllDomainMessages",
        summary="Delete all mail of a domain (the same with PUT)",
        answers=NOTHING,
    )
    async def purge(self, call: Call, domain: str) -> None:
        """Delete every message of a domain that the caller may see, starred too."""
        await self._domains.purge(call.caller, domain)

    @routes.put(
        "/api/domains/{domain}/privacy/{private}",
        operation="SetDomainPrivacy",
        summary="Make a domain private, or public",
        answers=gives(DOMAIN, "The domain as it is now."),
    )
    @routes.post(
        "/api/domains/{domain}/privacy/{private}",
        operation="PostDomainPrivacy",
        summary="Make a domain private, or public (the same with POST)",
        answers=gives(DOMAIN, "The domain as it is now."),
    )
    async def privacy(self, call: Call, domain: str, private: str) -> Any:
        """Say whether inboxes of the domain that nobody reserved are its owner's alone, and answer the domain."""
        return domain_json(await self._domains.set_private(call.caller, domain, parse_flag("private", private)))
