"""Asking the DNS what it has of a domain, for the proof that it is somebody's, and of an address. It blocks."""

from collections.abc import Callable, Sequence

import dns.exception
import dns.name
import dns.rcode
import dns.resolver
import dns.reversename

from mailsockd.listen import nameserver
from mailsockd.state.proof import Answers

MOST_RECORDS = 100  # of one kind that are looked at
LEAST_TIME = 0.2  # seconds that the second question has, whatever the first one took
LONGEST_TEXT = 1000  # characters of a TXT record


class Resolver:
    """
    Asks some servers, or those of /etc/resolv.conf when there are none.

    What is asked about one domain has an answer or has failed after about `timeout` seconds by `monotonic`.
    """

    def __init__(self, servers: Sequence[str], timeout: float, monotonic: Callable[[], float]) -> None:
        self._servers = dict(nameserver(server) for server in servers)
        self._timeout = timeout
        self._monotonic = monotonic

    def look(self, domain: str) -> Answers:
        """Give the TXT and MX records of a canonical domain, and the trouble in words when there is none to be had."""
        end = self._monotonic() + self._timeout
        txt, txt_trouble = self._ask(domain, "TXT", end)
        mx, mx_trouble = self._ask(domain, "MX", end)
        alias = _alias(txt)
        return Answers(
            txt=None if txt is None else () if alias else _texts(txt),
            mx=None if mx is None else _exchanges(mx),
            txt_trouble=txt_trouble,
            mx_trouble=mx_trouble,
            alias=alias,
        )

    def names_of(self, address: str) -> tuple[tuple[str, ...] | None, str]:
        """Give the names that an IP address has by its PTR records, or None and the trouble in words."""
        name = dns.reversename.from_address(address).to_text()
        found, trouble = self._ask(name, "PTR", self._monotonic() + self._timeout)
        return None if found is None else _hosts(found), trouble

    def _ask(self, domain: str, kind: str, end: float) -> tuple[dns.resolver.Answer | tuple[()] | None, str]:
        try:
            resolver = self._resolver()
            name = dns.name.from_text(domain, dns.name.root)
            left = max(end - self._monotonic(), LEAST_TIME)
            return resolver.resolve(name, kind, raise_on_no_answer=False, lifetime=left, search=False), ""
        except dns.resolver.NXDOMAIN:
            return (), ""
        except dns.exception.Timeout:
            return None, f"no DNS server answered within {self._timeout:g} seconds"
        except dns.resolver.NoNameservers as error:
            return None, f"the DNS could not say ({_reasons(error)})"
        except dns.resolver.NoResolverConfiguration:
            return None, "/etc/resolv.conf names no DNS server"
        except (dns.exception.DNSException, OSError) as error:
            return None, f"the DNS could not be asked ({type(error).__name__})"

    def _resolver(self) -> dns.resolver.Resolver:
        # Made anew each time: /etc/resolv.conf changes while a daemon runs.
        resolver = dns.resolver.Resolver(configure=not self._servers)
        if self._servers:
            resolver.nameserver_ports = dict(self._servers)
            resolver.nameservers = list(self._servers)
        return resolver


def _alias(answer: dns.resolver.Answer | tuple[()] | None) -> str:
    if isinstance(answer, dns.resolver.Answer) and answer.canonical_name != answer.qname:
        return _text(answer.canonical_name)
    return ""


def _texts(answer: dns.resolver.Answer | tuple[()]) -> tuple[str, ...]:
    records = list(answer.rrset or ())[:MOST_RECORDS] if isinstance(answer, dns.resolver.Answer) else []
    return tuple(b"".join(record.strings).decode("utf-8", "replace")[:LONGEST_TEXT] for record in records)


def _exchanges(answer: dns.resolver.Answer | tuple[()]) -> tuple[tuple[int, str], ...]:
    records = list(answer.rrset or ())[:MOST_RECORDS] if isinstance(answer, dns.resolver.Answer) else []
    return tuple(sorted((record.preference, _text(record.exchange)) for record in records))


def _hosts(answer: dns.resolver.Answer | tuple[()]) -> tuple[str, ...]:
    records = list(answer.rrset or ())[:MOST_RECORDS] if isinstance(answer, dns.resolver.Answer) else []
    return tuple(sorted(_text(record.target) for record in records))


def _text(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower()


def _reasons(error: dns.resolver.NoNameservers) -> str:
    found: dict[str, None] = {}
    for _server, _tcp, _port, reason, response in error.kwargs.get("errors", ()):
        found[dns.rcode.to_text(response.rcode()) if response is not None else type(reason).__name__] = None
    return ", ".join(found) or "no answer"
