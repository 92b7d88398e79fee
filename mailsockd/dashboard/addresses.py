"""Manage Email Addresses, Add Email Address, Bulk Address Setup."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from twisted.web.template import Element, Tag, renderer, tags

from mailsockd.actions.addresses import Addresses, Changes
from mailsockd.actions.messages import Messages
from mailsockd.actions.refusal import Refusal
from mailsockd.dashboard.forms import Field, FormPage, with_answers
from mailsockd.dashboard.frame import Frame, elsewhere, signed_in
from mailsockd.dashboard.mail_query import inbox_path
from mailsockd.dashboard.pages import Request, template
from mailsockd.state.accounts import Account
from mailsockd.state.addresses import Address
from mailsockd.web.router import Call, Routes

MOST_AT_ONCE = 100  # contract section 3.12
SHOWN = 200  # addresses on one page
# The channels that an address may have on, by setting: what the badge says, and what it means.
_BADGES = (
    ("enablews", "WS", "Mail goes to web sockets"),
    ("webhook", "Webhook", "Mail goes to a webhook"),
    ("webhookSlack", "Slack", "Mail goes to Slack"),
    ("forward", "Forward", "Mail goes on to another address"),
)


def settings_path(address: str) -> str:
    """Give the path of an address's settings."""
    return f"/addresses/{quote(address, safe='@+*')}"


def badges(address: Address) -> list[Tag]:
    """Give a badge for each way on that an address has."""
    found = [
        tags.span(word, class_="badge", title=meaning)
        for setting, word, meaning in _BADGES
        if address.settings.get(setting)
    ]
    if address.catch_all is not None:
        found.append(tags.span("Catch-All", class_="badge", title="Takes the mail of its domain that nobody else does"))
    return found


class Manage(Element):
    """The account's addresses, those that `query` is part of. `total` counts all that it finds."""

    loader = template("addresses.xhtml")

    def __init__(self, addresses: Sequence[Address], total: int, query: str, csrf: str) -> None:
        super().__init__()
        self._addresses = addresses
        self._total = total
        self._query = query
        self._csrf = csrf

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        return tag.fillSlots(query=self._query)

    @renderer
    def search(self, request: Request, tag: Tag) -> "Tag | str":
        """Show the search when there is something to find."""
        return tag if self._addresses or self._query else ""

    @renderer
    def row(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give each address."""
        for address in self._addresses:
            path = settings_path(address.address)
            yield tag.clone().fillSlots(
                address=address.address,
                inbox=inbox_path(address.address) if address.catch_all is None else path,
                badges=[(badge, " ") for badge in badges(address)],
                info=address.info,
                settings=path,
                pop3=f"{path}/pop3",
                purge=f"{path}/purge",
                csrf=self._csrf,
            )

    @renderer
    def table(self, request: Request, tag: Tag) -> "Tag | str":
        """Show the table when there is something in it."""
        return tag if self._addresses else ""

    @renderer
    def empty(self, request: Request, tag: Tag) -> "Tag | str":
        """Say what to do when there is nothing."""
        if self._addresses:
            return ""
        if self._query:
            return tags.p("No address has ", tags.strong(self._query), " in it or in its note.", class_="empty")
        return tag

    @renderer
    def more(self, request: Request, tag: Tag) -> "Tag | str":
        """Say that there are more."""
        left = self._total - len(self._addresses)
        return tag(f"{left:,} more. Type a part of the address to find it.") if left > 0 else ""


class ManageRoutes:
    """The pages of an account's addresses."""

    routes = Routes()

    def __init__(self, frame: Frame, addresses: Addresses, messages: Messages, example: str) -> None:
        self._frame = frame
        self._addresses = addresses
        self._messages = messages
        self._example = example

    @routes.get("/addresses", open=True, summary="Manage Email Addresses")
    async def manage(self, call: Call) -> Any:
        """Answer the account's addresses."""
        account = signed_in(call)
        query = call.query("q", literal_plus=True).strip()
        wanted = query.casefold()
        found = [
            one for one in self._addresses.of(account) if wanted in one.address or wanted in one.info.casefold()
        ]
        content = Manage(found[:SHOWN], len(found), query, self._frame.csrf(call))
        notices = _said(call, account)
        return await self._frame.show(
            call, "Manage Email Addresses", content, module="ask.js", current="/addresses", notices=notices
        )

    @routes.get("/private-address", open=True, summary="Add Email Address")
    async def add_form(self, call: Call) -> Any:
        """Answer the form for one address; `email` fills it in."""
        account = signed_in(call)
        typed = {"email": call.query("email", literal_plus=True)}
        return await self._add_page(call, account, with_answers(self._add_fields(), typed, ()))

    @routes.post("/private-address", open=True, summary="Add Email Address")
    async def add(self, call: Call) -> Any:
        """Reserve the address and go on to its settings."""
        account, typed = signed_in(call), call.form()
        try:
            changes = Changes(info=typed.get("info", "").strip() or None)
            address = await self._addresses.reserve(account, typed.get("email", "").strip(), changes)
        except Refusal as refusal:
            fields = with_answers(self._add_fields(), typed, refusal.errors)
            return await self._add_page(call, account, fields, refusal)
        raise elsewhere(f"{settings_path(address.address)}?reserved=1")

    @routes.get("/addresses/bulk", open=True, summary="Bulk Address Setup")
    async def bulk_form(self, call: Call) -> Any:
        """Answer the form for many addresses."""
        signed_in(call)
        return await self._bulk_page(call, self._bulk_fields())

    @routes.post("/addresses/bulk", open=True, summary="Bulk Address Setup")
    async def bulk(self, call: Call) -> Any:
        """Reserve all of them, or none."""
        account, typed = signed_in(call), call.form()
        emails = [email for email in typed.get("addresses", "").replace(",", " ").split() if email]
        try:
            if not 0 < len(emails) <= MOST_AT_ONCE:
                reason = f"addresses: type 1 to {MOST_AT_ONCE} addresses"
                raise Refusal(400, f"Type 1 to {MOST_AT_ONCE} addresses.", (reason,))
            reserved = await self._addresses.reserve_all(account, emails)
        except Refusal as refusal:
            errors = [f"addresses: {_of_item(emails, error)}" for error in refusal.errors]
            fields = with_answers(self._bulk_fields(), typed, errors)
            return await self._bulk_page(call, fields, refusal)
        raise elsewhere(f"/addresses?added={len(reserved)}")

    @routes.post("/addresses/{email}/purge", open=True, summary="Purge Inbox")
    async def purge(self, call: Call, email: str) -> Any:
        """Delete the mail of one inbox but for what is starred."""
        count = await self._messages.purge(signed_in(call), email)
        raise elsewhere(f"/addresses?purged={count}")

    async def _add_page(
        self, call: Call, account: Account, fields: Iterable[Field], refusal: Refusal | None = None
    ) -> Any:
        used = len(self._addresses.of(account))
        of = "any number of" if account.credits is None else f"{account.credits:,}"
        content = FormPage(
            "Add Email Address",
            f"{used:,} of {of} private addresses used.",
            "/private-address",
            fields,
            "Reserve",
            self._frame.csrf(call),
            refusal.message if refusal else "",
        )
        status = refusal.status if refusal else 200
        return await self._frame.show(call, "Add Email Address", content, current="/private-address", status=status)

    async def _bulk_page(self, call: Call, fields: Iterable[Field], refusal: Refusal | None = None) -> Any:
        content = FormPage(
            "Bulk Address Setup",
            "All of them are reserved, or none.",
            "/addresses/bulk",
            fields,
            "Reserve all",
            self._frame.csrf(call),
            refusal.message if refusal else "",
        )
        status = refusal.status if refusal else 200
        return await self._frame.show(call, "Bulk Address Setup", content, current="/addresses", status=status)

    def _add_fields(self) -> list[Field]:
        hint = "Its mail is yours alone from now on; public mail that is there already becomes yours."
        return [
            Field("email", "Email address", required=True, placeholder=self._example, hint=hint),
            Field("info", "Note (optional)", placeholder="My first private email"),
        ]

    def _bulk_fields(self) -> list[Field]:
        hint = f"One a line, or with commas; {MOST_AT_ONCE} at most."
        return [Field("addresses", "Email addresses", kind="area", required=True, placeholder=self._example, hint=hint)]


def _of_item(emails: Sequence[str], error: str) -> str:
    """Give an error of one of several addresses with the address in the place of its number."""
    place, _, reason = error.partition(": ")
    number = place.removeprefix("addresses[").removesuffix("]")
    if not number.isdigit() or int(number) >= len(emails):
        return reason
    email = emails[int(number)]
    return reason if email in reason else f"{email}: {reason}"


def _said(call: Call, account: Account) -> list[tuple[str, str]]:
    """Give what the page that led here has to say."""
    notices = []
    for name, one, many in (
        ("added", "1 address was reserved.", "{} addresses were reserved."),
        ("purged", "1 message was deleted.", "{} messages were deleted."),
        ("released", "The address was released.", "The address was released."),
    ):
        value = call.query(name)
        if value.isascii() and value.isdigit() and len(value) < 10:
            notices.append(("good", one if int(value) == 1 else many.format(f"{int(value):,}")))
    return notices
