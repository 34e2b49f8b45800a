"""The writer of the vectors makes the blocks that are changed here."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "vectors"))
