"""Mail that begins inside the server: a test mail, which then goes the way of all mail."""

from collections.abc import Callable

from mailsockd.actions.receive import Reception, Rejected
from mailsockd.actions.refusal import Refusal
from mailsockd.mail.address import InvalidAddress, canonical
from mailsockd.mail.envelope import Bytes, Envelope

LOOPBACK = "127.0.0.1"


class Injection:
    """Hands mail to the reception as SMTP does. `hostname` is what the trace header names as its client."""

    def __init__(self, reception: Reception, hostname: str, now: Callable[[], float]) -> None:
        self._reception = reception
        self._hostname = hostname
        self._now = now

    async def mail(self, sender: str, recipient: str, content: bytes) -> str:
        """
        Store a mail and have it published; gives its queue id. `sender` "" is the null sender.

        Raises Refusal 400 for what is no address and for a recipient that SMTP would not take either, StorageTrouble.
        """
        sender = _address("from", sender) if sender else ""
        recipient = _address("to", recipient)
        try:
            self._reception.accept(recipient, LOOPBACK)
        except Rejected as rejected:
            raise Refusal(400, f"{rejected.text}.", (f"to: {rejected.text}",)) from rejected
        envelope = Envelope(sender, (recipient,), LOOPBACK, self._hostname, LOOPBACK, self._now())
        return await self._reception.receive(envelope, Bytes(content))


def _address(field: str, text: str) -> str:
    try:
        return canonical(text)
    except InvalidAddress as error:
        raise Refusal(400, f"{text} is not a valid email address", (f"{field}: {error}",)) from error
