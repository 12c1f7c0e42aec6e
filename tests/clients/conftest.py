"""Makes the generated Python client importable, as if it were installed."""

from __future__ import annotations

import sys
from pathlib import Path

PACKAGE_DIR = Path(__file__).resolve().parents[2] / "generated" / "clients" / "python"

sys.path.insert(0, str(PACKAGE_DIR))
