"""State and mail on disk."""
