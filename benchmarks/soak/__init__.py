"""Half an hour of mixed load with faults, and what the mock and the gateway are like after it."""
