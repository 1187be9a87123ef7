"""Stores stories as cassettes, with everything personal or secret taken out first."""
