"""The description of a running server, judged by what other people wrote: a validator, and a tester that follows it."""

import json
import re
import smtplib
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.integration.clients import call, rest
from tests.integration.daemon import DOMAIN, Daemon

INBOXES = [f"user1@{DOMAIN}", f"user2@{DOMAIN}"]
PUBLIC = f"public@{DOMAIN}"
MAIL = (
    b"From: Robot <robot@shop.test>\r\nSubject: Code\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/html\r\n\r\n<a href=https://shop.test/>Here</a>\r\n"
    b"--b\r\nContent-Disposition: attachment; filename=abc.txt\r\n\r\nabc\r\n--b--\r\n"
)
MD5 = "900150983cd24fb0d6963f7d28e17f72"
# All checks of schemathesis are made but these. Not every request that fits its schema can be granted, and not every
# other is refused: whether an address can be had is no matter of its form, and clients send more, and in more ways,
# than a schema says. TRACE is answered 501, as every method that is not known. `starred` is a segment of its own and,
# for other methods, an address like any other. A message is not even denied to callers without a key.
SETTINGS = """\
[checks]
positive_data_acceptance.enabled = false
negative_data_rejection.enabled = false

[phases.coverage]
unexpected-methods = ["PATCH", "POST", "PUT", "DELETE", "GET"]

[[operations]]
include-operation-id = "ListStarredMessages"
checks.unsupported_method.enabled = false
checks.allow_header_conformance.enabled = false

[[operations]]
include-operation-id = "GetMessageMetadata"
checks.ignored_auth.enabled = false
"""
# What only tells where something is; the socket, which is no request with an answer; and the end of a delivery, since
# none waits here for long enough.
PLACES = {"WebSocketPlace", "PostWebSocketPlace", "WebhookPlace", "PostWebhookPlace"}
NEVER_GOOD = PLACES | {"IncomingMessages", "CancelDelivery"}
CLAIMED = "shop.example"  # a domain that may be claimed, and given up
DESTRUCTIVE = r"^(Delete(?!MessageLabel)|PutDelete|PostDomainPrivacy|SetDomainPrivacy|ToggleMessageStar)"


@pytest.fixture(scope="module")
def described(daemon: Daemon) -> dict[str, Any]:
    """Give the description."""
    with urllib.request.urlopen(f"{daemon.url}/openapi.json", timeout=30) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


@pytest.fixture
def file(daemon: Daemon, described: dict[str, Any], tmp_path: Path) -> Path:
    """Give the description in a file, with parameters that lead to mail that is there."""
    with smtplib.SMTP("127.0.0.1", daemon.smtp, timeout=30) as client:
        for inbox in [*INBOXES * 5, PUBLIC]:
            client.sendmail("robot@shop.test", [inbox], MAIL)
    ids = [item["_id"] for inbox in INBOXES for item in rest(daemon, "GET", f"/addresses/{inbox}/messages")]
    known = {"email": INBOXES, "id": ids, "domain": [DOMAIN, CLAIMED], "md5": [MD5], "identifier": [MD5, "abc.txt"]}
    document = json.loads(json.dumps(described))
    for parameter in parameters(document):
        if parameter["in"] == "path" and parameter["name"] in known:
            parameter["schema"] = {"type": "string", "enum": known[parameter["name"]]}
        if parameter["name"] == "wait":
            parameter["schema"]["maximum"] = 1
    for path, operations in document["paths"].items():
        if "/deliveries/{id}" in path:
            for operation in operations.values():
                operation["parameters"][0]["schema"] = {"type": "string", "enum": ["1"]}
    document["components"]["schemas"]["DomainSettings"]["examples"] = [{"enablews": True}]
    document["components"]["schemas"]["AddressesToReserve"]["examples"] = [{"addresses": [f"new@{DOMAIN}"]}]
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(document))
    (tmp_path / "schemathesis.toml").write_text(SETTINGS)
    return path


def parameters(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for operations in document["paths"].values():
        for operation in operations.values():
            yield from operation["parameters"]


def follow(daemon: Daemon, file: Path, *chosen: str) -> set[str]:
    """
    Ask for everything that a description has, as it has it. Gives the operations that were answered well at least once.
    """
    program = Path(sys.executable).parent / "schemathesis"
    record = file.with_name("record.har")
    command = [
        str(program), "run", str(file), "--url", daemon.url, "--header", f"Mailsac-Key: {daemon.key}",
        "--phases", "examples,coverage,fuzzing", "--max-examples", "5", "--seed", "1",
        "--generation-database", "none", "--no-color", "--continue-on-failure",
        "--report", "har", "--report-har-path", str(record), *chosen,
    ]  # fmt: skip
    ran = subprocess.run(command, cwd=file.parent, capture_output=True, text=True, timeout=300, check=False)
    assert ran.returncode == 0, ran.stdout[-12_000:]
    entries = json.loads(record.read_text())["log"]["entries"]
    good = {
        (entry["request"]["method"], entry["request"]["url"]) for entry in entries if entry["response"]["status"] < 300
    }
    return {name for name, method, pattern in patterns(json.loads(file.read_text())) if answered(good, method, pattern)}


def patterns(document: dict[str, Any]) -> Iterator[tuple[str, str, re.Pattern[str]]]:
    for path, operations in document["paths"].items():
        pattern = re.compile(r"http://[^/]+" + re.sub(r"\\\{\w+\\\}", "[^/?]+", re.escape(path)) + r"(\?.*)?")
        for method, operation in operations.items():
            yield operation["operationId"], method.upper(), pattern


def answered(good: set[tuple[str, str]], method: str, pattern: re.Pattern[str]) -> bool:
    return any(method == asked and pattern.fullmatch(url) for asked, url in good)


def operations(described: dict[str, Any]) -> set[str]:
    return {name for name, _, _ in patterns(described)}


def test_the_description_is_valid(described: dict[str, Any]) -> None:
    """OpenAPI's own schema, the references and the examples hold."""
    assert [str(error) for error in OpenAPIV31SpecValidator(described).iter_errors()] == []
    assert described["openapi"] == "3.1.0"


def test_the_server_does_what_its_description_says(daemon: Daemon, described: dict[str, Any], file: Path) -> None:
    """Whatever fits the description or just does not, every answer is one that the description has."""
    rest(daemon, "POST", f"/addresses/{INBOXES[0]}", {"webhook": "https://hooks.invalid/"})
    with smtplib.SMTP("127.0.0.1", daemon.smtp, timeout=30) as client:
        client.sendmail("robot@shop.test", [INBOXES[0]], MAIL)  # which is the first delivery
    good = follow(daemon, file, "--exclude-path", "/incoming-messages", "--exclude-operation-id-regex", DESTRUCTIVE)
    wanted = {name for name in operations(described) if not re.match(DESTRUCTIVE, name)} - NEVER_GOOD
    assert wanted - good == set()


def test_what_deletes_does_what_its_description_says(daemon: Daemon, described: dict[str, Any], file: Path) -> None:
    """The same for what would have taken the others' mail away."""
    call(daemon, "POST", f"/domains/{CLAIMED}")  # unless the test before has
    good = follow(daemon, file, "--include-operation-id-regex", DESTRUCTIVE)
    assert {name for name in operations(described) if re.match(DESTRUCTIVE, name)} - good == set()
