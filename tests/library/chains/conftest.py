"""The oracle and the worlds that it judges lie beside these tests."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.append(str(HERE))
sys.path.append(str(HERE.parents[1] / "vectors"))
