"""Who is trusted with what, held against the running programs."""
