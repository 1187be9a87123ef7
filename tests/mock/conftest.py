from __future__ import annotations

import pytest

from pay_conformance.contract import Contract
from pay_conformance.mock import Mock
from tests.mock.shop import Shop, embedded


@pytest.fixture(scope="session")
def contract() -> Contract:
    return Contract.load()


@pytest.fixture
def mock(contract: Contract) -> Mock:
    return Mock(contract)


@pytest.fixture(params=["v1", "v2"])
def shop(request: pytest.FixtureRequest, mock: Mock, contract: Contract) -> Shop:
    return embedded(mock, contract, request.param)


@pytest.fixture
def shop2(mock: Mock, contract: Contract) -> Shop:
    return embedded(mock, contract, "v2")
