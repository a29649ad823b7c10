"""Figures of runs, networks and tests, each a function: axes in, axes out.

    import standalone_node as sn

    sn.plot.convergence(result)
    sn.plot.decision_regions(estimator, X, y)
    sn.plot.taylor(sn.taylor_test(problem, p, v), ax=axes)

Without ``ax=`` a function makes a figure of its own, by pyplot, so that notebooks show it. None
shows, saves or changes a setting. The names below are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from standalone_node.lazy import importer

if TYPE_CHECKING:
    from standalone_node.plot.animation import flow
    from standalone_node.plot.bends import l_curve
    from standalone_node.plot.blocks import weights
    from standalone_node.plot.orders import order
    from standalone_node.plot.regions import decision_regions
    from standalone_node.plot.remainders import taylor
    from standalone_node.plot.runs import convergence
    from standalone_node.plot.singular import spectrum
    from standalone_node.plot.stable import stability
    from standalone_node.plot.ways import components, phase_plane

#: The table: a figure, and the file below this folder in which the function of that name is. The
#: files have other names than the functions, or they would take their places here.
FIGURES: dict[str, str] = {
    "components": "ways",
    "convergence": "runs",
    "decision_regions": "regions",
    "flow": "animation",
    "l_curve": "bends",
    "order": "orders",
    "phase_plane": "ways",
    "spectrum": "singular",
    "stability": "stable",
    "taylor": "remainders",
    "weights": "blocks",
}

__all__ = [
    "components",
    "convergence",
    "decision_regions",
    "flow",
    "l_curve",
    "order",
    "phase_plane",
    "spectrum",
    "stability",
    "taylor",
    "weights",
]


__getattr__ = importer(__name__, FIGURES)


def __dir__() -> list[str]:
    return list(__all__)
