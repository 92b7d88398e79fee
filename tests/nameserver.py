"""A DNS server on loopback, which answers from a text that tests may change."""

import socket
import threading
from types import TracebackType
from typing import Any, Self

import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


class Nameserver:
    """
    Answers from `zone`, lines such as `shop.test. 5 IN TXT "text"`, by UDP.

    Names under broken.test have SERVFAIL, all of them while `broken`; names under silent.test have no answer.
    """

    def __init__(self, zone: str = "") -> None:
        self.zone = zone
        self.broken = False
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()

    def _serve(self) -> None:
        while True:
            wire, client = self._socket.recvfrom(4096)
            if not wire:
                return
            question = dns.message.from_wire(wire)
            name, kind = question.question[0].name.to_text().lower(), dns.rdatatype.to_text(question.question[0].rdtype)
            if name.endswith("silent.test."):
                continue
            answer: Any = dns.message.make_response(question, recursion_available=True)
            if self.broken or name.endswith("broken.test."):
                answer.set_rcode(dns.rcode.SERVFAIL)
            elif not any(line.startswith(name) for line in self.zone.splitlines()):
                answer.set_rcode(dns.rcode.NXDOMAIN)
            else:
                answer.answer = self._records(name, kind)
            self._socket.sendto(answer.to_wire(), client)

    def _records(self, name: str, kind: str) -> list[Any]:
        found = []
        for line in self.zone.splitlines():
            if line.startswith(f"{name} 5 IN CNAME "):
                target = line.rpartition(" ")[2]
                return [dns.rrset.from_text(name, 5, "IN", "CNAME", target), *self._records(target, kind)]
            if line.startswith(f"{name} 5 IN {kind} "):
                found.append(line.split(f" {kind} ", 1)[1])
        return [dns.rrset.from_text_list(name, 5, "IN", kind, found)] if found else []
