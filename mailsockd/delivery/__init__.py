"""Mail out: the channels that a stored message goes through."""
