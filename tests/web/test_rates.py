"""How often a client may ask."""

import pytest
from twisted.internet.task import Clock

from mailsockd.web.errors import HTTPError
from mailsockd.web.rates import Buckets, Rates


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_minute_holds_so_many_requests(clock: Clock) -> None:
    """What a minute allows may come at once; the next one is refused with the seconds until there is room."""
    buckets = Buckets(6, clock.seconds)
    for _ in range(6):
        buckets.take("a")
    with pytest.raises(HTTPError) as raised:
        buckets.take("a")
    assert (raised.value.status, raised.value.headers) == (429, {"Retry-After": "10"})
    assert raised.value.body() == {
        "message": "Too many requests: 6 a minute are allowed. Try again in 10 s.",
        "error": "Too Many Requests",
        "status": 429,
    }
    buckets.take("b")
    clock.advance(9.5)
    with pytest.raises(HTTPError) as raised:
        buckets.take("a")
    assert raised.value.headers == {"Retry-After": "1"}
    clock.advance(0.5)
    buckets.take("a")


def test_a_bucket_never_holds_more_than_a_minute(clock: Clock) -> None:
    """Silence for an hour is no credit for more than one minute."""
    buckets = Buckets(2, clock.seconds)
    buckets.take("a")
    clock.advance(3600)
    buckets.take("a")
    buckets.take("a")
    with pytest.raises(HTTPError):
        buckets.take("a")


def test_zero_is_no_limit(clock: Clock) -> None:
    """Without a limit nothing is counted and nothing remembered."""
    buckets = Buckets(0, clock.seconds)
    for _ in range(1000):
        buckets.take("a")
    assert len(buckets) == 0


def test_the_table_is_bounded(clock: Clock) -> None:
    """Those that were not seen for longest are forgotten first."""
    buckets = Buckets(1, clock.seconds, most=2)
    for client in ("a", "b", "c"):
        buckets.take(client)
    assert len(buckets) == 2
    with pytest.raises(HTTPError):
        buckets.take("c")
    buckets.take("a")


def test_who_counts_as_one(clock: Clock) -> None:
    """An IPv6 client is its /64, an IPv4 client is one in either notation, and a local socket has no limit."""
    rates = Rates(Buckets(1, clock.seconds), Buckets(1, clock.seconds))
    for first, second in (("2001:db8::1", "2001:db8::ffff"), ("192.0.2.1", "::ffff:192.0.2.1")):
        rates.peer(first)
        with pytest.raises(HTTPError):
            rates.peer(second)
    rates.peer("::ffff:192.0.2.2")
    rates.peer("2001:db8:0:1::1")
    for _ in range(3):
        rates.peer("unix")


def test_a_key_is_counted_apart_and_not_kept(clock: Clock) -> None:
    """Keys have buckets of their own, and the table knows no key."""
    rates = Rates(Buckets(1, clock.seconds), Buckets(1, clock.seconds))
    rates.key("k_secret")
    rates.key("k_other")
    with pytest.raises(HTTPError):
        rates.key("k_secret")
    assert "k_secret" not in str(rates.of_keys._left)
