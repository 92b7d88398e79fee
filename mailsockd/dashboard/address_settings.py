"""The settings of one address: its note, where its mail goes on to, its mail programs, and the way to give it up."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from twisted.web.template import Element, Tag, renderer

from mailsockd.actions.addresses import Addresses
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.settings import Setting, changes
from mailsockd.actions.webhooks import Try, Webhooks
from mailsockd.dashboard.addresses import badges, settings_path
from mailsockd.dashboard.forms import Field, Fields, with_answers
from mailsockd.dashboard.frame import Frame, elsewhere, signed_in
from mailsockd.dashboard.pages import Request, template
from mailsockd.state.accounts import Account
from mailsockd.state.addresses import Address, AddressBook
from mailsockd.state.deliveries import Trial
from mailsockd.web.router import Call, HTTPError, Routes

_FLAGS = ("enablews", "webhookSlackToFrom")
_SAID = {
    "saved": "The settings were saved.",
    "reserved": "The address is yours. Say here where its mail goes on to.",
    "rotated": "There is a new secret. For a day the old one signs beside it.",
}


class AddressSettings(Element):
    """
    The page. `info` and `forwarding` are the fields of its two forms; `secret` is that of the webhook, "" without one.
    """

    loader = template("address-settings.xhtml")

    def __init__(
        self, address: Address, alias: str, csrf: str, info: Iterable[Field], forwarding: Iterable[Field], secret: str
    ) -> None:
        super().__init__()
        self._address = address
        self._alias = alias
        self._csrf = csrf
        self._info = info
        self._forwarding = forwarding
        self._secret = secret

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        path = settings_path(self._address.address)
        return tag.fillSlots(
            address=self._address.address,
            badges=[(badge, " ") for badge in badges(self._address)],
            alias=self._alias,
            path=path,
            pop3=f"{path}/pop3",
            test=f"/websocket-test?addresses={quote(self._address.address, safe='@')}",
            activity=f"/activity?address={quote(self._address.address, safe='@')}",
            deliveries=f"/deliveries?address={quote(self._address.address, safe='@')}",
            csrf=self._csrf,
            info=Fields(self._info),
            forwarding=Fields(self._forwarding),
        )

    @renderer
    def webhook(self, request: Request, tag: Tag) -> "Tag | str":
        """Show the secret of the webhook and its tools, when there is a webhook."""
        return tag.fillSlots(secret=self._secret) if self._secret else ""


class SettingsRoutes:
    """The pages of one address. `settings` are those that the channels know; `attempt` tries a webhook."""

    routes = Routes()

    def __init__(
        self,
        frame: Frame,
        addresses: Addresses,
        book: AddressBook,
        settings: Sequence[Setting],
        webhooks: Webhooks,
        attempt: Try,
    ) -> None:
        self._frame = frame
        self._addresses = addresses
        self._book = book
        self._settings = settings
        self._webhooks = webhooks
        self._attempt = attempt

    @routes.get("/addresses/{email}", open=True, summary="Email Address Settings")
    async def show(self, call: Call, email: str) -> Any:
        """Answer the settings."""
        notices = [("good", sentence) for name, sentence in _SAID.items() if call.query(name) == "1"]
        return await self._page(call, self._own(signed_in(call), email), notices=notices)

    @routes.post("/addresses/{email}/info", open=True, summary="Save the note")
    async def save_info(self, call: Call, email: str) -> Any:
        """Save the note."""
        return await self._save(call, email, {"info": call.form().get("info", "").strip()})

    @routes.post("/addresses/{email}/forwarding", open=True, summary="Save where mail goes on to")
    async def save_forwarding(self, call: Call, email: str) -> Any:
        """Save all settings of the form: a box that is not ticked is not sent, and is off."""
        typed = call.form()
        body = {one.setting: typed.get(one.setting, "").strip() for one in self._settings}
        return await self._save(call, email, {**body, **{name: typed.get(name, "false") for name in _FLAGS}})

    @routes.post("/addresses/{email}/webhook-test", open=True, summary="Try the webhook")
    async def try_webhook(self, call: Call, email: str) -> Any:
        """Send a made-up message to the webhook, and say what came of it."""
        account = signed_in(call)
        address = self._own(account, email)
        try:
            trial = await self._webhooks.test(account, address.address, self._attempt)
        except Refusal as refusal:
            return await self._page(call, address, refusal.status, notices=[("bad", refusal.message)])
        return await self._page(call, address, notices=[("good" if trial.delivered else "bad", _words(trial))])

    @routes.post("/addresses/{email}/webhook-secret", open=True, summary="Make a new secret for the webhook")
    async def rotate(self, call: Call, email: str) -> Any:
        """Replace the secret."""
        address, _ = await self._webhooks.rotate(signed_in(call), email)
        raise elsewhere(f"{settings_path(address.address)}?rotated=1")

    @routes.post("/addresses/{email}/release", open=True, summary="Release the address")
    async def release(self, call: Call, email: str) -> Any:
        """Give the address up; with `empty` all its mail is deleted."""
        empty = call.form().get("empty") == "true"
        await self._addresses.release(signed_in(call), email, empty)
        raise elsewhere("/addresses?released=1")

    def _own(self, account: Account, email: str) -> Address:
        """Give an address of the visitor's. Another's is answered as if it did not exist."""
        try:
            _, address, _ = self._addresses.show(account, email)
        except Refusal:
            raise HTTPError(404, "There is no such address among yours.") from None
        if address is None or address.owner != account.name:
            raise HTTPError(404, "There is no such address among yours.")
        return address

    async def _save(self, call: Call, email: str, body: Mapping[str, str]) -> Any:
        account = signed_in(call)
        address = self._own(account, email)
        try:
            known = {one.setting for one in self._settings}
            wanted = changes(
                {name: value for name, value in body.items() if name in known or name == "info"},
                self._settings,
                account.name,
            )
            await self._addresses.update(account, address.address, wanted)
        except Refusal as refusal:
            problem = "Nothing was saved: look at the fields that are marked."
            return await self._page(call, address, refusal.status, body, refusal, [("bad", problem)])
        raise elsewhere(f"{settings_path(address.address)}?saved=1")

    async def _page(
        self,
        call: Call,
        address: Address,
        status: int = 200,
        typed: Mapping[str, str] | None = None,
        refusal: Refusal | None = None,
        notices: Sequence[tuple[str, str]] = (),
    ) -> Any:
        errors = refusal.errors if refusal else ()
        info, forwarding = self._info_fields(address), self._forwarding_fields(address)
        if typed is not None and "info" in typed:
            info = with_answers(info, typed, errors)
        elif typed is not None:
            forwarding = with_answers(forwarding, {**typed, **_ticked(typed)}, errors)
        secret = ""
        if address.settings.get("webhook"):
            secret = (await self._webhooks.secret(signed_in(call), address.address))[1].current
        alias = f"{self._book.alias(address.address)}@{address.address.rpartition('@')[2]}"
        content = AddressSettings(address, alias, self._frame.csrf(call), info, forwarding, secret)
        return await self._frame.show(
            call,
            f"Settings of {address.address}",
            content,
            module="settings.js",
            current="/addresses",
            status=status,
            notices=notices,
        )

    def _info_fields(self, address: Address) -> list[Field]:
        return [Field("info", "Note", address.info, hint="For yourself: what the address is for.")]

    def _forwarding_fields(self, address: Address) -> list[Field]:
        known = {one.setting for one in self._settings}

        def value(name: str) -> str:
            found = address.settings.get(name)
            return found if isinstance(found, str) else "true" if found else ""

        others = [one.address for one in self._book.of(address.owner) if one.address != address.address]
        forward = value("forward")
        choices = [("", "-- No forwarding --"), *((one, one) for one in dict.fromkeys([*others, forward]) if one)]
        fields = [
            Field("forward", "Forward to Another Email Address", forward, "choice", choices=choices),
            Field(
                "webhookSlack",
                "Forward to Slack",
                value("webhookSlack"),
                "url",
                "Leave blank to disable Slack webhooks.",
                placeholder="https://hooks.slack.com/services/…",
            ),
            Field("webhookSlackToFrom", "Show sender and recipient in Slack", value("webhookSlackToFrom"), "tick"),
            Field(
                "webhook",
                "Forward to Custom Webhook",
                value("webhook"),
                "url",
                "Leave blank to disable webhooks.",
                placeholder="https://example.org/mail",
            ),
            Field("enablews", "Forward all incoming emails via web socket", value("enablews"), "tick"),
        ]
        return [field for field in fields if field.name in known]


def _ticked(typed: Mapping[str, str]) -> dict[str, str]:
    """Give the boxes as a form shows them: what is not ticked is empty."""
    return {name: "true" if typed.get(name) == "true" else "" for name in _FLAGS}


def _words(trial: Trial) -> str:
    done = "The webhook took the test" if trial.delivered else "The webhook did not take the test"
    return f"{done} ({trial.milliseconds:,} ms): {trial.reason}"
