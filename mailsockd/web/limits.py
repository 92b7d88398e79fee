"""The bounds of one web site. Each number is a default that the configuration may change."""

import attrs


@attrs.frozen
class Limits:
    """Sizes in bytes, times in seconds, rates in bytes a second."""

    header_line: int = 16_384
    header_bytes: int = 32_768
    header_count: int = 100
    # JSON is parsed on the reactor, before anybody knows who sent it: the worst of this size takes about 15 ms.
    body_bytes: int = 131_072
    # Bodies beyond that, of the routes that take larger ones, in memory at one time.
    large_bodies: int = 8
    # From the accept, or from the first byte of a later request, to the empty line that ends the headers.
    header_seconds: float = 15.0
    # A body has this long in all, and must bring `body_rate` in every interval.
    body_seconds: float = 120.0
    body_interval: float = 10.0
    body_rate: int = 1_000
    # Between two requests of one connection.
    idle_seconds: float = 60.0
    # A client that reads slower than this, after a start, is not reading.
    send_seconds: float = 30.0
    send_rate: int = 16_384
    # How long a refused body is still read and thrown away, so that the client sees the refusal and not a reset.
    linger_seconds: float = 1.0
    # From the polite close to the forced one.
    close_seconds: float = 2.0
    # When the server ends: how long a silent connection may still bring a request, and all of them may take in all.
    silence_seconds: float = 1.0
    ending_seconds: float = 10.0
    # What a client may send ahead while its earlier request is in work.
    ahead_bytes: int = 16_384
    connections: int = 10_000
    connections_per_ip: int = 1_000
