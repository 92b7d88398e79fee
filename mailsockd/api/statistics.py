"""The routes for figures of this server's public inboxes (contract section 1.4)."""

from collections.abc import Callable
from typing import Any

from mailsockd.actions.attachments import find_attachment
from mailsockd.actions.denials import Denials
from mailsockd.actions.ports import Top
from mailsockd.actions.refusal import Refusal
from mailsockd.actions.statistics import Statistics
from mailsockd.api.account_schemas import COUNTED, DENIED, IS_DENIED, NUMBER
from mailsockd.api.answers import DAY as DATE
from mailsockd.api.answers import LIMIT, SKIP, Query, gives, gives_bytes
from mailsockd.api.contents import SANDBOX
from mailsockd.api.messages import limit_of
from mailsockd.api.objects import counts_json
from mailsockd.api.reading import Reading
from mailsockd.api.schemas import MESSAGES
from mailsockd.mail.attachments import attachment_bytes
from mailsockd.web.disposition import saved_as
from mailsockd.web.errors import HTTPError, wrong
from mailsockd.web.router import Call, Reply, Routes

DAY = 86_400
MOST_SKIPPED = 1_000_000

_START = {**DATE, "description": "Only mail received from here on; a day before the end unless said."}
_END = {**DATE, "description": "Only mail received until here; now unless said."}
_RANGE = (Query("startDate", _START), Query("endDate", _END), SKIP, LIMIT)


class StatisticsRoutes:
    """Figures of public mail; `now` gives UTC seconds."""

    routes = Routes(tag="Statistics")

    def __init__(self, statistics: Statistics, denials: Denials, reading: Reading, now: Callable[[], float]) -> None:
        self._statistics = statistics
        self._denials = denials
        self._reading = reading
        self._now = now

    @routes.get(
        "/api/mailstats/top-addresses",
        operation="ListTopPublicAddresses",
        summary="Count public mail by inbox",
        query=_RANGE,
        answers=gives(COUNTED, "The numbers."),
    )
    async def top_addresses(self, call: Call) -> Any:
        """Answer the inboxes with most public mail."""
        return await self._top(call, "addresses")

    @routes.get(
        "/api/mailstats/top-senders",
        operation="ListTopPublicSenders",
        summary="Count public mail by sender",
        query=_RANGE,
        answers=gives(COUNTED, "The numbers."),
    )
    async def top_senders(self, call: Call) -> Any:
        """Answer the senders of most public mail."""
        return await self._top(call, "senders")

    @routes.get(
        "/api/mailstats/top-domains",
        operation="ListTopPublicDomains",
        summary="Count public mail by domain",
        query=_RANGE,
        answers=gives(COUNTED, "The numbers."),
    )
    async def top_domains(self, call: Call) -> Any:
        """Answer the domains with most public mail."""
        return await self._top(call, "domains")

    async def _top(self, call: Call, kind: Top) -> Any:
        start, end = self._dates(call)
        return counts_json(await self._statistics.top(kind, start, end, _skip(call), limit_of(call)))

    @routes.get(
        "/api/mailstats/common-attachments",
        operation="ListPublicAttachments",
        summary="Count public mail by attachment",
        query=(Query("startDate", _START, required=True), Query("endDate", _END, required=True), SKIP, LIMIT),
        answers=gives(COUNTED, "The numbers, by MD5."),
    )
    async def attachments(self, call: Call) -> Any:
        """Answer the MD5s of the attachments of most public mail between two dates, which are needed."""
        missing = tuple(f"{name}: is missing" for name in ("startDate", "endDate") if not call.query(name))
        if missing:
            raise HTTPError(400, "startDate and endDate are needed.", missing)
        start, end = self._dates(call)
        found = await self._statistics.common_attachments(start, end, _skip(call), limit_of(call))
        return counts_json(found)

    @routes.get(
        "/api/mailstats/common-attachments/{md5}/count",
        operation="CountPublicAttachments",
        summary="Count public mail with an attachment",
        answers=gives(NUMBER, "How many, 0 when there is none."),
    )
    async def attachment_count(self, call: Call, md5: str) -> Any:
        """Answer how many public messages have an attachment."""
        return {"n": await self._statistics.attachment_count(md5)}

    @routes.get(
        "/api/mailstats/common-attachments/{md5}",
        operation="ListMessagesForAttachment",
        summary="List public mail with an attachment",
        query=(LIMIT,),
        answers=gives(MESSAGES, "The messages."),
    )
    async def with_attachment(self, call: Call, md5: str) -> Any:
        """Answer public messages that have an attachment, newest first."""
        found = await self._statistics.with_attachment(md5, limit_of(call))
        return await self._reading.listed(found)

    @routes.get(
        "/api/mailstats/common-attachments/{md5}/download",
        operation="DownloadPublicAttachment",
        summary="Download a public attachment",
        answers=gives_bytes("*/*", "The bytes, with the type that the mail gives them."),
        errors={404: "No public message has it."},
    )
    async def download(self, call: Call, md5: str) -> Reply:
        """Answer the bytes of an attachment of public mail; a browser saves them."""
        content = await self._statistics.attachment_content(md5)
        attachment = find_attachment((await self._reading.mail(content)).attachments, md5)
        if attachment is None or attachment.checksum != md5.lower():
            raise Refusal(404, f"There is no public attachment with the MD5 {md5}.")
        size = attachment.end - attachment.start
        data = await self._reading.made(size, lambda: attachment_bytes(content, attachment))
        name = attachment.file_name or attachment.checksum
        return Reply(data, attachment.content_type, headers={**SANDBOX, "Content-Disposition": saved_as(name)})

    @routes.get(
        "/api/mailstats/blacklist",
        operation="Denylist",
        summary="List whom mail is refused from",
        answers=gives(DENIED, "The list."),
    )
    def blacklist(self, call: Call) -> Any:
        """Answer the operator's list: domains, senders, IP addresses and networks."""
        return self._denials.items()

    @routes.get(
        "/api/mailstats/blacklist/{name*}",
        operation="CheckDenylist",
        summary="Tell whether mail from a domain, an address or a URL's host is refused",
        answers=gives(IS_DENIED, "Whether it is."),
    )
    def blacklisted(self, call: Call, name: str) -> Any:
        """Answer whether mail from a domain, an address, an IP address or the host of a URL is refused."""
        return {"blacklisted": self._denials.denied(name)}

    def _dates(self, call: Call) -> tuple[float, float]:
        """Read two dates in their order: without them the last day, without one of them the day beside the other."""
        end = call.date("endDate")
        start = call.date("startDate")
        if end is None:
            end = self._now()
        if start is None:
            start = end - DAY
        if start > end:
            raise wrong("startDate", "must not be after endDate")
        return start, end


def _skip(call: Call) -> int:
    return call.integer("skip", 0, 0, MOST_SKIPPED)
