"""
A pytest plugin for tests that wait for mail. It needs nothing but Python: copy it into your project.

Set MAILSOCKD_URL and MAILSOCKD_KEY, load it with `-p pytest_mail` or `pytest_plugins = ["pytest_mail"]`, and use the
fixture `mail`.
"""

import json
import os
import re
import secrets
import urllib.parse
import urllib.request

import pytest


class Mail:
    """Waits for mail of one mailsockd; `address` is one that no other test has."""

    def __init__(self, url, key, domain):
        """Know where mailsockd is, whose key to use, and at which of its domains the addresses are."""
        self.url = url
        self.key = key
        self.address = f"test-{secrets.token_hex(6)}@{domain}"

    def wait(self, address=None, seconds=30, **conditions):
        """Give the newest message that meets the conditions (`subject`, `from_`, `to`, `text`), once there is one."""
        query = {name.rstrip("_"): value for name, value in conditions.items()}
        query |= {"wait": seconds, "limit": 1}
        path = f"/api/addresses/{urllib.parse.quote(address or self.address)}/messages"
        found = json.loads(self.get(f"{path}?{urllib.parse.urlencode(query)}", seconds + 30))
        assert found, f"no mail to {address or self.address} within {seconds} seconds: {conditions}"
        return found[0]

    def text(self, message):
        """Give the text of a message."""
        return self.get(f"/api/text/{urllib.parse.quote(message['inbox'])}/{message['_id']}", 30).decode()

    def code(self, message):
        """Give the first number of six digits in the text of a message."""
        found = re.search(r"\b\d{6}\b", self.text(message))
        assert found, f"no code in {message['subject']!r}"
        return found[0]

    def get(self, path, seconds):
        """Give the body of an answer."""
        request = urllib.request.Request(self.url + path, headers={"Mailsac-Key": self.key})
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            return answer.read()


@pytest.fixture
def mail():
    """Wait for mail."""
    return Mail(
        os.environ.get("MAILSOCKD_URL", "http://127.0.0.1:8025"),
        os.environ["MAILSOCKD_KEY"],
        os.environ.get("MAILSOCKD_DOMAIN", "mail.test"),
    )
