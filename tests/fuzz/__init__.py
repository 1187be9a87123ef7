"""Fuzzing of every parser of foreign input: targets, kept inputs, and a command that finds more."""
