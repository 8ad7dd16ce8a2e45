"""Where the real device exports lie that tests compare with; they are not part of the project."""

import os
from pathlib import Path

import pytest

_CHECKOUT = Path(__file__).resolve().parents[1]

REAL = Path(os.environ.get("FOOTFALL_REAL_EXPORTS", _CHECKOUT.parent / "shared" / "real_exports"))

needs_real_exports = pytest.mark.skipif(
    not REAL.is_dir(), reason="no real exports here; set FOOTFALL_REAL_EXPORTS to their folder"
)
