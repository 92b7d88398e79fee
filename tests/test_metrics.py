"""The metrics in Prometheus's format, read by its own parser."""

from prometheus_client.parser import text_string_to_metric_families

from mailsockd.actions.health import Served
from mailsockd.measures import Measures
from mailsockd.metrics import MetricsRoutes
from mailsockd.state.activity import Event, Kind
from mailsockd.web.router import Router
from tests.actions.test_health import House
from tests.web.talk import Talk, request


def asked(house: House, measures: Measures) -> dict[str, float]:
    """Ask for the metrics; give each sample by its name and labels."""
    talk = Talk(Router(MetricsRoutes(house.health, measures)))
    talk.send(request("GET", "/metrics"))
    (answer,) = talk.answers()
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    found = {}
    for family in text_string_to_metric_families(answer.body.decode()):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sample.labels.items())
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def test_everything_is_told() -> None:
    """Counters, histograms and gauges are those of the numbers, the certificates' days and the checks too."""
    house, measures = House(), Measures()
    house.served = [Served("/a.pem", ("a.test",), 1000.0 + 1.5 * 86_400)]
    house.down = ["127.0.0.1:1025 (smtp.listen)"]
    measures.hear(Event(Kind.STORED, 1.0, message="a-0", count=700, milliseconds=1.5))
    measures.hear(Event(Kind.REJECTED, 1.0, text="550 5.1.1 no"))
    measures.batch_committed(0.004, 3)
    found = asked(house, measures)
    expected = {
        "mailsockd_info{version=1}": 1,
        "mailsockd_uptime_seconds": 10,
        "mailsockd_check{check=writer}": 1,
        "mailsockd_check{check=listeners}": 0,
        "mailsockd_mails_received_total": 1,
        "mailsockd_received_bytes_total": 700,
        "mailsockd_messages_stored_total": 1,
        "mailsockd_rejected_total{code=550}": 1,
        "mailsockd_events_total{kind=stored}": 1,
        "mailsockd_events_total{kind=evicted}": 0,
        "mailsockd_store_seconds_bucket{le=0.001}": 0,
        "mailsockd_store_seconds_bucket{le=0.002}": 1,
        "mailsockd_store_seconds_bucket{le=+Inf}": 1,
        "mailsockd_store_seconds_count": 1,
        "mailsockd_store_seconds_sum": 0.0015,
        "mailsockd_publish_seconds_count": 0,
        "mailsockd_commit_seconds_count": 1,
        "mailsockd_committed_jobs_total": 3,
        "mailsockd_reactor_lag_seconds_count": 0,
        "mailsockd_web_sockets": 0,
        "mailsockd_deliveries_waiting": 0,
        "mailsockd_accounts": 0,
        "mailsockd_addresses": 0,
        "mailsockd_store_bytes": 0,
        "mailsockd_store_limit_bytes": 5_368_709_120,
        "mailsockd_disk_free_bytes": 0,
        "mailsockd_certificate_days{file=/a.pem}": 1.5,
    }
    assert {name: found.get(name) for name in expected} == expected
    assert found["process_open_fds"] > 3
