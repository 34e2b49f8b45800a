"""The makers of vectors and of worlds are shared with their own tests."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).parents[2]
sys.path.append(str(Path(__file__).parent))
sys.path.append(str(TESTS / "vectors"))
sys.path.append(str(TESTS / "library" / "chains"))
