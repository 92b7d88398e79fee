"""Hints of new mail for the pages that are open, as server-sent events: a page that gets one looks again."""

from collections.abc import Callable
from typing import Any

import attrs
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from mailsockd.actions.hints import Hint, Hints
from mailsockd.actions.sessions import SignIns
from mailsockd.state.accounts import Account
from mailsockd.state.sessions import token_digest
from mailsockd.web.router import Call, HTTPError, Routes
from mailsockd.web.session import session_token
from mailsockd.web.stream import Stream

# A burst of mail is told of a few times a second, and of what comes at once only so many are named.
PAUSE = 0.25
NAMED = 50


class HintRoutes:
    """The stream. It ends with the session that it was opened in."""

    routes = Routes()

    def __init__(self, hints: Hints, sign_ins: SignIns, clock: IReactorTime) -> None:
        self._hints = hints
        self._clock = clock
        self._open: dict[str, set[Stream]] = {}
        sign_ins.listen(self._over)

    @routes.get("/events", open=True, summary="Hints of new mail, as server-sent events")
    def events(self, call: Call) -> Any:
        """
        Answer `mail` events `{"mails": [{"inbox", "id", "seq"}], "more": bool}`, of the inbox that `inbox` names, else
        of all mail of the account; `missed` when some were lost.

        Nobody is sent to sign in, since no page would be shown: 401.
        """
        account = call.caller
        if not isinstance(account, Account):
            raise HTTPError(401, "Sign in to be told of new mail.")
        email = call.query("inbox")
        self._hints.check(account, email)
        session = token_digest(session_token(call))

        def attend(stream: Stream) -> Callable[[], None]:
            told = _Told(self._clock, stream)
            leave = self._hints.follow(account, email, told.hear)
            self._open.setdefault(session, set()).add(stream)

            def over() -> None:
                leave()
                told.end()
                self._open[session].discard(stream)
                if not self._open[session]:
                    del self._open[session]

            return over

        return Stream(self._clock, attend)

    def _over(self, sessions: frozenset[str]) -> None:
        for session in sessions:
            for stream in tuple(self._open.get(session, ())):
                stream.end()


@attrs.define(eq=False)
class _Told:
    """One page: hints are sent at once, and in a burst together."""

    _clock: IReactorTime
    _stream: Stream
    _waiting: list[Hint] = attrs.field(factory=list)
    _more: bool = False
    _pause: "IDelayedCall | None" = None

    def hear(self, hint: Hint) -> None:
        if len(self._waiting) < NAMED:
            self._waiting.append(hint)
        else:
            self._more = True
        if self._pause is None:
            self._tell()

    def end(self) -> None:
        if self._pause is not None:
            self._pause.cancel()

    def _tell(self) -> None:
        self._pause = None
        if self._waiting:
            self._pause = self._clock.callLater(PAUSE, self._tell)
            mails, more = [attrs.asdict(hint) for hint in self._waiting], self._more
            self._waiting, self._more = [], False
            self._stream.send("mail", {"mails": mails, "more": more})
