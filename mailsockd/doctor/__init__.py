"""mailsockctl doctor: what keeps a server from working, or makes it unsafe, and what to do about it."""
