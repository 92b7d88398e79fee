"""Which peers are proxies, and what is believed of them."""

import pytest
from twisted.internet.interfaces import ISSLTransport
from zope.interface import implementer

from mailsockd.web.limits import Limits
from mailsockd.web.proxies import trusted
from mailsockd.web.router import Call, Router, Routes
from mailsockd.web.site import Root
from tests.web.talk import PEER, Talk, Wire, request


@pytest.mark.parametrize(
    ("proxies", "peer", "is_trusted"),
    [
        ([], "127.0.0.1", False),
        ([], "unix", False),
        (["127.0.0.1"], "127.0.0.1", True),
        (["127.0.0.1"], "127.0.0.2", False),
        (["10.0.0.0/8"], "10.1.2.3", True),
        (["10.0.0.0/8"], "::a01:203", False),
        (["2001:db8::/32"], "2001:db8::1", True),
        (["fe80::/10"], "fe80::1%eth0", True),
        (["127.0.0.1"], "unix", False),
        (["unix"], "unix", True),
        (["127.0.0.1"], "nonsense", False),
    ],
)
def test_only_what_is_listed_is_a_proxy(proxies: list[str], peer: str, is_trusted: bool) -> None:
    """Addresses and networks of the peer's own kind count, and unix by its name."""
    assert trusted(proxies)(peer) is is_trusted


class Shown:
    """Tells whether a request came over TLS."""

    routes = Routes()

    @routes.get("/x", open=True)
    def x(self, call: Call) -> dict[str, bool]:
        return {"secure": call.secure}


@pytest.mark.parametrize(
    ("proxies", "said", "secure"),
    [
        (["192.0.2.9"], "https", True),
        (["192.0.2.9"], "HTTPS", True),
        (["192.0.2.9"], "http, https", True),
        (["192.0.2.9"], "https, http", False),
        (["192.0.2.9"], "http", False),
        (["192.0.2.8"], "https", False),
        ([], "https", False),
    ],
)
def test_tls_with_a_proxy_counts_when_the_proxy_is_trusted(proxies: list[str], said: str, secure: bool) -> None:
    """The last word is the nearest proxy's; a stranger's is not listened to."""
    talk = Talk(Router(Shown()), options={"trusted": trusted(proxies)})
    talk.send(request("GET", "/x", headers={"X-Forwarded-Proto": said}))
    assert talk.answers()[0].json == {"secure": secure}


@pytest.mark.parametrize(
    ("seconds", "proxies", "said", "told"),
    [
        (31_536_000, ["192.0.2.9"], "https", "max-age=31536000"),
        (31_536_000, ["192.0.2.9"], "http", None),
        (31_536_000, ["192.0.2.8"], "https", None),
        (0, ["192.0.2.9"], "https", None),
    ],
)
def test_whoever_comes_with_tls_is_told_to_stay_with_it(
    seconds: int, proxies: list[str], said: str, told: str | None
) -> None:
    """With `hsts` set, and only by an answer that goes out with TLS; an error is such an answer too."""
    root = Root()
    root.putChild(b"x", Router(Shown()))
    talk = Talk(root, options={"trusted": trusted(proxies), "hsts": seconds})
    talk.send(request("GET", "/x", headers={"X-Forwarded-Proto": said}))
    talk.send(request("GET", "/missing", headers={"X-Forwarded-Proto": said}))
    answers = talk.answers()
    assert [answer.status for answer in answers] == [200, 404]
    assert [answer.headers.get("strict-transport-security") for answer in answers] == [told, told]


@implementer(ISSLTransport)
class Sealed(Wire):
    """A transport with TLS."""

    def setTcpNoDelay(self, enabled: bool) -> None:
        pass


@pytest.mark.parametrize(("transport", "told"), [(Sealed, "max-age=600"), (Wire, None)])
def test_the_servers_own_tls_counts(transport: type[Wire], told: str | None) -> None:
    """Without a proxy it is the connection that says whether there is TLS."""
    talk = Talk(Router(Shown()), transport=transport(peerAddress=PEER), options={"hsts": 600})
    talk.send(request("GET", "/x"))
    assert talk.answers()[0].headers.get("strict-transport-security") == told


def test_a_proxy_may_bring_everybodys_connections() -> None:
    """Of one address only one connection is allowed, and of a trusted proxy as many as of all together."""
    for proxies, second in (([], "Crowded"), (["192.0.2.9"], "Channel")):
        talk = Talk(Router(Shown()), Limits(connections_per_ip=1), options={"trusted": trusted(proxies)})
        assert type(talk.site.buildProtocol(PEER)).__name__ == second
        assert talk.site.connections.count("192.0.2.9") == (0 if proxies else 1)
