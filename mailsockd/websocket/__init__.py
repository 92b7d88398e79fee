"""Subscribers: the socket at /incoming-messages."""
