"""What the generated tests of a server are made with."""

from __future__ import annotations

import pytest

from pay_conformance.generate.databases import open_database
from pay_conformance.generate.examples import Examples
from pay_conformance.scenario import Story

_USUAL = 20


@pytest.fixture
def examples(request: pytest.FixtureRequest, story: Story) -> Examples:
    """Makes as many examples as ``--examples`` says, in proportion to the usual number."""
    asked = request.config.option.examples
    database = open_database(request.config.option.examples_database)
    return Examples(story, factor=1.0 if asked is None else asked / _USUAL, database=database)
