"""All domains, for administrators: whose they are, what the DNS says of them. Their mail is for nobody to see here."""

from collections.abc import Iterable, Iterator
from typing import Any

from twisted.web.template import Tag, renderer

from mailsockd.dashboard.accounts import account_path
from mailsockd.dashboard.domains import privacy_words, verified_badge
from mailsockd.dashboard.found import FoundList
from mailsockd.dashboard.frame import Frame, administrator
from mailsockd.dashboard.moments import moment
from mailsockd.dashboard.pages import Request, template
from mailsockd.state.domains import Domain
from mailsockd.web.router import Call, Routes


class AllDomains(FoundList[Domain]):
    """The domains that a query finds, claimed or proved."""

    loader = template("domains-admin.xhtml")

    @renderer
    def row(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give each domain of each account."""
        for domain in self.shown:
            yield tag.clone().fillSlots(
                name=domain.name,
                owner=domain.owner,
                path=account_path(domain.owner),
                verified=verified_badge(domain),
                missing=domain.last_verification_errors or "",
                privacy=privacy_words(domain),
                checked=moment(domain.checked) if domain.checked else "Never",
            )


class AllDomainsRoutes:
    """The list."""

    routes = Routes()

    def __init__(self, frame: Frame, domains: Iterable[Domain]) -> None:
        self._frame = frame
        self._domains = domains

    @routes.get("/admin/domains", open=True, summary="All domains")
    async def show(self, call: Call) -> Any:
        """Answer the domains; `q` is a part of a name, or the name of an account."""
        administrator(call)
        query = call.query("q", literal_plus=True).strip()
        wanted = query.casefold()
        found = [one for one in self._domains if wanted in one.name or wanted == one.owner]
        content = AllDomains(found, query)
        return await self._frame.show(call, "Domains", content, module="account.js", current="/admin/domains")
