"""One domain of an account: what it is, its DNS, where its mail goes, and its mail as a whole."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from twisted.web.template import Element, Tag, renderer, tags

from mailsockd.actions.claims import Claims, Wanted
from mailsockd.actions.domains import DomainActions
from mailsockd.actions.proofs import Proofs
from mailsockd.dashboard.addresses import settings_path
from mailsockd.dashboard.domains import domain_path, privacy_words, verified_badge
from mailsockd.dashboard.forms import Field, Fields
from mailsockd.dashboard.frame import Frame, elsewhere, signed_in
from mailsockd.dashboard.moments import moment
from mailsockd.dashboard.pages import Request, template
from mailsockd.state.addresses import Address
from mailsockd.state.domains import Domain
from mailsockd.web.router import Call, Routes
from mailsockd.wire.domains import setup_json

_TABS = (("", "About"), ("dns", "DNS Setup"), ("forwarding", "Forwarding"), ("advanced", "Advanced"))
_SAID = {
    "claimed": ("good", "The domain is on your list."),
    "saved": ("good", "The settings were saved."),
}


class DomainPage(Element):
    """One domain; `content` is the tab that is shown."""

    loader = template("domain.xhtml")

    def __init__(self, domain: Domain, tab: str, content: Element) -> None:
        super().__init__()
        self._domain = domain
        self._tab = tab
        self._content = content

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        return tag.fillSlots(name=self._domain.name, verified=verified_badge(self._domain))

    @renderer
    def tab(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give the way to each tab."""
        for name, label in _TABS:
            here = {"aria-current": "page"} if name == self._tab else {}
            yield tags.li(tags.a(label, href=domain_path(self._domain.name, name), **here))

    @renderer
    def content(self, request: Request, tag: Tag) -> Element:
        """Give the tab."""
        return self._content


class _Tab(Element):
    """What all tabs know. `csrf` is what their forms have to send."""

    def __init__(self, domain: Domain, csrf: str) -> None:
        super().__init__()
        self.domain = domain
        self.csrf = csrf

    def filled(self, tag: Tag, **slots: Any) -> Tag:
        """Fill the slots of every tab, and these."""
        return tag.fillSlots(name=self.domain.name, path=domain_path(self.domain.name), csrf=self.csrf, **slots)


class About(_Tab):
    """Whose it is, who reads it, and the way to give it up."""

    loader = template("domain-about.xhtml")

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        hint = "Otherwise every account can read the inboxes that nobody reserved. Mail keeps the owner it came for."
        label = "Inboxes that nobody reserved are mine alone"
        field = Field("private", label, "true" if self.domain.is_private else "", "tick", hint)
        return self.filled(
            tag,
            ownership=_ownership(self.domain),
            since=moment(self.domain.created),
            privacy=privacy_words(self.domain),
            fields=Fields([field]),
        )

    @renderer
    def removal(self, request: Request, tag: Tag) -> "Tag | str":
        """Offer to give it up, unless only the configuration can."""
        return "" if self.domain.configured else tag


class DNSSetup(_Tab):
    """The records that the domain needs. `hosts` are those that its MX records should lead to."""

    loader = template("domain-dns.xhtml")

    def __init__(self, domain: Domain, csrf: str, hosts: Sequence[str]) -> None:
        super().__init__(domain, csrf)
        self._records = setup_json(domain, None, hosts)["records"]

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        asked = ["The DNS was last asked: ", moment(self.domain.checked)] if self.domain.checked else "Not asked yet."
        return self.filled(tag, status=_ownership(self.domain), asked=asked)

    @renderer
    def missing(self, request: Request, tag: Tag) -> "Tag | str":
        """Say in words what was missing when the DNS was last asked."""
        return tag(self.domain.last_verification_errors) if self.domain.last_verification_errors else ""

    @renderer
    def needless(self, request: Request, tag: Tag) -> "Tag | str":
        """Say that there is nothing to do."""
        return "" if self._records else tag

    @renderer
    def needed(self, request: Request, tag: Tag) -> "Tag | str":
        """Show the records when there are some."""
        return tag if self._records else ""

    @renderer
    def record(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give each record, and whether it is there."""
        for number, record in enumerate(self._records):
            found = tags.span("OK", class_="badge") if record["found"] else tags.span("Missing", class_="badge warn")
            if not self.domain.checked:
                found = tags.span("Not asked", class_="badge off")
            yield tag.clone().fillSlots(
                type=record["type"], record=record["name"], value=record["value"], id=f"record-{number}", found=found
            )


class Forwarding(_Tab):
    """Where mail of the whole domain goes. `catch_all` is the address that takes what nobody reserved, if there is."""

    loader = template("domain-forwarding.xhtml")

    def __init__(self, domain: Domain, csrf: str, catch_all: Address | None) -> None:
        super().__init__(domain, csrf)
        self._catch_all = catch_all

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        return self.filled(tag, fields=Fields(self._fields()), state=self._state())

    def _fields(self) -> Iterable[Field]:
        name = self.domain.name
        catch_all = "true" if self._catch_all is not None else ""
        taken = f"Mail for addresses of {name} that nobody reserved is in the inbox *@{name}, which is yours."
        sockets = f"Your web sockets may listen to the whole domain: addresses={name}."
        if self.domain.served:
            yield Field("catchAll", "Enable Catch-All", catch_all, "tick", taken)
        yield Field("enablews", "Enable Web Sockets", "true" if self.domain.enablews else "", "tick", sockets)

    def _state(self) -> list[Tag]:
        said = []
        if not self.domain.served:
            said.append(tags.p("A catch-all can be enabled when the domain is verified.", class_="notice warn"))
        elif self._catch_all is not None:
            address = self._catch_all.address
            said.append(tags.p("The catch-all is on: ", tags.a(address, href=settings_path(address)), class_="hint"))
        else:
            said.append(tags.p("The catch-all is off.", class_="hint"))
        on = "Web sockets are on for the domain." if self.domain.enablews else "Web sockets are off for the domain."
        way = tags.a("Web Socket Test Page", href="/websocket-test")
        said.append(tags.p(on, " Try it on the ", way, class_="hint"))
        return said


class Advanced(_Tab):
    """The mail of the whole domain. `count` are the messages that its owner sees."""

    loader = template("domain-advanced.xhtml")

    def __init__(self, domain: Domain, csrf: str, count: int) -> None:
        super().__init__(domain, csrf)
        self._count = count

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        emails = f"{self._count:,} {'Email' if self._count == 1 else 'Emails'}"
        return self.filled(tag, count=f"{self._count:,}", emails=emails)

    @renderer
    def purge(self, request: Request, tag: Tag) -> "Tag | str":
        """Offer to delete it, if there is any."""
        return tag if self._count else ""


class DomainPageRoutes:
    """The pages of one domain. `hosts` are those that MX records should lead to. Another's domain is 404."""

    routes = Routes()

    def __init__(
        self, frame: Frame, domains: DomainActions, claims: Claims, proofs: Proofs, hosts: Sequence[str]
    ) -> None:
        self._frame = frame
        self._domains = domains
        self._claims = claims
        self._proofs = proofs
        self._hosts = hosts

    @routes.get("/domains/{domain}", open=True, summary="A domain: About")
    async def about(self, call: Call, domain: str) -> Any:
        """Answer what it is."""
        found, _, _ = await self._domains.show(signed_in(call), domain)
        return await self._page(call, found, "", About(found, self._frame.csrf(call)))

    @routes.get("/domains/{domain}/dns", open=True, summary="A domain: DNS Setup")
    async def dns(self, call: Call, domain: str) -> Any:
        """Answer the records that it needs."""
        found, _, _ = await self._domains.show(signed_in(call), domain)
        notices = []
        if call.query("asked") == "1" and found.last_verification_errors:
            notices = [("warn", "Something is still missing. The DNS can take an hour to show what was changed.")]
        elif call.query("asked") == "1":
            notices = [("good", "Everything is as it should be.")]
        content = DNSSetup(found, self._frame.csrf(call), self._hosts)
        return await self._page(call, found, "dns", content, notices)

    @routes.get("/domains/{domain}/forwarding", open=True, summary="A domain: Forwarding")
    async def forwarding(self, call: Call, domain: str) -> Any:
        """Answer where its mail goes."""
        found, _, _ = await self._domains.show(signed_in(call), domain)
        content = Forwarding(found, self._frame.csrf(call), self._claims.catch_all(found))
        return await self._page(call, found, "forwarding", content)

    @routes.get("/domains/{domain}/advanced", open=True, summary="A domain: Advanced")
    async def advanced(self, call: Call, domain: str) -> Any:
        """Answer how much mail it has."""
        found, count, _ = await self._domains.show(signed_in(call), domain)
        deleted = call.query("purged")
        notices = [("good", "Its mail was deleted.")] if deleted == "1" else []
        return await self._page(call, found, "advanced", Advanced(found, self._frame.csrf(call), count), notices)

    @routes.post("/domains/{domain}/privacy", open=True, summary="Say who reads a domain")
    async def privacy(self, call: Call, domain: str) -> Any:
        """Make it private or public."""
        private = call.form().get("private") == "true"
        changed = await self._claims.change(signed_in(call), domain, Wanted(private=private))
        raise elsewhere(domain_path(changed.name) + "?saved=1")

    @routes.post("/domains/{domain}/verify", open=True, summary="Query the DNS settings of a domain now")
    async def verify(self, call: Call, domain: str) -> Any:
        """Ask the DNS."""
        changed = await self._proofs.verify(signed_in(call), domain)
        raise elsewhere(domain_path(changed.name, "dns") + "?asked=1")

    @routes.post("/domains/{domain}/forwarding", open=True, summary="Say where mail of a domain goes")
    async def forward(self, call: Call, domain: str) -> Any:
        """Switch catch-all and web sockets; a box that is not ticked is not sent, and is off."""
        account, typed = signed_in(call), call.form()
        found, _, _ = await self._domains.show(account, domain)
        catch_all = typed.get("catchAll") == "true" if found.served else None
        wanted = Wanted(enablews=typed.get("enablews") == "true", catch_all=catch_all)
        changed = await self._claims.change(account, domain, wanted)
        raise elsewhere(domain_path(changed.name, "forwarding") + "?saved=1")

    @routes.post("/domains/{domain}/purge", open=True, summary="Delete all mail of a domain")
    async def purge(self, call: Call, domain: str) -> Any:
        """Delete what the account sees in it."""
        account = signed_in(call)
        found, _, _ = await self._domains.show(account, domain)
        await self._domains.purge(account, found.name)
        raise elsewhere(domain_path(found.name, "advanced") + "?purged=1")

    @routes.post("/domains/{domain}/remove", open=True, summary="Give a domain up")
    async def remove(self, call: Call, domain: str) -> Any:
        """Give it up, with the addresses that the account has in it."""
        await self._claims.remove(signed_in(call), domain)
        raise elsewhere("/domains?removed=1")

    async def _page(
        self, call: Call, domain: Domain, tab: str, content: Element, notices: Sequence[tuple[str, str]] = ()
    ) -> Any:
        said = [*notices, *(notice for name, notice in _SAID.items() if call.query(name) == "1")]
        return await self._frame.show(
            call,
            f"Domain {domain.name}",
            DomainPage(domain, tab, content),
            module="account.js",
            current="/domains",
            notices=said,
        )


def _ownership(domain: Domain) -> str:
    if domain.configured:
        return "A domain of the configuration: it needs no proof."
    if domain.hosted:
        return "A name of this server: it needs no proof." if domain.verified else "This server gives it away no more."
    if domain.verified and domain.failures:
        return "Domain ownership is verified, but the TXT record is missing."
    return "Domain ownership is verified." if domain.verified else "Domain ownership is not verified."
