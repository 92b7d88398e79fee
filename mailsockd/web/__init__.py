"""HTTP, knowing nothing of mail: routes, bodies, keys, limits."""
