"""Promotion of every pair of types, and of every type beside every Python number."""

import pytest

from tests.core.test_promotion import BINARY, binary_calls, check
from tests.core.test_promotion_functions import TWO, WRITES, two_calls


@pytest.mark.parametrize("name", BINARY)
def test_binary(name):
    check(name, binary_calls(name))


@pytest.mark.parametrize("name", [*TWO, *WRITES])
def test_two(name):
    check(name, two_calls(name))
