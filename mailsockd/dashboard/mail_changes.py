"""What the forms of the mail pages change: one message or several at once; and the way to an inbox by its name."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from mailsockd.actions.flags import Flags
from mailsockd.actions.messages import Messages
from mailsockd.actions.refusal import Refusal
from mailsockd.dashboard.frame import elsewhere, local_path, signed_in
from mailsockd.dashboard.mail_query import inbox_path
from mailsockd.mail.stored import Message
from mailsockd.state.accounts import Account
from mailsockd.web.router import Call, HTTPError, Routes

MOST_AT_ONCE = 100
LONGEST = 1000  # characters of what names a message

Change = Callable[[str, str], Awaitable[Message]]


class MailChangeRoutes:
    """The forms. `domain` is where an address without one is."""

    routes = Routes()

    def __init__(self, messages: Messages, flags: Flags, domain: str) -> None:
        self._messages = messages
        self._flags = flags
        self._domain = domain

    @routes.get("/check-mail", open=True, summary="Check the mail!")
    def check(self, call: Call) -> Any:
        """Lead to the inbox of `local` at `domain`, or of `email`."""
        email = call.query("email", literal_plus=True).strip()
        if not email:
            email = call.query("local", literal_plus=True).strip()
            if "@" not in email:
                email = f"{email}@{call.query('domain').strip() or self._domain}"
        if email.startswith("@") or len(email) > 320:
            raise elsewhere("/")
        raise elsewhere(inbox_path(email))

    @routes.post("/mail", open=True, summary="Change messages")
    async def change(self, call: Call) -> Any:
        """
        Do something with one or several messages, and go back.

        `message` names each, as `inbox/id`; `do` is read, unread, star, unstar, move, label or delete. `star` toggles
        the star of the message that it names, and `unlabel` takes a label. What is no longer there is left alone.
        """
        account, typed = signed_in(call), call.form()
        back = local_path(typed.get("back", ""), "/app")
        names = _names(call.body().get("message"))
        do = typed.get("do", "")
        if "star" in typed:
            names, change = _names(typed["star"]), self._toggle(account)
        elif "unlabel" in typed:
            change = self._without(account, typed["unlabel"])
        else:
            change = self._change(call, account, do, typed)
        if not names:
            raise elsewhere(_with(back, "none", 0))
        try:
            done = await _each(names, change)
        except Refusal as refusal:
            if refusal.status != 400 or do != "label":
                raise
            raise elsewhere(_with(back, "label", 1)) from refusal
        if do == "delete" and "star" not in typed and "unlabel" not in typed:
            raise elsewhere(_with(local_path(typed.get("list", ""), back), "deleted", done))
        raise elsewhere(_with(back, "moved", done) if do == "move" else back)

    def _toggle(self, account: Account) -> Change:
        return lambda inbox, id: self._flags.star(account, inbox, id)

    def _without(self, account: Account, label: str) -> Change:
        return lambda inbox, id: self._flags.remove_label(account, inbox, id, label)

    def _change(self, call: Call, account: Account, do: str, typed: dict[str, str]) -> Change:
        flags = self._flags
        changes: dict[str, Change] = {
            "read": lambda inbox, id: flags.mark(account, inbox, id, True),
            "unread": lambda inbox, id: flags.mark(account, inbox, id, False),
            "star": lambda inbox, id: flags.set_star(account, inbox, id, True),
            "unstar": lambda inbox, id: flags.set_star(account, inbox, id, False),
            "move": lambda inbox, id: flags.move(account, inbox, id, typed.get("folder", "")),
            "label": lambda inbox, id: flags.add_label(account, inbox, id, typed.get("label", "").strip()),
            "delete": lambda inbox, id: self._messages.delete(account, inbox, id, call.peer),
        }
        if do not in changes:
            raise HTTPError(400, "There is no such change.", ("do: is not known",))
        return changes[do]


async def _each(names: Sequence[tuple[str, str]], change: Change) -> int:
    """Change each message that is there; gives how many."""
    done = 0
    for inbox, id in names:
        try:
            await change(inbox, id)
            done += 1
        except Refusal as refusal:
            if refusal.status != 404:
                raise
    return done


def _names(given: object) -> list[tuple[str, str]]:
    """Give inbox and id of each message that a form names. Raises HTTPError 400 for too many."""
    items = given if isinstance(given, list) else [given]
    found = []
    for item in items:
        if isinstance(item, str) and len(item) <= LONGEST:
            inbox, slash, id = item.rpartition("/")
            if slash and inbox and id:
                found.append((inbox, id))
    if len(found) > MOST_AT_ONCE:
        raise HTTPError(400, f"{MOST_AT_ONCE} messages at once are the most.")
    return found


def _with(path: str, done: str, count: int) -> str:
    return f"{path}{'&' if '?' in path else '?'}{urlencode({'done': done, 'n': count})}"
