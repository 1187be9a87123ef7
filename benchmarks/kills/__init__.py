"""Kills processes of ours at random moments, and looks at what they leave behind."""
