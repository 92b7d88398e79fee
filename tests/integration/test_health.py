"""Health and metrics of a daemon that runs."""

import json
import smtplib
import sqlite3
import urllib.error
import urllib.request
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.clients import frame, listen, new_address
from tests.integration.daemon import Daemon, free_port
from tests.integration.test_denylist import code, ctl
from tests.integration.waiting import until


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=30) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def metrics(port: int) -> dict[str, float]:
    status, text = get(f"http://127.0.0.1:{port}/metrics")
    assert status == 200
    return {
        sample.name + "".join(f"{{{value}}}" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_mail_is_in_the_numbers() -> None:
    """One mail to a socket and one that is refused are counted, timed and committed; the public listener tells none."""
    port = free_port()
    with Daemon({"metrics": {"listen": [f"127.0.0.1:{port}"]}, "tls": {"self_signed": True}}) as daemon:
        address = new_address(daemon)
        with listen(daemon, address) as connection:
            assert code(daemon, address, "a@shop.example") == 250
            frame(connection)
            assert metrics(port)["mailsockd_web_sockets"] == 1
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            code(daemon, "x@elsewhere.test", "a@shop.example")
        found = metrics(port)
        assert found["mailsockd_mails_received_total"] == 1
        assert found["mailsockd_rejected_total{550}"] == 1
        assert found["mailsockd_publish_seconds_count"] == 1
        assert 0 < found["mailsockd_publish_seconds_sum"] < 30
        assert found["mailsockd_commit_seconds_count"] >= 1
        assert found["mailsockd_check{writer}"] == 1
        assert found[f"mailsockd_certificate_days{{{daemon.data}/self-signed.pem}}"] > 364
        assert found["process_resident_memory_bytes"] > 1_000_000
        assert get(f"{daemon.url}/metrics")[0] == 404
        assert get(f"http://127.0.0.1:{port}/api/me")[0] == 404


def ready(daemon: Daemon) -> tuple[int, Any]:
    status, text = get(f"{daemon.url}/readyz")
    return status, json.loads(text)


def test_readiness_follows_the_writer() -> None:
    """While somebody else holds the database the writer does not answer: 503 that names it; afterwards it is 200."""
    with Daemon() as daemon:
        assert get(f"{daemon.url}/healthz") == (200, '{"alive":true}')
        until(lambda: ready(daemon)[0] == 200, "it is ready")
        holder = sqlite3.connect(daemon.data / "mailbox.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        try:
            until(lambda: ready(daemon)[0] == 503, "it is not ready")
            assert get(f"{daemon.url}/healthz")[0] == 200
            assert any("writer" in trouble for trouble in ctl(daemon, "status")["troubles"])
        finally:
            holder.execute("ROLLBACK")
            holder.close()
        until(lambda: ready(daemon)[0] == 200, "it is ready again")
        assert "GET /healthz" not in daemon.log
