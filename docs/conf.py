"""Builds the documentation: ``tox run -e docs``."""

project = "amazon-pay-conformance"
author = "The amazon-pay-conformance maintainers"
copyright = "2026, the amazon-pay-conformance maintainers"

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
myst_heading_anchors = 4
html_theme = "furo"
html_title = "amazon-pay-conformance"
html_show_sphinx = False
nitpicky = True
