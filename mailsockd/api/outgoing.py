"""The route that sends (contract section 1.3)."""

from typing import Any

from mailsockd.actions.outgoing import WRITTEN_IN_REACTOR, Sending
from mailsockd.actions.parsing import InThread
from mailsockd.api.account_schemas import SENT
from mailsockd.api.answers import Body, gives
from mailsockd.api.bodies import OUTGOING
from mailsockd.api.draft import outgoing
from mailsockd.web.router import Call, Routes


class OutgoingRoutes:
    """Sending mail."""

    routes = Routes(tag="Sending")

    def __init__(self, sending: Sending, in_thread: InThread) -> None:
        self._sending = sending
        self._in_thread = in_thread

    @routes.post(
        "/api/outgoing-messages",
        body="mail",
        operation="SendMessage",
        summary="Send a mail to up to three recipients",
        takes=Body(OUTGOING, required=True),
        answers=gives(SENT, "The mail is delivered, and what leaves by the relay is stored to be sent."),
    )
    async def send(self, call: Call) -> Any:
        """Write a mail, deliver it in the domains that are served here, and leave what is for others to the relay."""
        body, form = call.body(), call.is_form
        if call.body_size <= WRITTEN_IN_REACTOR:
            wanted = outgoing(body, form)
        else:
            wanted = await self._in_thread(lambda: outgoing(body, form))
        sent = await self._sending.send(call.caller, wanted)
        return {"from": sent.sender, "to": list(sent.to), "id": f"fe-{sent.id}"}
