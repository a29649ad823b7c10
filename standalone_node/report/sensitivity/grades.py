"""From a number to a grade: one table of thresholds, each with its reason."""

from __future__ import annotations

import math
from dataclasses import dataclass

from standalone_node.report.document import Grade


@dataclass(frozen=True)
class Threshold:
    """Where good and fair end.

    Attributes
    ----------
    good, fair : float
        Of a quantity that is the better the larger, the least values of both.
    reason : str
        Why there.
    """

    good: float
    fair: float
    reason: str

    def grade(self, value: float | None) -> Grade:
        """The grade of a value; "neutral" for None and NaN."""
        if value is None or math.isnan(value):
            return "neutral"
        if value >= self.good:
            return "good"
        return "fair" if value >= self.fair else "poor"


#: The table: what is judged, and by which thresholds.
THRESHOLDS = {
    # (accuracy - baseline) / (1 - baseline)
    "avoided mistakes": Threshold(
        0.8,
        0.4,
        "The share of the mistakes of the baseline that are avoided; Landis and Koch (1977) call "
        "agreement beyond chance over 0.8 almost perfect and below 0.4 fair at best.",
    ),
    "explained variance": Threshold(
        0.75,
        0.25,
        "R² = 0.75 leaves half of the spread of the target as error, R² = 0.25 seven eighths.",
    ),
    # In spreads, divided by the root of the number of features: the change of one feature.
    "distance": Threshold(
        0.3,
        0.1,
        "A change of a tenth of a spread in every feature is about what careful measuring cannot "
        "avoid; two rows drawn at random differ by 1.4 spreads in each.",
    ),
    "certified share": Threshold(
        0.9,
        0.5,
        "At a tenth of a spread: nine rows of ten leave few exceptions, and below a half the proof "
        "says nothing about the typical row.",
    ),
    # Minus the calibration error beyond what chance alone makes of so few rows.
    "calibration": Threshold(
        -0.02,
        -0.1,
        "Two points are below what people read out of a probability; ten points turn 80 % into "
        "90 %.",
    ),
    # In multiples of the noise that was given.
    "validity": Threshold(
        1.0,
        0.1,
        "From 1 on the first order answers the question that was asked; below a tenth it is about "
        "other noise.",
    ),
    "stays": Threshold(
        0.99,
        0.9,
        "One changed class in a hundred is rare next to the mistakes of most networks, one in ten "
        "is not.",
    ),
}
