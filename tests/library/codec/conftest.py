"""The writer of CBOR that the vectors are made with is an oracle here: it shares no code with the codec."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "vectors"))
