"""Side-by-side measurements: each is a ratio against a peer in the same run."""
