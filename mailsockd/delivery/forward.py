"""The channel `forward`: to another inbox of the account, or by the relay to anybody (contract section 3.3)."""

from collections.abc import Sequence

from mailsockd.actions.forward import Forwarding
from mailsockd.actions.onward import AlreadySettled
from mailsockd.actions.ports import StorageTrouble
from mailsockd.actions.registry import Registry
from mailsockd.actions.rights import Rights
from mailsockd.delivery.channel import Delivered, Outcome, Parcel, Postponed, Setting, Undeliverable
from mailsockd.delivery.lines import Lane
from mailsockd.delivery.relay import Relay
from mailsockd.delivery.relay_limits import MOST_HOPS, RECEIVED_FIELDS, TRY_SECONDS
from mailsockd.delivery.relaying import Letter, letter
from mailsockd.mail.address import InvalidAddress, canonical, domain_of
from mailsockd.mail.hops import forwarded_by, forwarded_header, servers_passed
from mailsockd.mail.stored import Message
from mailsockd.mail.trace import with_trace
from mailsockd.state.activity import ActivityLog, Kind
from mailsockd.state.addresses import Address
from mailsockd.state.deliveries import Line


class ForwardSetting:
    """The setting `forward` of an address. `relay` None lets nothing leave the house."""

    setting = "forward"

    def __init__(self, registry: Registry, rights: Rights, relay: Relay | None) -> None:
        self._registry = registry
        self._rights = rights
        self._relay = relay

    def check(self, value: object, account: str) -> str | None:
        """Give the inbox of the account, or the address outside, that is named. Raises ValueError."""
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise ValueError("must be an email address")
        try:
            target = canonical(value.strip())
        except InvalidAddress as error:
            raise ValueError(f"is not a valid email address: {error}") from error
        return self.inside(target, account) or target

    def inside(self, target: str, account: str) -> str | None:
        """
        Give the inbox of the account that a canonical address names, None for an address outside.

        Raises ValueError for one of this server that is not the account's, and one outside that is not sent to.
        """
        inbox = self._registry.book.inbox_of(target)
        if self._rights.owner(inbox) == account:
            return inbox
        # One text whether it is another's or nobody's.
        if self._registry.domains.served(domain_of(inbox)) or self._registry.book.get(inbox) is not None:
            raise ValueError(f"must be an address of this account, and {target} is none")
        if self._relay is None:
            raise ValueError(
                f"must be an address of this account: {target} is not on this server, and no relay is configured "
                "(relay.host)"
            )
        refusal = self._relay.refusal(target)
        if refusal:
            raise ValueError(f"must not be {target}: {refusal}")
        return None


class ForwardChannel:
    """Forwards. `hostname` is what this server calls itself in what it puts before mail that leaves."""

    name = "forward"
    by_setting = True
    patience = TRY_SECONDS

    def __init__(
        self,
        setting: ForwardSetting,
        forwarding: Forwarding,
        relay: Relay | None,
        activity: ActivityLog,
        *,
        hostname: str,
    ) -> None:
        self._setting = setting
        self.settings: Sequence[Setting] = (setting,)
        self._forwarding = forwarding
        self._relay = relay
        self._activity = activity
        self._hostname = hostname

    def lane(self, line: Line) -> Lane | None:
        """Give that of the relay for a target outside."""
        try:
            outside = self._setting.inside(line.target, line.account) is None
        except ValueError:
            outside = False
        return self._relay.lane if self._relay is not None and outside else None

    def target(self, address: Address) -> str | None:
        """Give where an address forwards to."""
        target = address.settings.get("forward")
        return target if isinstance(target, str) else None

    async def send(self, parcel: Parcel) -> Outcome:
        """Forward one message once."""
        delivery = parcel.delivery
        try:
            inbox = self._setting.inside(canonical(delivery.target), delivery.account)
        except ValueError as error:  # rights and settings are others than when it was set
            return Undeliverable(f"the target {error}")
        return await (self._leave(parcel) if inbox is None else self._stay(parcel, inbox))

    async def _stay(self, parcel: Parcel, inbox: str) -> Outcome:
        message = parcel.message
        visited = (*parcel.delivery.trail, message.inbox)
        if inbox == message.inbox:  # of a catch-all that forwards to an address of its own domain
            return Delivered(f"the mail is in {inbox} already")
        if inbox in visited:
            return Undeliverable(f"it would go round: the mail has been in {inbox} already")
        if len(visited) > MOST_HOPS:
            return Undeliverable(f"the mail has been forwarded {MOST_HOPS} times, and is not forwarded again")
        try:
            id = await self._forwarding.store(parcel.delivery, message, parcel.content, inbox)
        except AlreadySettled:
            return Delivered("it was stored before")
        except StorageTrouble:
            return Postponed("the mail could not be stored")
        self._tell(parcel, f"to {inbox}, where it is {id}")
        return Delivered(f"stored in {inbox}")

    async def _leave(self, parcel: Parcel) -> Outcome:
        relay = self._relay
        if relay is None:
            return Undeliverable("no relay is configured (relay.host)")
        found: Letter | Undeliverable = await relay.apart(parcel.content, self._letter, parcel, relay.settings.sender)
        if isinstance(found, Undeliverable):
            return found
        outcome = await relay.send(found)
        if isinstance(outcome, Delivered):
            self._tell(parcel, f"to {parcel.delivery.target} by the relay, which answered {outcome.detail}")
        return outcome

    def _letter(self, parcel: Parcel, sender: str) -> Letter | Undeliverable:
        message, content = parcel.message, parcel.content
        if forwarded_by(content, self._hostname):
            return Undeliverable("it would go round: this server has forwarded the mail before")
        if servers_passed(content) > RECEIVED_FIELDS:
            return Undeliverable(f"the mail has passed more than {RECEIVED_FIELDS} servers")
        marked = forwarded_header(self._hostname) + with_trace(message, content, self._hostname)
        return letter(_sender(parcel.address, message, sender), canonical(parcel.delivery.target), marked)

    def _tell(self, parcel: Parcel, text: str) -> None:
        message = parcel.message
        self._activity.record(
            Kind.FORWARDED,
            account=parcel.delivery.account,
            address=message.inbox,
            message=message.id,
            text=text,
            channel=self.name,
        )


def _sender(address: Address, message: Message, configured: str) -> str:
    """
    Give the envelope sender of what leaves: an address here, so that what comes back comes back here.

    The null sender stays: what has it is an answer that nobody may answer (RFC 5321 section 4.5.5).
    """
    if not message.sender:
        return ""
    if configured:
        return configured
    return message.original if address.address.startswith("*@") else address.address
