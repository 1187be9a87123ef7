"""Wrong servers that are derived from the contract, datum by datum."""
