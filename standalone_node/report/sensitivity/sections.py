"""The sections of the sensitivity report: a file each, and the table that lists them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from standalone_node.report.document import Section
from standalone_node.report.sensitivity import (
    accuracy,
    attack,
    certificate,
    depth,
    jacobian,
    noise,
    posterior,
    whole_range,
)
from standalone_node.report.sensitivity.context import Context

#: The table: a question and the function that makes its section, in the order of the report.
SECTIONS: dict[str, Callable[[Mapping[str, Any], Context], Section]] = {
    "accuracy": accuracy.section,
    "jacobian": jacobian.section,
    "global": whole_range.section,
    "depth": depth.section,
    "noise": noise.section,
    "posterior": posterior.section,
    "attack": attack.section,
    "certificate": certificate.section,
}
