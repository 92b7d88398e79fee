"""Every bound of the SMTP room, by name, with its default and unit."""

import attrs


@attrs.frozen
class SMTPLimits:
    """
    What one client may take of the server. Sizes are bytes, times are seconds.

    Times are counted by the factory's sweep once a second, so each is exact to about a second.
    """

    size: int = 25 * 1024 * 1024
    """Largest content of one mail, as the SIZE extension announces it (RFC 1870)."""
    recipients: int = 100
    """Recipients of one mail; RFC 5321 section 4.5.3.1.8 asks for at least 100. More get 452."""
    command_line: int = 2048
    """Longest command line with its CRLF; a longer one ends the session."""
    errors: int = 10
    """Commands refused with 4yz or 5yz between two mails; one more ends the session."""
    junk_commands: int = 100
    """Commands that bring no mail forward (NOOP, RSET, EHLO ...) between two mails; one more ends the session."""
    commands_a_turn: int = 100
    """Commands of one session that are answered before the reactor serves others."""
    connections: int = 1000
    """Sessions at one time."""
    connections_per_peer: int = 50
    """Sessions at one time from one IPv4 address or one IPv6 network of 64 bits."""
    commits: int = 1000
    """Mails at one time that wait for the disk, given-up ones included; more get 451."""
    idle_timeout: float = 300
    """Silence between two commands, or inside a mail's content."""
    session_timeout: float = 1800
    """Length of a session, whatever it does."""
    handshake_timeout: float = 10
    """From the offer of TLS to the end of its handshake."""
    commit_timeout: float = 20
    """From the end of a mail's content to its answer; later it is 451."""
    shutdown_timeout: float = 25
    """From the stop of the server to the end of its last session."""
    data_rate: float = 500
    """Bytes a second that content must arrive at, on average, after `data_grace`."""
    data_grace: float = 60
    """Seconds of content that may be slower than `data_rate`."""
    content_memory: int = 256 * 1024
    """Bytes of one mail's content that are held in memory; more go to a temporary file."""
    spool: int = 2 * 1024 * 1024 * 1024
    """Bytes of all temporary files together; mail that needs more gets 452."""
