"""The inks of all figures: text, axes, lines to compare with."""

from __future__ import annotations

PAPER = "#ffffff"
INK = "#1b1f24"  # text, and what has to be seen first
SOFT = "#57606a"  # text beside, axes
FAINT = "#8b949e"  # lines to compare with
GRID = "#e4e7ea"
#: Text on a deep shade of an image, which is the same on both papers.
ON_SHADE = "#fefefe"
