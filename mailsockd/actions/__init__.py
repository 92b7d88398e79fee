"""What a caller may do: one async function a use case."""
