"""The metrics as Prometheus asks for them, on a listener of their own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from mailsockd.actions.health import Check, Health
from mailsockd.measures import BOUNDS, Measures, Times
from mailsockd.state.activity import Kind
from mailsockd.web.router import Call, Reply, Routes


class MetricsRoutes:
    """Everything that is measured, in Prometheus's text format."""

    routes = Routes()

    def __init__(self, health: Health, measures: Measures) -> None:
        self._collected = Collected(health, measures)
        self._registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self._registry)
        self._registry.register(self._collected)
        self._health = health

    @routes.get("/metrics", open=True)
    async def metrics(self, call: Call) -> Any:
        """Answer the metrics; the writer is asked whether it answers before."""
        self._collected.checks = await self._health.checks()
        return Reply(generate_latest(self._registry), CONTENT_TYPE_LATEST)


class Collected:
    """Makes metrics of the numbers when they are asked for, and no earlier."""

    def __init__(self, health: Health, measures: Measures) -> None:
        self._health = health
        self._measures = measures
        self.checks: Sequence[Check] = ()

    def describe(self) -> Iterable[Any]:
        """Nothing is said before it is known: the registry asks only for names that might be taken twice."""
        return ()

    def collect(self) -> Iterator[Any]:
        """Give every metric."""
        measures, now, condition = self._measures, self._health.now, self._health.condition()
        yield _labelled("mailsockd_info", "What runs.", "version", {condition.facts.version: 1})
        yield _gauge("mailsockd_uptime_seconds", "Seconds since the start.", condition.uptime)
        checks = {check.name: float(not check.trouble) for check in self.checks}
        yield _labelled("mailsockd_check", "1 when it is as it should be.", "check", checks)

        yield _counter("mailsockd_mails_received", "Mails taken, however many inboxes got them.", measures.mails)
        yield _counter("mailsockd_received_bytes", "Bytes of the mails taken.", measures.bytes)
        stored = measures.events[Kind.STORED]
        yield _counter("mailsockd_messages_stored", "Messages stored, one for each inbox of a mail.", stored)
        yield _counters("mailsockd_rejected", "Commands of SMTP that were refused.", "code", measures.rejected)
        events = {kind.value: measures.events[kind] for kind in Kind}
        yield _counters("mailsockd_events", "What happened, as the activity has it.", "kind", events)

        text = "Seconds from the end of a mail's data until the disk has it."
        yield _histogram("mailsockd_store_seconds", text, measures.stored)
        text = "Seconds from the end of a mail's data to the first write to the sockets that get it."
        yield _histogram("mailsockd_publish_seconds", text, measures.published)
        yield _histogram("mailsockd_commit_seconds", "Seconds of one go of the mailbox's writer.", measures.committed)
        yield _counter("mailsockd_committed_jobs", "What the writer did, in all goes together.", measures.jobs)
        text = "How late the reactor is, looked at twice a second."
        yield _histogram("mailsockd_reactor_lag_seconds", text, measures.lag)

        yield _gauge("mailsockd_web_sockets", "Web sockets that listen.", condition.sockets)
        yield _gauge("mailsockd_deliveries_waiting", "Deliveries to web hooks and others that wait.", condition.queued)
        yield _gauge("mailsockd_accounts", "Accounts.", condition.accounts)
        yield _gauge("mailsockd_addresses", "Reserved addresses.", condition.addresses)
        yield _gauge("mailsockd_store_bytes", "Bytes of the mailbox's file.", condition.stored)
        yield _gauge("mailsockd_store_limit_bytes", "retention.total_bytes, 0 for none.", condition.stored_limit)
        yield _gauge("mailsockd_disk_free_bytes", "Bytes that the disk has left.", condition.free_disk)
        days = {one.file: (one.ends - now) / 86_400 for one in condition.certificates}
        yield _labelled("mailsockd_certificate_days", "Days until a certificate ends.", "file", days)


def _gauge(name: str, text: str, value: float) -> Any:
    return GaugeMetricFamily(name, text, value)


def _labelled(name: str, text: str, label: str, values: Mapping[str, float]) -> Any:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _counter(name: str, text: str, value: float) -> Any:
    return CounterMetricFamily(name, text, value)


def _counters(name: str, text: str, label: str, values: Mapping[str, float]) -> Any:
    family = CounterMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _histogram(name: str, text: str, times: Times) -> Any:
    names = [*(str(bound) for bound in BOUNDS), "+Inf"]
    buckets = list(zip(names, accumulate(times.counts), strict=True))
    return HistogramMetricFamily(name, text, buckets, times.sum)
