"""What all tests of this folder share."""

import pytest

from pipelines import intake


@pytest.fixture(autouse=True)
def looks_follow_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two looks at an inbox that no one else writes to need no second between them."""
    monkeypatch.setattr(intake, "LOOK_SECONDS", 0.01)
