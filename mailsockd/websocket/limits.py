"""The bounds of the socket. Each number is a default that the configuration may change."""

import attrs

KIB, MIB = 1024, 1024 * 1024


@attrs.frozen
class SocketLimits:
    """Sizes in bytes, times in seconds, rates a second."""

    # What a client sends is ignored, so it need not be large. The rates allow bursts of ten seconds' worth.
    frame_size: int = 64 * KIB
    frames_per_second: int = 100
    bytes_per_second: int = 64 * KIB
    # Of an upgrade that comes without an HTTP server in front.
    handshake_size: int = 16 * KIB
    handshake_timeout: float = 5.0
    # The query has room for `items` addresses of 64 bytes.
    query_length: int = 64 * KIB
    items: int = 1_000
    # A peer that sends nothing and takes nothing is dropped when the next ping after `missed_pongs` would be due.
    ping_interval: float = 25.0
    missed_pongs: int = 2
    # What may wait for one reader; a frame that is larger still goes to a reader for whom nothing waits.
    backlog: int = 128 * MIB
    # What may wait for all readers together; a frame that waits for many counts once.
    budget: int = 256 * MIB
    sockets: int = 10_000
    sockets_per_account: int = 10_000
    sockets_per_peer: int = 10_000
    # From the polite close to the forced one.
    close_grace: float = 2.0
