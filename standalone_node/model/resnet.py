"""A trained finite ResNet as parameters of depth: its layers are the steps of Euler's scheme.

References
----------
He, Xie, Lin 2019, doi 10.1007/978-3-030-31654-9_51, who start an infinite network from a finite
one.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.depth import uniform_grid
from standalone_node.model.forms import FORM_BLOCKS, form_blocks
from standalone_node.model.nodal import Blocks, Parameters

Array = NDArray[np.float64]


def resnet_parameters(
    blocks: Mapping[str, ArrayLike], *, horizon: float | None = None, form: str = "inside"
) -> Parameters:
    """The parameters with which Euler's scheme in L steps is the ResNet x + F_l(x), l < L.

    Parameters
    ----------
    blocks : mapping of str to array_like, shape (L, ...)
        The blocks of the form by name, one entry a layer: W (L, d, d) and b (L, d) for "inside"
        and "outside"; W1 (L, inner, d), b (L, inner), W2 (L, d, inner) and c (L, d) for
        "bottleneck"; w (L, M, d), b (L, M) and A (L, d, M) for "mean-field".
    horizon : float, optional
        T. L if not given for the form "inside", whose layers cannot be scaled; 1 for the others,
        whose outermost layer takes the factor L / T.
    form : str
        What F_l is.

    Returns
    -------
    Parameters
        On the uniform grid of L + 1 nodes: layer l at node l, the last one at the end too.

    Raises
    ------
    ArgumentError
        If the form is unknown, a block is missing, is none of the form, has another shape than the
        others ask for or is not finite; or if the horizon is not the only possible one, L.

    Notes
    -----
    ``InverseProblem(..., horizon=T, steps=L, scheme="euler")`` computes the same numbers as the
    ResNet, to rounding. With more steps or another scheme it is the network of infinitely many
    layers that runs through the same weights.

    Examples
    --------
    >>> import numpy as np
    >>> p = resnet_parameters({"W": np.ones((4, 1, 1)), "b": np.zeros((4, 1))}, form="outside")
    >>> p.horizon, p.weights.ravel().tolist()
    (1.0, [4.0, 4.0, 4.0, 4.0, 4.0])
    """
    if not isinstance(blocks, Mapping):
        raise ArgumentError(f"blocks = {blocks!r} has to map the names of blocks to arrays")
    arrays = {name: _numbers(name, block) for name, block in blocks.items()}
    expected = _expected(arrays, form)
    layers = _checked(arrays, expected)
    total = _horizon(horizon, layers, form)
    scaled = {
        name: arrays[name] * (layers / total if name in FORM_BLOCKS[form].outermost else 1.0)
        for name, _ in expected
    }
    nodal = {name: np.concatenate([block, block[-1:]]) for name, block in scaled.items()}
    return Parameters.from_blocks(uniform_grid(total, layers + 1), nodal)


def _numbers(name: str, block: ArrayLike) -> Array:
    try:
        return np.array(block, dtype=np.float64)
    except (TypeError, ValueError):
        raise ArgumentError(
            f"block {name!r} has to be an array of numbers, with as many for each of the layers"
        ) from None


def _expected(arrays: dict[str, Array], form: str) -> Blocks:
    """The blocks of the form, for the widths that its first block shows."""
    names = [name for name, _ in form_blocks(form, 1)]
    if set(names) != set(arrays):
        raise ArgumentError(
            f"blocks has {', '.join(arrays) or 'nothing'}, but the form {form!r} has the blocks "
            f"{', '.join(names)}: give these"
        )
    first = arrays[names[0]]
    if first.ndim != 3 or 0 in first.shape:
        raise ArgumentError(
            f"block {names[0]!r} has shape {first.shape}, but has to hold a matrix for each of "
            "the L layers: (L, rows, columns)"
        )
    _, inner, width = first.shape
    return form_blocks(form, width, inner if FORM_BLOCKS[form].inner else None)


def _checked(arrays: dict[str, Array], expected: Blocks) -> int:
    """L, if the arrays have the shapes they should have."""
    layers = len(arrays[expected[0][0]])
    for name, shape in expected:
        if arrays[name].shape != (layers, *shape):
            raise ArgumentError(
                f"block {name!r} has shape {arrays[name].shape}, but beside {expected[0][0]!r} it "
                f"has to be {(layers, *shape)}"
            )
        if not np.isfinite(arrays[name]).all():
            raise ArgumentError(f"block {name!r} has NaN or infinite values: all have to be finite")
    return layers


def _horizon(horizon: float | None, layers: int, form: str) -> float:
    scales = bool(FORM_BLOCKS[form].outermost)
    if horizon is None:
        return 1.0 if scales else float(layers)
    if not isinstance(horizon, int | float | np.number) or not 0.0 < float(horizon) < np.inf:
        raise ArgumentError(f"horizon = {horizon!r} has to be a positive number")
    if not scales and horizon != layers:
        raise ArgumentError(
            f"horizon = {horizon!r} has to be the number of layers, {layers}: the form {form!r} "
            "ends with the activation, so that a step of another length than 1 is no layer"
        )
    return float(horizon)
