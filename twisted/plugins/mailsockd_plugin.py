"""Lets twistd find mailsockd."""

from twisted.application.service import ServiceMaker

mailsockd = ServiceMaker("mailsockd", "mailsockd.tap", "Mail in by SMTP, JSON out by WebSocket.", "mailsockd")
