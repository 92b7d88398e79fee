"""Mail in: SMTP."""
