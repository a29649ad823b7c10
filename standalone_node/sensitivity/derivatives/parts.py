"""Many rows a part at a time, so that memory does not grow with their number."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from standalone_node.problem.network import Network

Array = NDArray[Any]

#: Bytes that the arrays of one part take, as far as the number of rows allows.
BYTES = 32_000_000


def parts_of(network: Network, rows: Array, numbers: int) -> list[slice]:
    """Parts of the rows (B, p), as slices, of which each row needs so many float64 numbers.

    Raises
    ------
    StateOverflow
        If the state of a row overflows; it is named by its place among all rows.
    """
    network.final(rows)
    at_once = max(1, BYTES // (8 * numbers))
    return [slice(k, min(k + at_once, len(rows))) for k in range(0, len(rows), at_once)]
