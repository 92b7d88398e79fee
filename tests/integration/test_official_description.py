"""Mailsac's own description, as its npm package ships it: no request that it leads to breaks the server, and answers
that succeed have the form that it says."""

import json
import re
import smtplib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.clients import rest
from tests.integration.daemon import DOMAIN, Daemon
from tests.integration.test_description import follow
from tests.integration.test_official_client import DRIVER

FILE = DRIVER.parent / "node_modules/@mailsac/api/openapi.yml"
SETTINGS = """\
[phases.coverage]
# TRACE is answered 501, as every method that is not known.
unexpected-methods = ["PATCH", "POST", "PUT", "DELETE", "GET"]
"""
CHECKS = "not_a_server_error,response_schema_conformance"
INBOX, PUBLIC = f"ours@{DOMAIN}", f"public@{DOMAIN}"
MD5 = "900150983cd24fb0d6963f7d28e17f72"
MAIL = (
    b"From: Robot <robot@shop.test>\r\nSubject: Code\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/html\r\n\r\n<a href=https://shop.test/>Here</a>\r\n"
    b"--b\r\nContent-Disposition: attachment; filename=abc.txt\r\n\r\nabc\r\n--b--\r\n"
)


def or_null(schema: Any) -> Any:
    return {"nullable": True, "allOf": [schema]} if "$ref" in schema else {**schema, "nullable": True}


def plain(schema: Any) -> Any:
    return {"type": "string"}


def with_time(schema: Any) -> Any:
    return {**schema, "format": "date-time"}


def many(schema: Any) -> Any:
    return {"type": "array", "items": schema}


def first(schema: Any) -> Any:
    return schema["items"]


def headers_in_order(schema: Any) -> Any:
    return many(schema["additionalProperties"])


def with_domain(path: Any) -> Any:
    return {**path, "parameters": [{"$ref": "#/components/parameters/DomainString"}]}


# Where the description says one thing, and its own sentences, Mailsac's documents or the clients another: the schema
# that is put right, how, and why.
Change = Callable[[Any], Any]
DISAGREEMENTS: dict[str, tuple[Change, str]] = {
    "components/schemas/EmailAddress/properties/forward": (or_null, "null while it is not set"),
    "components/schemas/EmailAddress/properties/webhook": (or_null, "null while it is not set"),
    "components/schemas/EmailAddress/properties/webhookSlack": (or_null, "null while it is not set"),
    "components/schemas/EmailAddress/properties/webhookSlackToFrom": (or_null, "null while it is not set"),
    "components/schemas/EmailAddress/properties/catchAll": (or_null, "null where it is none"),
    "components/schemas/EmailMessage/properties/savedBy": (or_null, "null by its own sentence"),
    "components/schemas/EmailMessage/properties/read": (or_null, "null until it is marked"),
    "components/schemas/Date": (with_time, "has a time, by its own example"),
    "components/schemas/Domain/properties/lastVerificationErrors": (or_null, "null without any"),
    "components/schemas/CurrentUserInfo/properties/email": (plain, 'may be ""'),
    "components/schemas/CurrentUserInfo/properties/invoiceEmail": (plain, 'may be ""'),
    "components/schemas/EmailAddressIntegrity/properties/email": (plain, "what was asked, which may be no address"),
    "components/schemas/MessageHeaders/oneOf/1": (headers_in_order, "a list, by its own example"),
    "components/responses/AttachmentMeta/content/application~json/schema": (
        many,
        "a list, in the client and documents",
    ),
    "paths/~domains~{domain}/get/responses/200/content/application~json/schema/properties/catchAllAddress": (
        or_null,
        "null where it is none",
    ),
    "paths/~mailstats~top-addresses/get/responses/200/content/application~json/schema": (many, "a list of these"),
    "paths/~mailstats~top-senders/get/responses/200/content/application~json/schema": (many, "a list of these"),
    "paths/~mailstats~top-domains/get/responses/200/content/application~json/schema": (many, "a list of these"),
    "paths/~mailstats~common-attachments~{md5sum}/get/responses/200/content/application~json/schema": (
        many,
        "messages, by its own summary",
    ),
    "paths/~inbox/get/responses/200/content/application~json/schema/properties/messages": (first, "no list of lists"),
    "paths/~inbox-filter/get/responses/200/content/application~json/schema/properties/messages": (
        first,
        "no list of lists",
    ),
    "paths/~inbox-search/get/responses/200/content/application~json/schema/properties/messages": (
        first,
        "no list of lists",
    ),
    "paths/~domains~{domain}": (with_domain, "its parameter is missing"),
}
# Two operations stand for chapters of the documentation.
PLACEHOLDERS = {"/custom_web_sockets", "/custom_webhooks"}
DELETING = r"^Delete(?!MessageLabel)"


def agreed() -> dict[str, Any]:
    """Give the description with what is known to be otherwise put right, and its paths as they are on a server."""
    document: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    for place, (change, _) in DISAGREEMENTS.items():
        at: Any = document
        *path, last = [int(part) if len(part) == 1 else part.replace("~", "/") for part in place.split("/")]
        for part in path:
            at = at[part]
        at[last] = change(at[last])
    paths = {}
    for path, operations in document["paths"].items():
        shared = operations.pop("parameters", [])
        if operations and path not in PLACEHOLDERS:
            paths[f"/api{path}"] = {
                method: {**operation, "parameters": shared + operation.get("parameters", [])}
                for method, operation in operations.items()
            }
    document["paths"] = paths
    document["servers"] = [{"url": "/"}]
    return document


def parameters(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from document["components"]["parameters"].values()
    for operations in document["paths"].values():
        for operation in operations.values():
            yield from (each for each in operation["parameters"] if "name" in each)


@pytest.fixture
def file(daemon: Daemon, tmp_path: Path) -> Path:
    """Give the description in a file, with parameters that lead to mail that is there."""
    with smtplib.SMTP("127.0.0.1", daemon.smtp, timeout=30) as client:
        for inbox in [INBOX] * 5 + [PUBLIC] * 2:
            client.sendmail("robot@shop.test", [inbox], MAIL)
    document = agreed()
    ids = [item["_id"] for item in rest(daemon, "GET", f"/addresses/{INBOX}/messages")]
    known = {
        "email": [INBOX],
        "messageId": ids,
        "domain": [DOMAIN],
        "md5sum": [MD5],
        "attachmentIdentifier": [MD5, "abc.txt"],
    }
    found = set()
    for parameter in parameters(document):
        if parameter["in"] == "path" and parameter["name"] in known:
            parameter["schema"] = {"type": "string", "enum": known[parameter["name"]]}
            found.add(parameter["name"])
    assert found == set(known)
    bulk = document["paths"]["/api/private-addresses-bulk"]["post"]["requestBody"]["content"]["application/json"]
    bulk["example"] = {"addresses": [f"one@{DOMAIN}", f"two@{DOMAIN}"]}
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(document))
    (tmp_path / "schemathesis.toml").write_text(SETTINGS)
    return path


def names() -> set[str]:
    return {operation["operationId"] for path in agreed()["paths"].values() for operation in path.values()}


def test_reading_and_changing(daemon: Daemon, file: Path) -> None:
    """Each operation of the official description that deletes nothing succeeds at least once, always in its form."""
    good = follow(daemon, file, "--checks", CHECKS, "--exclude-operation-id-regex", DELETING)
    wanted = {name for name in names() if not re.match(DELETING, name)}
    assert wanted - good == set()
    assert len(wanted) >= 38


def test_deleting(daemon: Daemon, file: Path) -> None:
    """The same for what would have taken the others' mail away; single messages first."""
    good = follow(daemon, file, "--checks", CHECKS, "--include-operation-id", "DeleteMessage")
    good |= follow(daemon, file, "--checks", CHECKS, "--include-operation-id-regex", f"{DELETING}(?!Message$)")
    wanted = {name for name in names() if re.match(DELETING, name)}
    assert wanted - good == set()
    assert len(wanted) == 4
