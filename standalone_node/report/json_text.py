"""Plain values as JSON text."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any


def json_text(facts: Mapping[str, Any]) -> str:
    """A dict as JSON; NaN and infinity, which JSON does not know, as null.

    Examples
    --------
    >>> print(json_text({"cost": float("nan"), "shape": (2, 3)}))
    {
      "cost": null,
      "shape": [
        2,
        3
      ]
    }
    """
    return json.dumps(_plain(facts), indent=2, ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if hasattr(value, "tolist"):  # of NumPy, which is not imported for this
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
