"""One account, for administrators: its limits and rights, a new password, and its end."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from twisted.web.template import Element, Tag, renderer

from mailsockd.actions.accounts import LIMITS, AccountActions
from mailsockd.actions.ports import Totals
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.words import size
from mailsockd.dashboard.accounts import Figures, Made, account_badges, account_path, seen_words
from mailsockd.dashboard.forms import Field, Fields, with_answers
from mailsockd.dashboard.frame import Frame, administrator, elsewhere
from mailsockd.dashboard.moments import moment
from mailsockd.dashboard.pages import Request, template
from mailsockd.dashboard.shown_once import ShownOnce
from mailsockd.state.accounts import Account
from mailsockd.web.router import Call, HTTPError, Routes
from mailsockd.web.session import session_token

_SAID = {
    "limits": "The limits were saved.",
    "disabled": "The account is disabled: its web sockets and browser sessions ended.",
    "enabled": "The account is enabled.",
    "promoted": "The account is an administrator now.",
    "demoted": "The account is no administrator any more.",
}
_OWN = "This is your own account: another administrator has to do that."
_LOST = "The secrets were shown already. Make a new password, or a new key."


class AccountPage(Element):
    """The page. `own` tells whether it is the account of who looks; `made` are secrets to show, if any."""

    loader = template("account-admin.xhtml")

    def __init__(
        self,
        account: Account,
        figures: Figures,
        totals: Totals,
        limits: Iterable[Field],
        removal: Iterable[Field],
        csrf: str,
        own: bool,
        made: Made | None,
    ) -> None:
        super().__init__()
        self._account = account
        self._figures = figures
        self._totals = totals
        self._limits = limits
        self._removal = removal
        self._csrf = csrf
        self._own = own
        self._made = made

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        account, figures = self._account, self._figures
        return tag.fillSlots(
            name=account.name,
            path=account_path(account.name),
            csrf=self._csrf,
            badges=[(badge, " ") for badge in account_badges(account)],
            email=account.email or "none",
            created=moment(account.created),
            seen=seen_words(figures.seen),
            addresses=f"{figures.addresses:,}",
            domains=f"{figures.domains:,}",
            keys=f"{figures.keys:,}",
            sockets=f"{figures.sockets:,}",
            stored=f"{self._totals.messages:,} messages, {size(self._totals.bytes)}",
            limits=Fields(self._limits),
            removal=Fields(self._removal),
        )

    @renderer
    def made(self, request: Request, tag: Tag) -> "Tag | str":
        """Show secrets that were just made."""
        return "" if self._made is None else tag.fillSlots(password=self._made.password)

    @renderer
    def made_key(self, request: Request, tag: Tag) -> "Tag | str":
        """Show the key, if one was made."""
        return tag.fillSlots(key=self._made.key) if self._made is not None and self._made.key else ""

    @renderer
    def others(self, request: Request, tag: Tag) -> "Tag | str":
        """Show what nobody does to their own account."""
        return "" if self._own else tag

    @renderer
    def mine(self, request: Request, tag: Tag) -> "Tag | str":
        """Say why that is not shown."""
        return tag if self._own else ""

    @renderer
    def enabled(self, request: Request, tag: Tag) -> "Tag | str":
        """Show what is for an account that is not disabled."""
        return "" if self._account.disabled else tag

    @renderer
    def disabled(self, request: Request, tag: Tag) -> "Tag | str":
        """Show what is for one that is."""
        return tag if self._account.disabled else ""

    @renderer
    def plain(self, request: Request, tag: Tag) -> "Tag | str":
        """Show what is for who is no administrator."""
        return "" if self._account.admin else tag

    @renderer
    def admin(self, request: Request, tag: Tag) -> "Tag | str":
        """Show what is for an administrator."""
        return tag if self._account.admin else ""


class AccountAdminRoutes:
    """The page and its forms. `totals` counts the mail of an account, without looking at it."""

    routes = Routes()

    def __init__(
        self,
        frame: Frame,
        actions: AccountActions,
        figures: Callable[[Account], Figures],
        totals: Callable[[str], Awaitable[Totals]],
        made: ShownOnce[Made],
    ) -> None:
        self._frame = frame
        self._actions = actions
        self._figures = figures
        self._totals = totals
        self._made = made

    @routes.get("/admin/accounts/{name}", open=True, summary="An account")
    async def show(self, call: Call, name: str) -> Any:
        """Answer the account; `made` shows new secrets, once."""
        administrator(call)
        account, made = self._actions.find(name), None
        notices = [("good", sentence) for word, sentence in _SAID.items() if call.query("said") == word]
        if call.query("made"):
            made = self._made.take(session_token(call), call.query("made"))
            made = made if made is not None and made.name == account.name else None
            notices += [] if made else [("warn", _LOST)]
        return await self._page(call, account, made=made, notices=notices)

    @routes.post("/admin/accounts/{name}/limits", open=True, summary="Set the limits of an account")
    async def limits(self, call: Call, name: str) -> Any:
        """Set them; an empty field is any number."""
        account, typed, by = self._asked(call, name)
        try:
            wanted: dict[str, Any] = {limit: _number(limit, typed.get(limit, "").strip()) for limit in LIMITS}
            await self._actions.set(account.name, by=by, **wanted)
        except Refusal as refusal:
            fields = with_answers(_limit_fields(account), typed, refusal.errors)
            return await self._page(call, account, limits=fields, status=refusal.status)
        raise self._done(account, "limits")

    @routes.post("/admin/accounts/{name}/disabled", open=True, summary="Disable or enable an account")
    async def disable(self, call: Call, name: str) -> Any:
        """Disable the account when `disabled` is yes, else enable it."""
        account, typed, by = self._asked(call, name, others=True)
        disabled = typed.get("disabled") == "yes"
        await self._actions.set(account.name, disabled=disabled, by=by)
        raise self._done(account, "disabled" if disabled else "enabled")

    @routes.post("/admin/accounts/{name}/admin", open=True, summary="Make or unmake an administrator")
    async def promote(self, call: Call, name: str) -> Any:
        """Make the account an administrator when `admin` is yes, else none."""
        account, typed, by = self._asked(call, name, others=True)
        admin = typed.get("admin") == "yes"
        await self._actions.set(account.name, admin=admin, by=by)
        raise self._done(account, "promoted" if admin else "demoted")

    @routes.post("/admin/accounts/{name}/password", open=True, summary="Make a new password")
    async def password(self, call: Call, name: str) -> Any:
        """Make a random password, which the page shows once."""
        account, _, by = self._asked(call, name, others=True)
        made = Made(account.name, await self._actions.set_password(account.name, by=by))
        raise elsewhere(f"{account_path(account.name)}?made={self._made.keep(session_token(call), made)}")

    @routes.post("/admin/accounts/{name}/remove", open=True, summary="Remove an account")
    async def remove(self, call: Call, name: str) -> Any:
        """Remove the account whose name was typed as `confirm`; `purge` deletes its mail too."""
        account, typed, _ = self._asked(call, name, others=True)
        if typed.get("confirm", "").strip() != account.name:
            fields = with_answers(_REMOVAL, typed, (f"confirm: type {account.name} to remove it",))
            return await self._page(call, account, removal=fields, status=400)
        await self._actions.remove(account.name, "purge" in typed)
        raise elsewhere("/admin/accounts?removed=1")

    def _asked(self, call: Call, name: str, others: bool = False) -> tuple[Account, dict[str, str], str]:
        """Give the account, what was typed, and who asks. Raises HTTPError; 400 for `others` on one's own account."""
        asking = administrator(call)
        account = self._actions.find(name)
        if others and account.name == asking.name:
            raise HTTPError(400, _OWN)
        return account, call.form(), f"by the administrator {asking.name}"

    def _done(self, account: Account, said: str) -> HTTPError:
        return elsewhere(f"{account_path(account.name)}?said={said}")

    async def _page(
        self,
        call: Call,
        account: Account,
        *,
        limits: Iterable[Field] | None = None,
        removal: Iterable[Field] | None = None,
        made: Made | None = None,
        notices: Sequence[tuple[str, str]] = (),
        status: int = 200,
    ) -> Any:
        content = AccountPage(
            account,
            self._figures(account),
            await self._totals(account.name),
            _limit_fields(account) if limits is None else limits,
            _REMOVAL if removal is None else removal,
            self._frame.csrf(call),
            account.name == administrator(call).name,
            made,
        )
        title = f"Account {account.name}"
        return await self._frame.show(
            call, title, content, module="account.js", current="/admin/accounts", status=status, notices=notices
        )


_REMOVAL = (
    Field("confirm", "Type the name of the account", required=True),
    Field("purge", "Delete its mail, deliveries and activity too, for good", kind="tick"),
)


def _limit_fields(account: Account) -> list[Field]:
    words = {
        "credits": ("Addresses", "How many it may reserve."),
        "message_limit": ("Messages", "How many it may keep; the oldest go, starred ones never. 0 is any number too."),
        "monthly_ops": ("Operations each month", "When they are used up, the API refuses until the month is over."),
    }
    found = []
    for limit in LIMITS:
        value = getattr(account, limit)
        label, hint = words[limit]
        shown = "" if value is None else str(value)
        found.append(Field(limit, label, shown, hint=f"{hint} Empty for any number.", placeholder="any number"))
    return found


def _number(limit: str, text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Refusal(400, "", (f"{limit}: must be a whole number, or empty for any number",))
    return int(text)
