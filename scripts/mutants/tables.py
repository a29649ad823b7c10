"""What is said of a run: shares, their intervals, survivors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import sqrt
from typing import Any

from mutants.runs import Verdict

#: The normal distribution lies within this many standard deviations with probability 0.95.
DEVIATIONS = 1.959963984540054


def wilson(successes: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share (E. B. Wilson, J. Amer. Statist. Assoc. 22, 1927).

    Examples
    --------
    >>> [round(end, 3) for end in wilson(9, 10)]
    [0.596, 0.982]
    """
    share, z2 = successes / count, DEVIATIONS**2
    centre = (share + z2 / (2 * count)) / (1 + z2 / count)
    reach = sqrt(share * (1 - share) / count + z2 / (4 * count**2)) / (1 + z2 / count)
    return centre - DEVIATIONS * reach, centre + DEVIATIONS * reach


def lines(verdicts: Sequence[Verdict], sources: dict[str, bytes]) -> list[str]:
    """The report: survivors first, then how many of each file, then the share."""
    told = []
    for verdict in verdicts:
        if not verdict.noticed:
            change = verdict.change
            told.append(f"{change.path}:{change.line} {verdict.outcome} ({change.operator})")
            told.append(change.shown(sources[change.path]))
    told.append("")
    for path in sorted({verdict.change.path for verdict in verdicts}):
        told.append(f"{path:52} {_share([v for v in verdicts if v.change.path == path])}")
    return [*told, "", f"{'all':52} {_share(verdicts)}"]


def _share(verdicts: Sequence[Verdict]) -> str:
    noticed, outcomes = sum(v.noticed for v in verdicts), Counter(v.outcome for v in verdicts)
    low, high = wilson(noticed, len(verdicts))
    parts = ", ".join(f"{outcomes[name]} {name}" for name in outcomes)
    return (
        f"{100 * noticed / len(verdicts):5.1f} % of {len(verdicts)} "
        f"[{100 * low:.1f}, {100 * high:.1f}]  {parts}"
    )


def record(verdicts: Sequence[Verdict], settings: dict[str, Any]) -> dict[str, Any]:
    """The same as JSON types."""
    noticed = sum(verdict.noticed for verdict in verdicts)
    return {
        **settings,
        "count": len(verdicts),
        "noticed": noticed,
        "share": noticed / len(verdicts),
        "interval": wilson(noticed, len(verdicts)),
        "changes": [
            {
                **vars(verdict.change),
                "outcome": verdict.outcome,
                "by": verdict.by,
                "seconds": round(verdict.seconds, 3),
            }
            for verdict in verdicts
        ],
    }
