"""Accounts, for administrators: the list, and how one is added. What mail they have is for nobody to see here."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

import attrs
from twisted.web.template import Tag, renderer, tags

from mailsockd.actions.accounts import AccountActions, Credentials
from mailsockd.actions.refusal import Refusal
from mailsockd.dashboard.forms import Field, FormPage, with_answers
from mailsockd.dashboard.found import FoundList
from mailsockd.dashboard.frame import Frame, administrator, elsewhere
from mailsockd.dashboard.moments import moment
from mailsockd.dashboard.pages import Request, template
from mailsockd.dashboard.shown_once import ShownOnce
from mailsockd.mail.address import InvalidAddress, canonical
from mailsockd.state.accounts import Account
from mailsockd.web.router import Call, Routes
from mailsockd.web.session import session_token


@attrs.frozen
class Figures:
    """What an account has, in numbers. `seen` is when a browser or a key of it was here last, UTC seconds."""

    addresses: int
    domains: int
    keys: int
    sockets: int
    seen: float | None


@attrs.frozen
class Made:
    """Secrets of an account that were just made; `key` is "" for none."""

    name: str
    password: str
    key: str = ""


def account_path(name: str, below: str = "") -> str:
    """Give the path of the page of an account, or of a form on it."""
    return f"/admin/accounts/{quote(name, safe='')}{f'/{below}' if below else ''}"


def account_badges(account: Account) -> list[Tag]:
    """Say what is special about an account."""
    found = []
    if account.admin:
        found.append(tags.span("Admin", class_="badge", title="An administrator"))
    if account.disabled:
        found.append(tags.span("Disabled", class_="badge bad", title="Can do nothing until it is enabled"))
    return found


def seen_words(seen: float | None) -> "Tag | str":
    """Say when an account was here last."""
    return "Never" if seen is None else moment(seen)


class AccountList(FoundList[Account]):
    """The accounts that a query finds; `figures` gives what one has."""

    loader = template("accounts.xhtml")

    def __init__(self, found: Sequence[Account], query: str, figures: Callable[[Account], Figures]) -> None:
        super().__init__(found, query)
        self._figures = figures

    @renderer
    def row(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give each account."""
        for account in self.shown:
            figures = self._figures(account)
            of = "" if account.credits is None else f" of {account.credits:,}"
            yield tag.clone().fillSlots(
                name=account.name,
                path=account_path(account.name),
                badges=[(badge, " ") for badge in account_badges(account)],
                email=account.email,
                addresses=f"{figures.addresses:,}{of}",
                domains=f"{figures.domains:,}",
                keys=f"{figures.keys:,}",
                seen=seen_words(figures.seen),
            )


class AccountListRoutes:
    """The list and the form; `figures` gives what an account has, `made` keeps secrets for the page that shows them."""

    routes = Routes()

    def __init__(
        self,
        frame: Frame,
        accounts: Iterable[Account],
        actions: AccountActions,
        figures: Callable[[Account], Figures],
        made: ShownOnce[Made],
    ) -> None:
        self._frame = frame
        self._accounts = accounts
        self._actions = actions
        self._figures = figures
        self._made = made

    @routes.get("/admin/accounts", open=True, summary="Accounts")
    async def show(self, call: Call) -> Any:
        """Answer the accounts; `q` is a part of a name or of an email address."""
        administrator(call)
        query = call.query("q", literal_plus=True).strip()
        wanted = query.casefold()
        found = [one for one in self._accounts if wanted in one.name or wanted in one.email.casefold()]
        content = AccountList(found, query, self._figures)
        notices = [("good", "The account was removed.")] if call.query("removed") == "1" else []
        return await self._frame.show(
            call, "Accounts", content, module="times.js", current="/admin/accounts", notices=notices
        )

    @routes.get("/admin/accounts/new", open=True, summary="Add an account")
    async def form(self, call: Call) -> Any:
        """Answer the form for an account."""
        administrator(call)
        return await self._form(call, _FIELDS)

    @routes.post("/admin/accounts", open=True, summary="Add an account")
    async def add(self, call: Call) -> Any:
        """Make the account, and go on to its page, which shows its password and key once."""
        administrator(call)
        typed = call.form()
        try:
            made = await self._add(typed.get("name", "").strip(), typed.get("email", "").strip(), "admin" in typed)
        except Refusal as refusal:
            return await self._form(call, with_answers(_FIELDS, typed, refusal.errors), refusal)
        secrets = Made(made.account.name, made.password, made.key)
        raise elsewhere(f"{account_path(made.account.name)}?made={self._made.keep(session_token(call), secrets)}")

    async def _add(self, name: str, email: str, admin: bool) -> Credentials:
        if name == "new":  # its page would be this form
            raise Refusal(400, "", ("name: is the name of a page here",))
        try:
            email = canonical(email) if email else ""
        except InvalidAddress as error:
            raise Refusal(400, "", (f"email: {error}",)) from error
        return await self._actions.add(name, admin=admin, email=email)

    async def _form(self, call: Call, fields: Iterable[Field], refusal: Refusal | None = None) -> Any:
        content = FormPage(
            "Add an account",
            "Its password and its first API key are shown once, on the next page.",
            "/admin/accounts",
            fields,
            "Add account",
            self._frame.csrf(call),
        )
        status = refusal.status if refusal else 200
        return await self._frame.show(call, "Add an account", content, current="/admin/accounts", status=status)


_FIELDS = (
    Field("name", "User name", required=True, hint="Lower-case letters, digits, dots, dashes and underscores."),
    Field("email", "Email address (optional)", hint="Where to reach whoever has the account."),
    Field("admin", "An administrator, who adds and removes accounts", kind="tick"),
)
