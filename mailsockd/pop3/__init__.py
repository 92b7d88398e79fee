"""Mail read by mail programs: POP3."""
