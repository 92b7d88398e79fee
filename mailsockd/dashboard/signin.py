"""Signing in and out."""

from collections.abc import Iterable
from typing import Any

from twisted.web.template import Element, Tag, renderer

from mailsockd.actions.refusal import Refusal
from mailsockd.actions.sessions import SignIns
from mailsockd.dashboard.forms import Field, Fields, with_answers
from mailsockd.dashboard.frame import Frame, elsewhere, local_path
from mailsockd.dashboard.pages import Request, template
from mailsockd.state.accounts import Account
from mailsockd.web.router import Call, Routes
from mailsockd.web.session import Browsers, encrypted, session_token, set_cookie

_FIELDS = (
    Field("name", "User name", required=True, complete="username", focus=True),
    Field("password", "Password", kind="password", required=True, complete="current-password"),
)


class SignInPage(Element):
    """The form. `next` is where to go afterwards; `problem` says what was wrong with the last try."""

    loader = template("signin.xhtml")

    def __init__(self, fields: Iterable[Field], next: str, problem: str = "") -> None:
        super().__init__()
        self._fields = fields
        self._next = next
        self._problem = problem

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        return tag.fillSlots(next=self._next, fields=Fields(self._fields))

    @renderer
    def problem(self, request: Request, tag: Tag) -> "Tag | str":
        """Say what was wrong."""
        return tag(self._problem) if self._problem else ""


class SignInRoutes:
    """`seconds` is how long a browser keeps the cookie."""

    routes = Routes()

    def __init__(self, frame: Frame, sign_ins: SignIns, browsers: Browsers, seconds: int) -> None:
        self._frame = frame
        self._sign_ins = sign_ins
        self._browsers = browsers
        self._seconds = seconds

    @routes.get("/login", open=True, summary="Sign in")
    async def form(self, call: Call) -> Any:
        """Answer the form; who is signed in already goes on."""
        next = local_path(call.query("next"), "/dashboard")
        if isinstance(call.caller, Account):
            raise elsewhere(next)
        return await self._frame.show(call, "Sign In", SignInPage(_FIELDS, next), current="/login")

    @routes.post("/login", open=True, summary="Sign in")
    async def sign_in(self, call: Call) -> Any:
        """Begin a new session, end the one that the browser had, and go on."""
        # There is no session yet that a token could be made of, but a page of another site must not sign anybody in.
        self._browsers.check_origin(call)
        typed = {name: value for name, value in call.body().items() if isinstance(value, str)}
        next = local_path(typed.get("next", ""), "/dashboard")
        try:
            token = await self._sign_ins.sign_in(
                typed.get("name", ""), typed.get("password", ""), call.peer, call.header("User-Agent")
            )
        except Refusal as refusal:
            page = SignInPage(with_answers(_FIELDS, typed, refusal.errors), next, refusal.message)
            return await self._frame.show(call, "Sign In", page, current="/login", status=refusal.status)
        await self._sign_ins.sign_out(session_token(call))  # nobody has it any more
        error = elsewhere(next)
        error.headers = {**error.headers, "Set-Cookie": set_cookie(token, self._seconds, encrypted(call))}
        raise error

    @routes.post("/logout", open=True, summary="Sign out")
    async def sign_out(self, call: Call) -> Any:
        """End the session, here and in the browser."""
        await self._sign_ins.sign_out(session_token(call))
        error = elsewhere("/login")
        error.headers = {**error.headers, "Set-Cookie": set_cookie("", 0, encrypted(call))}
        raise error

