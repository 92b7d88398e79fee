"""API Keys & Users: the keys of an account, and the secret of a new one, shown once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import attrs
from twisted.web.template import Element, Tag, renderer

from mailsockd.actions.accounts import AccountActions
from mailsockd.actions.refusal import Refusal
from mailsockd.dashboard.forms import Field, Fields, with_answers
from mailsockd.dashboard.frame import Frame, elsewhere, signed_in
from mailsockd.dashboard.moments import moment
from mailsockd.dashboard.pages import Request, template
from mailsockd.dashboard.shown_once import ShownOnce
from mailsockd.state.accounts import Account, ApiKey
from mailsockd.web.router import Call, HTTPError, Routes
from mailsockd.web.session import session_token

_FIELDS = (
    Field("name", "Name", required=True, placeholder="ci", hint="What uses the key, so that you know it again."),
)
_SAID = {"deleted": "The key was deleted. What used it is refused from now on."}
_SHOWN = "The secret of this key was shown already. If it is lost, regenerate the key."


@attrs.frozen
class Made:
    """A key that was made: its name, and the key in clear."""

    name: str
    key: str


class ApiKeys(Element):
    """The page. `seen` gives when a key was used last, by its digest; `made` is a key that is shown this once."""

    loader = template("api-keys.xhtml")

    def __init__(
        self,
        keys: Sequence[ApiKey],
        seen: Callable[[str], float | None],
        fields: Iterable[Field],
        csrf: str,
        made: Made | None,
        problem: str,
    ) -> None:
        super().__init__()
        self._keys = keys
        self._seen = seen
        self._fields = fields
        self._csrf = csrf
        self._made = made
        self._problem = problem

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        return tag.fillSlots(csrf=self._csrf, fields=Fields(self._fields))

    @renderer
    def made(self, request: Request, tag: Tag) -> "Tag | str":
        """Show the secret."""
        return tag.fillSlots(name=self._made.name, key=self._made.key) if self._made else ""

    @renderer
    def problem(self, request: Request, tag: Tag) -> "Tag | str":
        """Say what was wrong."""
        return tag(self._problem) if self._problem else ""

    @renderer
    def row(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give each key, the newest first."""
        for key in reversed(self._keys):
            at = self._seen(key.digest)
            yield tag.clone().fillSlots(
                name=key.name,
                masked=f"****{key.last}",
                created=moment(key.created),
                used="Never" if at is None else moment(at),
                digest=key.digest,
                csrf=self._csrf,
            )

    @renderer
    def table(self, request: Request, tag: Tag) -> "Tag | str":
        """Show the table when there is something in it."""
        return tag if self._keys else ""

    @renderer
    def empty(self, request: Request, tag: Tag) -> "Tag | str":
        """Say what to do when there is no key."""
        return "" if self._keys else tag


class ApiKeyRoutes:
    """The page and its forms. `seen` gives when a key was used last; `now` gives UTC seconds."""

    routes = Routes()

    def __init__(
        self,
        frame: Frame,
        actions: AccountActions,
        seen: Callable[[str], float | None],
        now: Callable[[], float],
    ) -> None:
        self._frame = frame
        self._actions = actions
        self._seen = seen
        self._made: ShownOnce[Made] = ShownOnce(now)

    @routes.get("/api-keys", open=True, summary="API Keys & Users")
    async def show(self, call: Call) -> Any:
        """Answer the keys; `made` shows a new one's secret, once."""
        account = signed_in(call)
        made, notices = None, [("good", sentence) for name, sentence in _SAID.items() if call.query(name) == "1"]
        if call.query("made"):
            made = self._made.take(session_token(call), call.query("made"))
            notices += [] if made else [("warn", _SHOWN)]
        return await self._page(call, account, made=made, notices=notices)

    @routes.post("/api-keys", open=True, summary="Create an API key")
    async def create(self, call: Call) -> Any:
        """Make a key and go on to the page that shows it."""
        account, typed = signed_in(call), call.form()
        name = typed.get("name", "").strip()
        try:
            if any(key.name == name for key in self._actions.keys(account.name)):
                raise Refusal(400, "No key was made.", ("name: there is a key of this name already",))
            _, key = await self._actions.add_key(account.name, name)
        except Refusal as refusal:
            fields = with_answers(_FIELDS, typed, refusal.errors)
            return await self._page(call, account, fields=fields, refusal=refusal)
        raise self._shown(call, Made(name, key))

    @routes.post("/api-keys/regenerate", open=True, summary="Replace an API key by a new one of the same name")
    async def regenerate(self, call: Call) -> Any:
        """Make a new secret for a key; the old one is refused from then on."""
        account, digest = self._own(call)
        entry, key = await self._actions.regenerate_key(account.name, digest)
        raise self._shown(call, Made(entry.name, key))

    @routes.post("/api-keys/delete", open=True, summary="Delete an API key")
    async def delete(self, call: Call) -> Any:
        """Revoke a key, and close its sockets."""
        account, digest = self._own(call)
        await self._actions.revoke_key(account.name, digest)
        raise elsewhere("/api-keys?deleted=1")

    def _own(self, call: Call) -> tuple[Account, str]:
        """Give the account, and the digest of the key that the form names. Another's is as if it did not exist."""
        account, digest = signed_in(call), call.form().get("key", "")
        if all(key.digest != digest for key in self._actions.keys(account.name)):
            raise HTTPError(404, "There is no such key among yours. It may have been deleted meanwhile.")
        return account, digest

    def _shown(self, call: Call, made: Made) -> HTTPError:
        return elsewhere(f"/api-keys?made={self._made.keep(session_token(call), made)}")

    async def _page(
        self,
        call: Call,
        account: Account,
        *,
        fields: Iterable[Field] = _FIELDS,
        made: Made | None = None,
        refusal: Refusal | None = None,
        notices: Sequence[tuple[str, str]] = (),
    ) -> Any:
        keys, problem = self._actions.keys(account.name), ""
        if refusal is not None and not refusal.errors:
            problem = refusal.message
        content = ApiKeys(keys, self._seen, fields, self._frame.csrf(call), made, problem)
        return await self._frame.show(
            call,
            "API Keys & Users",
            content,
            module="account.js",
            current="/api-keys",
            status=refusal.status if refusal else 200,
            notices=notices,
        )
