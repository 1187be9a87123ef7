"""What is offered for CI works: its steps are run."""
