"""Account Settings: the password, the privacy of captured mail, the browsers that are signed in, and the way out."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from twisted.web.template import Element, Tag, renderer, tags

from mailsockd.actions.accounts import SHORTEST_PASSWORD, AccountActions
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.sessions import SignIns
from mailsockd.dashboard.browsers import browser_name
from mailsockd.dashboard.forms import Field, Fields, with_answers
from mailsockd.dashboard.frame import Frame, elsewhere, signed_in
from mailsockd.dashboard.moments import moment
from mailsockd.dashboard.pages import Request, template
from mailsockd.state.accounts import Account
from mailsockd.state.sessions import Session, token_digest
from mailsockd.web.router import Call, HTTPError, Routes
from mailsockd.web.session import encrypted, session_token, set_cookie

_PASSWORDS = (
    Field("current", "Current password", kind="password", required=True, complete="current-password"),
    Field(
        "password",
        "New password",
        kind="password",
        required=True,
        complete="new-password",
        hint=f"{SHORTEST_PASSWORD} characters at least. Every other browser is signed out.",
    ),
    Field("again", "New password again", kind="password", required=True, complete="new-password"),
)
_SAID = {
    "password": "The password was changed, and every other browser is signed out.",
    "privacy": "The privacy of captured mail was saved.",
    "ended": "That browser is signed out.",
    "others": "Every other browser is signed out.",
}


class AccountSettings(Element):
    """The page. `own` is the digest of the session that looks at it."""

    loader = template("account.xhtml")

    def __init__(
        self, account: Account, passwords: Iterable[Field], sessions: Sequence[Session], own: str, csrf: str
    ) -> None:
        super().__init__()
        self._account = account
        self._passwords = passwords
        self._sessions = sessions
        self._own = own
        self._csrf = csrf

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        account = self._account
        return tag.fillSlots(
            name=account.name,
            created=moment(account.created),
            csrf=self._csrf,
            passwords=Fields(self._passwords),
            capture=Fields([_capture_field(account)]),
        )

    @renderer
    def fact(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give what else is known of the account."""
        account = self._account
        if account.email:
            yield tags.dt("Email")
            yield tags.dd(account.email)
        for label, limit in (
            ("Private addresses", account.credits),
            ("Operations each month", account.monthly_ops),
            ("Messages kept", account.message_limit or None),
        ):
            yield tags.dt(label)
            yield tags.dd("No limit of its own" if limit is None else f"{limit:,} at most")

    @renderer
    def session(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give each browser, this one first."""
        for session in sorted(self._sessions, key=lambda one: one.digest != self._own):
            own = session.digest == self._own
            yield tag.clone().fillSlots(
                browser=browser_name(session.browser),
                agent=session.browser,
                badge=tags.span("This browser", class_="badge") if own else "",
                peer=session.peer or "unknown",
                created=moment(session.created),
                used=moment(session.used),
                end="" if own else self._end(session),
            )

    @renderer
    def others(self, request: Request, tag: Tag) -> "Tag | str":
        """Offer to sign out everywhere else, when there is anywhere else."""
        return tag.fillSlots(csrf=self._csrf) if any(one.digest != self._own for one in self._sessions) else ""

    def _end(self, session: Session) -> Tag:
        words = f"Sign out {browser_name(session.browser)}, signed in from {session.peer or 'an unknown address'}"
        return tags.form(
            tags.input(type="hidden", name="_csrf", value=self._csrf),
            tags.input(type="hidden", name="session", value=session.digest),
            tags.button("Sign out", type="submit", class_="small", **{"aria-label": words}),
            method="post",
            action="/account/sessions/end",
        )


class AccountPageRoutes:
    """The page and its forms. `seconds` is how long a browser keeps the cookie."""

    routes = Routes()

    def __init__(self, frame: Frame, actions: AccountActions, sign_ins: SignIns, seconds: int) -> None:
        self._frame = frame
        self._actions = actions
        self._sign_ins = sign_ins
        self._seconds = seconds

    @routes.get("/account", open=True, summary="Account Settings")
    async def show(self, call: Call) -> Any:
        """Answer the settings."""
        notices = [("good", sentence) for name, sentence in _SAID.items() if call.query("done") == name]
        return await self._page(call, signed_in(call), notices=notices)

    @routes.post("/account/password", open=True, summary="Change the password")
    async def change_password(self, call: Call) -> Any:
        """Change the password; this browser gets a new session, and all others have none any more."""
        account, typed = signed_in(call), call.form()
        try:
            if typed.get("password") != typed.get("again"):
                raise Refusal(400, "The password was not changed.", ("again: is not the same as the new password",))
            token = await self._sign_ins.change_password(
                account.name, typed.get("current", ""), typed.get("password", ""), call.peer, call.header("User-Agent")
            )
        except Refusal as refusal:
            passwords = with_answers(_PASSWORDS, {}, refusal.errors)
            notices = [] if refusal.errors else [("bad", refusal.message)]
            return await self._page(call, account, passwords, refusal.status, notices)
        raise self._done("password", set_cookie(token, self._seconds, encrypted(call)))

    @routes.post("/account/privacy", open=True, summary="Set the privacy of captured mail")
    async def set_privacy(self, call: Call) -> Any:
        """Set whether what the account captures from now on is its alone."""
        account = signed_in(call)
        await self._actions.set(account.name, capture_private=call.form().get("capturePrivate") == "true")
        raise self._done("privacy")

    @routes.post("/account/sessions/end", open=True, summary="Sign out another browser")
    async def end(self, call: Call) -> Any:
        """End one session of the account."""
        await self._sign_ins.end(signed_in(call).name, call.form().get("session", ""))
        raise self._done("ended")

    @routes.post("/account/sessions/end-others", open=True, summary="Sign out everywhere else")
    async def end_others(self, call: Call) -> Any:
        """End all sessions but the one that asks."""
        await self._sign_ins.end_all(signed_in(call).name, session_token(call))
        raise self._done("others")

    @staticmethod
    def _done(what: str, cookie: str = "") -> HTTPError:
        error = elsewhere(f"/account?done={what}")
        if cookie:
            error.headers = {**error.headers, "Set-Cookie": cookie}
        return error

    async def _page(
        self,
        call: Call,
        account: Account,
        passwords: Iterable[Field] = _PASSWORDS,
        status: int = 200,
        notices: Sequence[tuple[str, str]] = (),
    ) -> Any:
        own = token_digest(session_token(call))
        content = AccountSettings(account, passwords, self._sign_ins.of(account.name), own, self._frame.csrf(call))
        return await self._frame.show(
            call,
            "Account Settings",
            content,
            module="account.js",
            current="/account",
            status=status,
            notices=notices,
        )


def _capture_field(account: Account) -> Field:
    hint = (
        "Mail that you send to the capture port is on your web sockets either way. With this, what is captured from "
        "now on is seen by you alone; without it, it is public like the mail of any inbox that nobody has reserved."
    )
    ticked = "true" if account.capture_private else ""
    return Field("capturePrivate", "Make Captured Email Private", ticked, "tick", hint)
