"""How long the server takes for each page of the dashboard, and what first paint weighs, with much mail stored.

    pages.py [--messages N] [--tries N] [--python PATH]

mailsockd starts on an empty folder, `mailload` fills one inbox by SMTP, and each page is asked for over one connection:
the first time, then several times. The goal is under 200 ms for each, the first time included.
"""

import argparse
import json
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from bench import Bench, Started
from environment import machine
from servers import INBOX, OUT, Running, first_key, rest

GOAL_MS = 200.0
PAGES = (
    "/dashboard",
    "/addresses",
    f"/inbox/{INBOX}",
    f"/inbox/{INBOX}?before={{middle}}",
    f"/inbox/{INBOX}?q=nothinglikethis",
    f"/inbox/{INBOX}?show=unread",
    f"/inbox/{INBOX}/{{id}}",
    "/app",
    "/app?q=mail",
    "/starred",
    "/storage",
    "/usage",
    "/activity",
    "/activity?q=nothinglikethis",
    "/deliveries",
    "/domains",
    "/domains/mail.test/advanced",
    "/api-keys",
    "/account",
    "/validation",
    "/websocket-test",
    "/admin/accounts",
    "/admin/health",
    "/docs/api",
)


@dataclass(frozen=True)
class Timed:
    """What one page cost: milliseconds the first time, the median and the longest of the others, and its bytes."""

    path: str
    first: float
    median: float
    longest: float
    size: int


class Browser:
    """One connection that is signed in."""

    def __init__(self, port: int, password: str) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=60)
        form = urlencode({"name": "admin", "password": password})
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{port}"}
        self.connection.request("POST", "/login", form, headers)
        answer = self.connection.getresponse()
        answer.read()
        if answer.status != 303:
            raise RuntimeError(f"the sign-in was answered {answer.status}")
        self.cookie = str(answer.getheader("Set-Cookie")).partition(";")[0]

    def ask(self, path: str) -> tuple[float, int]:
        """Ask for a page; milliseconds and bytes."""
        began = time.perf_counter()
        self.connection.request("GET", path, headers={"Cookie": self.cookie, "Accept-Encoding": "gzip"})
        answer = self.connection.getresponse()
        content = answer.read()
        milliseconds = (time.perf_counter() - began) * 1000
        if answer.status != 200:
            raise RuntimeError(f"{path} was answered {answer.status}")
        return milliseconds, len(content)


def timed(browser: Browser, path: str, tries: int) -> Timed:
    """Ask for a page again and again."""
    first, size = browser.ask(path)
    others = sorted(browser.ask(path)[0] for _ in range(tries))
    return Timed(path, first, others[len(others) // 2], others[-1], size)


def fill(bench: Bench, server: Running, count: int) -> None:
    """Send the inbox so many mails."""
    command = [OUT / "mailload", "--smtp", f"127.0.0.1:{server.mail_port}", "--connections", 10, "--sockets", 1]
    command += ["--socket", f"127.0.0.1:{server.socket_port}", "--path", server.path, "--seconds", 600]
    command += ["--content", bench.contents["1k"], "--mails", count]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=700, check=True)
    report = json.loads(done.stdout)
    if not report["ok"]:
        raise RuntimeError(str(report["first_fault"]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--tries", type=int, default=7)
    parser.add_argument("--python", help="the interpreter for mailsockd (default .venv/bin/python)")
    arguments = parser.parse_args(namespace=argparse.Namespace(quick=False, server=["mailsockd"]))
    bench = Bench(arguments)
    folder = OUT / "data" / "pages"
    shutil.rmtree(folder, ignore_errors=True)
    with Started(bench.starters["mailsockd"], folder) as server:
        fill(bench, server, arguments.messages)
        print(f"{machine()}; {server.versions}; {arguments.messages:,} messages in one inbox")
        results = measure(server, folder, arguments.tries)
    width = max(len(result.path) for result in results)
    print(f"{'page':{width}} {'first':>8} {'median':>8} {'longest':>8} {'bytes':>8}")
    for one in results:
        late = "  over the goal" if max(one.first, one.longest) > GOAL_MS else ""
        print(f"{one.path:{width}} {one.first:8.1f} {one.median:8.1f} {one.longest:8.1f} {one.size:8,}{late}")
    return 0


def measure(server: Running, folder: Path, tries: int) -> list[Timed]:
    """Time every page."""
    credentials = folder / "initial-credentials"
    key = first_key(credentials)
    newest = rest(server.socket_port, key, "GET", f"/addresses/{INBOX}/messages?limit=1")[0]
    names = {"id": newest["_id"], "middle": newest["seq"] // 2}
    found = re.search(r"password: (\S+)", credentials.read_text())
    assert found is not None
    browser = Browser(server.socket_port, found[1])
    return [timed(browser, path.format(**names), tries) for path in PAGES]


if __name__ == "__main__":
    raise SystemExit(main())
