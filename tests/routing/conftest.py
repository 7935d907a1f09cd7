"""The router as shipped, built once."""

from __future__ import annotations

import pytest

from config.reference import load_router
from routing.classify import Router


@pytest.fixture(scope="session")
def router() -> Router:
    """Everything from the shipped reference data."""
    return load_router()
