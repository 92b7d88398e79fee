"""POP/SMTP of one address: what a mail program has to be told, and the address's own password."""

from collections.abc import Iterator, Sequence
from typing import Any

from twisted.web.template import Element, Tag, renderer, tags

from mailsockd.actions.address_passwords import AddressPasswords
from mailsockd.actions.addresses import Addresses
from mailsockd.actions.refusal import Refusal
from mailsockd.dashboard.addresses import settings_path
from mailsockd.dashboard.forms import Field, Fields, with_answers
from mailsockd.dashboard.frame import Frame, elsewhere, signed_in
from mailsockd.dashboard.pages import Request, template
from mailsockd.state.addresses import Address
from mailsockd.web.router import Call, HTTPError, Routes

# What a listener is for, and where it listens.
Listeners = Sequence[tuple[str, Sequence[str]]]
_FIELDS = (
    Field(
        "password",
        "New password",
        kind="password",
        complete="new-password",
        hint="Leave blank to have one made for you. It is shown once.",
    ),
)


class MailPrograms(Element):
    """The page. `made` is a password that was made just now, "" for none."""

    loader = template("address-pop3.xhtml")

    def __init__(
        self, address: Address, listeners: Listeners, fields: Sequence[Field], csrf: str, made: str = ""
    ) -> None:
        super().__init__()
        self._address = address
        self._listeners = listeners
        self._fields = fields
        self._csrf = csrf
        self._made = made

    @renderer
    def page(self, request: Request, tag: Tag) -> Tag:
        """Fill the slots."""
        state = (
            "The address has a password of its own. A key of the account works too."
            if self._address.password
            else "There is not a custom password for this address. A key of the account is its password."
        )
        path = settings_path(self._address.address)
        return tag.fillSlots(
            address=self._address.address, path=path, state=state, csrf=self._csrf, fields=Fields(self._fields)
        )

    @renderer
    def listener(self, request: Request, tag: Tag) -> Iterator[Tag]:
        """Give each protocol and where it is served."""
        for name, places in self._listeners:
            yield tags.dt(name)
            shown = [tags.div(tags.code(place)) for place in places]
            yield tags.dd(*shown) if shown else tags.dd("This server does not offer it.")

    @renderer
    def made(self, request: Request, tag: Tag) -> "Tag | str":
        """Show the password that was made."""
        return tag.fillSlots(password=self._made) if self._made else ""

    @renderer
    def clear(self, request: Request, tag: Tag) -> "Tag | str":
        """Offer to take the password away, when there is one."""
        return tag if self._address.password else ""


class MailProgramRoutes:
    """The pages. `listeners` are those of the configuration."""

    routes = Routes()

    def __init__(
        self, frame: Frame, addresses: Addresses, passwords: AddressPasswords, listeners: Listeners
    ) -> None:
        self._frame = frame
        self._addresses = addresses
        self._passwords = passwords
        self._listeners = listeners

    @routes.get("/addresses/{email}/pop3", open=True, summary="SMTP and POP3 Settings")
    async def show(self, call: Call, email: str) -> Any:
        """Answer what a mail program has to be told."""
        return await self._page(call, email)

    @routes.post("/addresses/{email}/pop3", open=True, summary="Set a new password for mail programs")
    async def set_password(self, call: Call, email: str) -> Any:
        """Set the password that was typed, or one that is made and shown once."""
        typed = call.form()
        password = typed.get("password", "")
        self._own(call, email)
        try:
            _, made = await self._passwords.set(signed_in(call), email, password)
        except Refusal as refusal:
            return await self._page(call, email, fields=with_answers(_FIELDS, typed, refusal.errors), status=400)
        notices = [("good", "The new password holds from now on.")]
        return await self._page(call, email, made="" if password else made, notices=notices)

    @routes.post("/addresses/{email}/pop3/clear", open=True, summary="Take the password for mail programs away")
    async def clear(self, call: Call, email: str) -> Any:
        """Take the password away."""
        address = self._own(call, email)
        await self._passwords.clear(signed_in(call), address.address)
        raise elsewhere(f"{settings_path(address.address)}/pop3")

    def _own(self, call: Call, email: str) -> Address:
        account = signed_in(call)
        try:
            _, address, _ = self._addresses.show(account, email)
        except Refusal:
            address = None
        if address is None or address.owner != account.name:
            raise HTTPError(404, "There is no such address among yours.")
        return address

    async def _page(
        self,
        call: Call,
        email: str,
        *,
        fields: Sequence[Field] = _FIELDS,
        made: str = "",
        status: int = 200,
        notices: Sequence[tuple[str, str]] = (),
    ) -> Any:
        address = self._own(call, email)
        content = MailPrograms(address, self._listeners, fields, self._frame.csrf(call), made)
        title = f"SMTP and POP3 Settings of {address.address}"
        return await self._frame.show(
            call, title, content, module="settings.js", current="/addresses", status=status, notices=notices
        )
