"""What the DNS and the certificates say of this server."""

import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime

from mailsockd.config import Config
from mailsockd.doctor.finding import Finding, bad, good, unsure, warning
from mailsockd.mail.address import canonical_domain
from mailsockd.state.proof import Answers
from mailsockd.tls import Certificate, CertificateTrouble, load_certificates

SOON = 14 * 86_400.0  # seconds

Look = Callable[[str], Answers]
Addresses = Callable[[str], list[str]]


def addresses_of(host: str) -> list[str]:
    """Give the IP addresses of a host. Raises OSError."""
    return sorted({str(found[4][0]) for found in socket.getaddrinfo(host, 25, type=socket.SOCK_STREAM)})


def names(config: Config, public: bool, look: Look, addresses: Addresses = addresses_of) -> list[Finding]:
    """Look at the host's name and at the MX records of the served domains; `public` is a server for the Internet."""
    host = canonical_domain(config.name)
    if not public:
        return [good("DNS", "mail comes from this machine or a private network only, so the DNS has no part in it")]
    if "." not in host:
        return [bad("hostname", f"{host} is no name that others could find", "set hostname to this server's full name")]
    found = []
    try:
        places = addresses(host)
        found.append(good("hostname", f"{host} is {', '.join(places)}"))
        if all(place.startswith("127.") or place == "::1" for place in places):
            found[-1] = unsure("hostname", f"{host} is this machine itself, by /etc/hosts", "look from another machine")
    except OSError:
        fix = f"add an A or AAAA record for {host} to the DNS"
        found.append(bad("hostname", f"{host} has no address", fix))
    for domain in config.served:
        if domain != "localhost":
            found.append(_mx(domain, config.mail_hosts, look(domain)))
    return found


def _mx(domain: str, hosts: tuple[str, ...], answers: Answers) -> Finding:
    what = f"MX of {domain}"
    if answers.mx is None:
        return unsure(what, answers.mx_trouble, "check dns.resolvers, or /etc/resolv.conf")
    leads = [exchange for _, exchange in answers.mx]
    if not leads:
        if domain in hosts:
            return good(what, "there is none, so mail goes to its address, which is this server's")
        return bad(what, "there is none", f"add to the DNS: {domain}. MX 10 {hosts[0]}.")
    if not set(leads) & set(hosts):
        text = f"mail goes to {', '.join(leads)}, and this server is {', '.join(hosts)}"
        return bad(what, text, f"change it to: {domain}. MX 10 {hosts[0]}.")
    return good(what, f"mail goes to {', '.join(leads)}")


def certificates(config: Config, public: bool, now: float) -> list[Finding]:
    """Look at the certificates. `now` is UTC seconds."""
    pairs = config.tls.certificates
    if not pairs:
        if config.tls.self_signed:
            text = "it signs itself, which is for tests"
            return [warning("certificate", text, "set tls.certificates") if public else good("certificate", text)]
        if public:
            fix = "get one, with certbot for example, and name it in tls.certificates"
            return [warning("certificate", "there is none: mail comes in readable by everybody on its way", fix)]
        return [good("certificate", "there is none, and nothing needs one")]
    found = []
    for pair in pairs:
        try:
            (one,) = load_certificates([pair])
        except CertificateTrouble as error:
            found.append(bad("certificate", str(error), "put the right files there and `mailsockctl reload`"))
            continue
        found.append(_certificate(one, canonical_domain(config.name), now))
        if os.stat(pair[1]).st_mode & 0o004:
            found.append(warning("key", f"everybody may read {pair[1]}", f"chmod o-r {pair[1]}"))
    return found


def _certificate(one: Certificate, host: str, now: float) -> Finding:
    end = datetime.fromtimestamp(one.ends, UTC).strftime("%Y-%m-%d")
    if one.ends <= now:
        return bad("certificate", f"{one.path} has ended on {end}", "renew it and `mailsockctl reload`")
    if one.ends - now < SOON:
        return warning("certificate", f"{one.path} ends on {end}", "renew it and `mailsockctl reload`")
    return good("certificate", f"{one.path} for {', '.join(one.names) or 'no name'} is good until {end}")
