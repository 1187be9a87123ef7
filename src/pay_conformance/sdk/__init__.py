"""SDKs as subjects: behind an adapter, on a real wire, held to cases that are data."""
