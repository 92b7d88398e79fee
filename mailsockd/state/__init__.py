"""What the server knows, in memory, without I/O; time is an argument."""
