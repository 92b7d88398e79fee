"""The routes that give the description of the API to programs: the same document as JSON and as YAML."""

import json
from collections.abc import Mapping
from typing import Any

import yaml

from mailsockd.api.answers import Answer, gives
from mailsockd.api.description import OPENAPI
from mailsockd.api.shapes import Named, array, closed, mapping, only
from mailsockd.web.reply import JSON_TYPE, encode
from mailsockd.web.router import Call, Reply, Routes

YAML_TYPE = "application/yaml; charset=utf-8"
# It changes when the server does.
_KEPT = {"Cache-Control": "public, max-age=600"}

_ANY = {"type": "object", "description": "As OpenAPI has it.", "additionalProperties": True}
_OPENAPI = Named(
    "OpenAPI",
    closed(
        "An OpenAPI document; its specification says what is in it.",
        {
            "openapi": only(OPENAPI, "The version of the specification."),
            "info": _ANY,
            "servers": array(_ANY, "Where the API is."),
            "tags": array(_ANY, "The groups of the routes."),
            "paths": mapping(_ANY, "The routes by path."),
            "webhooks": mapping(_ANY, "What is posted to others."),
            "components": mapping(_ANY, "What is referred to."),
        },
    ),
)


class DescriptionRoutes:
    """The description, encoded once at the start."""

    routes = Routes(tag="Description")

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._json = Reply(encode(document), JSON_TYPE, headers=_KEPT)
        self._yaml = Reply(_yaml(document), YAML_TYPE, headers=_KEPT)

    @routes.get(
        "/openapi.json",
        open=True,
        operation="DescriptionAsJSON",
        summary="This description as JSON",
        answers=gives(_OPENAPI, "The description."),
    )
    def json(self, call: Call) -> Reply:
        """Answer the description of this server's API in OpenAPI 3.1."""
        return self._json

    @routes.get(
        "/openapi.yml",
        open=True,
        operation="DescriptionAsYAML",
        summary="This description as YAML",
        answers=Answer("The description.", {"application/yaml": _OPENAPI}),
    )
    def yml(self, call: Call) -> Reply:
        """Answer the same, for people who read it."""
        return self._yaml


def _yaml(document: Mapping[str, Any]) -> bytes:
    # What occurs twice is written twice, hence the copy: anchors are hard to read, and not every reader knows them.
    copy = json.loads(encode(document))
    quickest = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    dumped: bytes = yaml.dump(copy, Dumper=quickest, sort_keys=False, allow_unicode=True, width=110, encoding="utf-8")
    return dumped
