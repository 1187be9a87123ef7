"""Wrong bodies, generated from the schemas of the contract."""
