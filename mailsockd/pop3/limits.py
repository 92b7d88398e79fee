"""Every bound of the POP3 room, by name, with its default and unit."""

import attrs


@attrs.frozen
class POP3Limits:
    """
    What one client may take of the server. Sizes are bytes, times are seconds.

    Times are counted by the factory's sweep once a second, so each is exact to about a second.
    """

    command_line: int = 2048
    """Longest command line with its end; a longer one ends the session. A sign-in by AUTH needs several hundred."""
    errors: int = 20
    """Commands that are unknown, wrong or out of place in one session; one more ends it."""
    junk_commands: int = 1000
    """Commands that read and delete nothing (NOOP, CAPA, STAT ...) in one session; one more ends it."""
    sign_ins: int = 3
    """Sign-ins that may fail in one session; with the last of them it ends."""
    commands_a_turn: int = 100
    """Commands of one session that are answered before the reactor serves others."""
    lines_a_turn: int = 1000
    """Lines of a list that are made before the reactor serves others."""
    piece: int = 256 * 1024
    """Bytes of a message that are held in memory while they are sent."""
    connections: int = 200
    """Sessions at one time."""
    connections_per_peer: int = 20
    """Sessions at one time from one IPv4 address or one IPv6 network of 64 bits."""
    handshake_timeout: float = 10
    """From the offer of TLS to the end of its handshake."""
    sign_in_timeout: float = 120
    """From the connection to the end of a sign-in."""
    idle_timeout: float = 600
    """Silence between two commands; RFC 1939 section 3 asks for at least ten minutes."""
    work_timeout: float = 120
    """From a command to the answer of whom it asks: the disk, or the check of a password."""
    send_timeout: float = 300
    """From one piece of a message that is sent to the next: how slowly it may be read."""
    session_timeout: float = 7200
    """Length of a session, whatever it does."""
    shutdown_timeout: float = 25
    """From the stop of the server to the end of its last session."""
