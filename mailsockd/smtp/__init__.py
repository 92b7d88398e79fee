"""Mail in: the SMTP server."""
