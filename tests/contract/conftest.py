from pathlib import Path

import pytest

from tests.contract.copies import Copy, copied


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return copied(tmp_path)
