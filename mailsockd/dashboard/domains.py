"""Custom Domains: those of an account, and the way to one more."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from twisted.web.template import Element, Tag, renderer, tags

from mailsockd.actions.claims import Claims, Wanted
from mailsockd.actions.domains import DomainActions
from mailsockd.actions.refusal import Refusal
from mailsockd.dashboard.forms import Field, Fields, with_answers
from mailsockd.dashboard.frame import Frame, elsewhere, signed_in
from mailsockd.dashboard.pages import Request, template
from mailsockd.state.domains import Domain
from mailsockd.web.router import Call, Routes

_SAID = {"removed": "The domain was given up."}


def domain_path(name: str, tab: str = "") -> str:
    """Give the path of a domain's page, or of one of its tabs."""
    return f"/domains/{quote(name, safe='')}{f'/{tab}' if tab else ''}"


def verified_badge(domain: Domain) -> Tag:
    """Say in a word whether a domain is proved."""
    if domain.configured:
        return tags.span("Configuration", class_="badge", title="A domain of the configuration: it needs no proof")
    if not domain.verified:
        return tags.span("Not verified", class_="badge warn", title="Its mail is refused")
    if domain.failures:
        return tags.span("Verified", class_="badge warn", title="The TXT record was missing at the last look")
    return tags.span("Verified", class_="badge", title="Its mail is taken")


def privacy_words(domain: Domain) -> str:
    """Say who reads what nobody reserved."""
    return "Private" if domain.is_private else "Public"


class CustomDomains(Element):
    """The list."""

    loader = template("domains.xhtml")

    def __init__(self, domains: Sequence[Domain]) -> None:
        super().__init__()
        self._domains = domains

    @renderer
    def row(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give each domain."""
        for domain in self._domains:
            yield tag.clone().fillSlots(
                name=domain.name,
                manage=domain_path(domain.name),
                verified=verified_badge(domain),
                mx=tags.span("MX", class_="badge off", title="Its mail goes elsewhere")
                if domain.verified and not domain.verified_mx
                else "",
                websockets=tags.span("WS", class_="badge", title="Its mail goes to web sockets")
                if domain.enablews
                else "",
                privacy=privacy_words(domain),
            )

    @renderer
    def table(self, request: Request, tag: Tag) -> "Tag | str":
        """Show the table when there is something in it."""
        return tag if self._domains else ""

    @renderer
    def empty(self, request: Request, tag: Tag) -> "Tag | str":
        """Say what a domain is good for when there is none."""
        return "" if self._domains else tag


class SetupDomain(Element):
    """The ways to a domain. `hosted` are the fields of a name that the server gives away, None when it gives none."""

    loader = template("domain-setup.xhtml")

    def __init__(self, own: Iterable[Field], hosted: Iterable[Field] | None, csrf: str) -> None:
        super().__init__()
        self._own = own
        self._hosted = hosted
        self._csrf = csrf

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        return tag.fillSlots(csrf=self._csrf, own=Fields(self._own))

    @renderer
    def hosted(self, request: Request, tag: Tag) -> "Tag | str":
        """Show the form for a name of this server's, if there is any."""
        return "" if self._hosted is None else tag.fillSlots(hosted=Fields(self._hosted))


class DomainListRoutes:
    """The list and the setup. `hosted` are the domains under which the server gives names away."""

    routes = Routes()

    def __init__(self, frame: Frame, domains: DomainActions, claims: Claims, hosted: Sequence[str]) -> None:
        self._frame = frame
        self._domains = domains
        self._claims = claims
        self._hosted = hosted

    @routes.get("/domains", open=True, summary="Custom Domains")
    async def show(self, call: Call) -> Any:
        """Answer the account's domains."""
        content = CustomDomains(self._domains.of(signed_in(call)))
        notices = [("good", sentence) for name, sentence in _SAID.items() if call.query(name) == "1"]
        return await self._frame.show(call, "Custom Domains", content, current="/domains", notices=notices)

    @routes.get("/domains/new", open=True, summary="Setup a Custom Domain")
    async def setup(self, call: Call) -> Any:
        """Answer the forms."""
        signed_in(call)
        return await self._setup(call, self._own_fields(), self._hosted_fields())

    @routes.post("/domains", open=True, summary="Claim a domain")
    async def claim(self, call: Call) -> Any:
        """Claim a domain of the account's own, and go on to the records that prove it."""
        account, typed = signed_in(call), call.form()
        try:
            domain = await self._claims.claim(account, typed.get("domain", "").strip(), Wanted())
        except Refusal as refusal:
            own = with_answers(self._own_fields(), typed, refusal.errors)
            return await self._setup(call, own, self._hosted_fields(), refusal)
        raise elsewhere(domain_path(domain.name, "" if domain.hosted else "dns") + "?claimed=1")

    @routes.post("/domains/hosted", open=True, summary="Take a name that the server gives away")
    async def take(self, call: Call) -> Any:
        """Take a name below one of the server's domains, which needs no proof."""
        account, typed = signed_in(call), call.form()
        parent = typed.get("parent", "")
        try:
            if parent not in self._hosted:
                raise Refusal(400, "", ("parent: choose one of these",))
            name = typed.get("name", "").strip()
            if not name or "." in name:
                raise Refusal(400, "", ("name: type a name without dots",))
            domain = await self._claims.claim(account, f"{name}.{parent}", Wanted())
        except Refusal as refusal:
            errors = [error.replace("domain: ", "name: ", 1) for error in refusal.errors]
            hosted = with_answers(self._hosted_fields() or (), typed, errors)
            return await self._setup(call, self._own_fields(), hosted, refusal)
        raise elsewhere(domain_path(domain.name) + "?claimed=1")

    async def _setup(
        self, call: Call, own: Iterable[Field], hosted: Iterable[Field] | None, refusal: Refusal | None = None
    ) -> Any:
        content = SetupDomain(own, hosted, self._frame.csrf(call))
        status = refusal.status if refusal else 200
        return await self._frame.show(call, "Setup a Custom Domain", content, current="/domains", status=status)

    def _own_fields(self) -> list[Field]:
        hint = "Such as mail.example.com. Its DNS has to be yours: the next page shows two records for it."
        label = "Enter the fully qualified domain name"
        return [Field("domain", label, required=True, placeholder="mail.example.com", hint=hint)]

    def _hosted_fields(self) -> list[Field] | None:
        if not self._hosted:
            return None
        choices = [(parent, f".{parent}") for parent in self._hosted]
        return [
            Field("name", "Name", required=True, placeholder="team"),
            Field("parent", "Below", choices[0][0], "choice", choices=choices),
        ]
