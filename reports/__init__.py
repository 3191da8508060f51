"""Draws a model's card: pictures (matplotlib) and one self-contained page.

    card.json ─> sides ─> curves, bars, regression ──────────> PNGs ─┐
              └> tables, wording, numbers, conclusions ─────────┴> page ─> report.html

Everything comes from the card, a dict as `evaluate_model` writes it; nothing here knows AWS.
"""

import os
from pathlib import Path

# Matplotlib keeps its list of fonts there; else in the user's home. It is read when matplotlib is first imported.
os.environ.setdefault("MPLCONFIGDIR", str(Path(__file__).resolve().parents[1] / "build" / "matplotlib"))
