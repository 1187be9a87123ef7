"""The commands of ``pay-conformance``, a module each."""
