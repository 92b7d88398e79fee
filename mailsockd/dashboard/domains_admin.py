"""All domains, for administrators: whose they are, what the DNS says of them. Their mail is for nobody to see here."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from twisted.web.template import Element, Tag, renderer

from mailsockd.dashboard.accounts import account_path
from mailsockd.dashboard.domains import privacy_words, verified_badge
from mailsockd.dashboard.frame import Frame, administrator
from mailsockd.dashboard.moments import moment
from mailsockd.dashboard.pages import Request, template
from mailsockd.state.domains import Domain
from mailsockd.web.router import Call, Routes

SHOWN = 200  # domains on one page


class AllDomains(Element):
    """The domains that `query` is part of, claimed or proved; `total` counts all that it finds."""

    loader = template("domains-admin.xhtml")

    def __init__(self, domains: Sequence[Domain], total: int, query: str) -> None:
        super().__init__()
        self._domains = domains
        self._total = total
        self._query = query

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        return tag.fillSlots(query=self._query)

    @renderer
    def table(self, request: Request, tag: Tag) -> "Tag | str":
        """Show the table when there is something in it."""
        return tag if self._domains else ""

    @renderer
    def row(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give each domain of each account."""
        for domain in self._domains:
            yield tag.clone().fillSlots(
                name=domain.name,
                owner=domain.owner,
                path=account_path(domain.owner),
                verified=verified_badge(domain),
                missing=domain.last_verification_errors or "",
                privacy=privacy_words(domain),
                checked=moment(domain.checked) if domain.checked else "Never",
            )

    @renderer
    def empty(self, request: Request, tag: Tag) -> "Tag | str":
        """Say that nothing was found: there is always a domain of the configuration."""
        return "" if self._domains else tag.fillSlots(sought=self._query)

    @renderer
    def more(self, request: Request, tag: Tag) -> "Tag | str":
        """Say that there are more."""
        left = self._total - len(self._domains)
        return tag(f"{left:,} more. Type a part of the name to find it.") if left > 0 else ""


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
        content = AllDomains(found[:SHOWN], len(found), query)
        return await self._frame.show(call, "Domains", content, module="account.js", current="/admin/domains")
