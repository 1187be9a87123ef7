"""Examples of programs that use Amazon Pay."""
