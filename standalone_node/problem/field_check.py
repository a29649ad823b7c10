"""Is a user's field what it says: are jvp and vjp the derivatives of f, and which part is not?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError, FieldError
from standalone_node.model.field import FlatField
from standalone_node.model.nodal import block_slices
from standalone_node.problem.arguments import numbers, positive_number, whole_number
from standalone_node.problem.field_report import FieldReport, Finding

Array = NDArray[Any]
#: jvp against the best of several central differences of f, relatively.
DIFFERENCE_BOUND = 1e-6
#: vjp against jvp, and rows against the batch, where only rounding may differ.
EXACT_BOUND = 1e-10
#: Steps of the central differences, relative to the point.
DIFFERENCES = 10.0 ** -np.arange(1, 7)


def check_field(
    field: Any,
    width: int,
    *,
    states: ArrayLike | None = None,
    parameters: Mapping[str, ArrayLike] | None = None,
    horizon: float = 1.0,
    samples: int = 4,
    points: int = 3,
    seed: int = 0,
) -> FieldReport:
    """Test the derivatives of a field, part by part, at random points.

    Parameters
    ----------
    field : Field
        Or any object with its attributes.
    width : int
        d, the components of the state.
    states : array_like, shape (B, d) or (d,), optional
        Where the field is defined: rows are drawn from these and changed by about a tenth. Standard
        normal numbers if not given.
    parameters : mapping from str to array_like, optional
        The same for the parameters; `scale` times standard normal numbers where a name is missing.
    horizon : float
        Times are drawn from [0, horizon].
    samples, points : int
        Rows of a batch, at least 2, and number of batches; the largest error counts.
    seed : int

    Returns
    -------
    FieldReport
        `.ok`, `.wrong`, and `.raise_if_wrong()`. Checked are the shapes; that inputs are left as
        they were and rows do not depend on each other; jvp against central differences of f, for x
        and each parameter by itself; vjp against jvp in the same parts by <kappa, J v> =
        <J^T kappa, v> (against the differences, where jvp itself is wrong).

    Raises
    ------
    ArgumentError
        If the arguments cannot be used.

    Examples
    --------
    >>> from standalone_node import Field
    >>> decay = Field(
    ...     lambda t, x, p: -p["rate"] * x,
    ...     jvp=lambda t, x, p, dx, dp: -p["rate"] * dx - dp["rate"] * x,
    ...     vjp=lambda t, x, p, kappa: (-p["rate"] * kappa, {"rate": np.sum(kappa * x)}),
    ...     constant={"rate": ()},
    ... )
    >>> for finding in check_field(decay, width=2).wrong:
    ...     print(finding.sentence.split(" (")[0])
    vjp: the part of 'rate' is wrong
    """
    flat = _Guarded(field)
    whole_number("width", width, 1), whole_number("points", points, 1)
    draw = _Draw(flat, width, whole_number("samples", samples, 2), states, parameters, horizon)
    worst: dict[str, Finding] = {}
    for number in range(points):
        rng = np.random.default_rng((seed, number))
        for finding in _findings(flat, *draw.point(rng), rng):
            known = worst.get(finding.check)
            if known is None or not finding.error <= known.error:
                worst[finding.check] = finding
    return FieldReport(tuple(worst.values()))


def check_transposition(field: Any, t: float, x: Array, p: Array) -> None:
    """FieldError for what can be told exactly there, all but whether jvp is the derivative of f.

    That is wrong shapes, inputs that are changed, and a vjp that is not the transpose of jvp.
    """
    guarded, rng = _Guarded(field), np.random.default_rng(0)
    guarded.f(t, x, p)
    tangents = [
        _Tangent(name, dx, dp, guarded.jvp(t, x, p, dx, dp), EXACT_BOUND)
        for name, dx, dp in _directions(guarded, x, p, rng)
    ]
    for finding in _transposed(guarded, t, x, p, tangents, rng):
        if not finding.ok:
            raise FieldError(finding.sentence)


class _Guarded(FlatField):
    """A field that may change its inputs without harm, and is told that it does."""

    def shown(self, array: Array) -> Array:
        """The array itself, which is a copy."""
        return array

    def f(self, t: float, x: Array, p: Array) -> Array:
        with _left_alone("f", x=x, p=p) as (x, p):
            return super().f(t, x, p)

    def jvp(self, t: float, x: Array, p: Array, dx: Array, dp: Array) -> Array:
        with _left_alone("jvp", x=x, p=p, dx=dx, dp=dp) as (x, p, dx, dp):
            return super().jvp(t, x, p, dx, dp)

    def vjp(self, t: float, x: Array, p: Array, kappa: Array) -> tuple[Array, Array]:
        with _left_alone("vjp", x=x, p=p, kappa=kappa) as (x, p, kappa):
            return super().vjp(t, x, p, kappa)


@contextmanager
def _left_alone(function: str, **inputs: Array) -> Iterator[list[Array]]:
    """Copies of the inputs; FieldError if they are no longer the same at the end."""
    copies = [given.copy() for given in inputs.values()]
    yield copies
    for (name, given), copy in zip(inputs.items(), copies, strict=True):
        if not np.array_equal(given, copy, equal_nan=True):
            raise FieldError(f"{function} changes its input {name}: it has to leave it as it is")


class _Draw:
    """Random points in the domain of a field."""

    def __init__(
        self,
        flat: FlatField,
        width: int,
        samples: int,
        states: ArrayLike | None,
        parameters: Mapping[str, ArrayLike] | None,
        horizon: float,
    ) -> None:
        self._shape, self._flat = (samples, width), flat
        self._horizon = positive_number("horizon", horizon)
        self._states = None if states is None else np.atleast_2d(numbers("states", states))
        if self._states is not None and self._states.shape[1:] != (width,):
            raise ArgumentError(f"states have shape {self._states.shape} instead of (B, {width})")
        self._given, shapes = {}, dict(flat.blocks)
        for name, value in (parameters or {}).items():
            if name not in shapes:
                raise ArgumentError(f"{name!r} is no parameter of the field: leave it out")
            given, shape = numbers(f"values of {name!r}", value), shapes[name]
            try:
                self._given[name] = np.broadcast_to(given, shape).ravel()
            except ValueError:
                raise ArgumentError(
                    f"{name!r} is given with the shape {given.shape} instead of {shape}"
                ) from None

    def point(self, rng: np.random.Generator) -> tuple[float, Array, Array]:
        """A time, states (B, d) and flat parameters (P,)."""
        t, x = self._horizon * float(rng.random()), rng.standard_normal(self._shape)
        if self._states is not None:
            x = self._states[rng.integers(len(self._states), size=len(x))] * (1.0 + 0.1 * x)
        slices = block_slices(self._flat.blocks)
        p = rng.standard_normal(max(part.stop for part in slices.values()))
        scale = getattr(self._flat.field, "scale", None) or {}
        for name, part in slices.items():
            if name in self._given:
                p[part] = self._given[name] * (1.0 + 0.1 * p[part])
            else:
                p[part] *= scale.get(name, 1.0)
        return t, x, p


class _Tangent(NamedTuple):
    """A change of one part, what f changes by along it, and how exactly that is known."""

    name: str
    dx: Array
    dp: Array
    image: Array
    bound: float


def _findings(
    field: FlatField, t: float, x: Array, p: Array, rng: np.random.Generator
) -> Iterator[Finding]:
    try:
        velocity = field.f(t, x, p)
        if not np.isfinite(velocity).all():
            yield Finding("f: finite values", np.inf, 0.0, _NOT_FINITE)
            return
        yield _same_rows("f", velocity[:1], field.f(t, x[:1], p))
        tangents = []
        for name, dx, dp in _directions(field, x, p, rng):
            found = field.jvp(t, x, p, dx, dp)
            yield _same_rows("jvp", found[:1], field.jvp(t, x[:1], p, dx[:1], dp))
            difference, error = _difference(field, t, x, p, dx, dp, found, velocity)
            right = error <= DIFFERENCE_BOUND
            image, bound = (found, EXACT_BOUND) if right else (difference, DIFFERENCE_BOUND)
            tangents.append(_Tangent(name, dx, dp, image, bound))
            yield _wrong_part("jvp", name, error, DIFFERENCE_BOUND, "not the derivative of f")
        yield from _transposed(field, t, x, p, tangents, rng)
    except FieldError as wrong:
        sentence = str(wrong)
        yield Finding(re.split(r" has | changes | raises | \(", sentence)[0], np.inf, 0.0, sentence)


_NOT_FINITE = (
    "f is not finite at the random points: give check_field states and parameters that the field "
    "is made for"
)


def _directions(
    field: FlatField, x: Array, p: Array, rng: np.random.Generator
) -> Iterator[tuple[str, Array, Array]]:
    """Changes of x alone and of each parameter alone, of the size of what they change."""
    still, none = np.zeros_like(p), np.zeros_like(x)
    yield "x", rng.standard_normal(x.shape) * (float(np.abs(x).max()) or 1.0), still
    for name, part in block_slices(field.blocks).items():
        dp = still.copy()
        dp[part] = rng.standard_normal(part.stop - part.start) * (np.abs(p[part]).max() or 1.0)
        yield repr(name), none, dp


def _difference(
    field: FlatField,
    t: float,
    x: Array,
    p: Array,
    dx: Array,
    dp: Array,
    found: Array,
    velocity: Array,
) -> tuple[Array, float]:
    """The central difference of f that is nearest to `found`, and how far it is, relatively."""
    best, least = velocity, np.inf
    for eps in DIFFERENCES:
        with np.errstate(all="ignore"):
            ahead = field.f(t, x + eps * dx, p + eps * dp)
            difference = (ahead - field.f(t, x - eps * dx, p - eps * dp)) / (2.0 * eps)
        # Where f does not depend on a part, differences are nothing but rounding.
        error = _relative(_norm(difference - found), difference, found, 1e-3 * velocity)
        if error < least:
            best, least = difference, error
    return best, least


def _transposed(
    field: FlatField,
    t: float,
    x: Array,
    p: Array,
    tangents: list[_Tangent],
    rng: np.random.Generator,
) -> Iterator[Finding]:
    """vjp against the images of the tangents: <kappa, J v> = <J^T kappa, v>."""
    kappa = rng.standard_normal(x.shape)
    by_state, by_parameters = field.vjp(t, x, p, kappa)
    for name, dx, dp, image, bound in tangents:
        forward = float(np.vdot(kappa, image))
        part, change = (by_state, dx) if name == "x" else (np.where(dp, by_parameters, 0.0), dp)
        backward, size = float(np.vdot(part, change)), _norm(part) * _norm(change)
        size = max(size, _norm(kappa) * _norm(image))
        error = abs(forward - backward) / (size or 1.0)
        reason = "not the transpose of the derivative of f"
        if len(x) > 1 and abs(forward - len(x) * backward) <= bound * size:
            reason = "the mean over the batch where the sum is asked for"
        yield _wrong_part("vjp", name, error, bound, reason)


def _wrong_part(function: str, name: str, error: float, bound: float, reason: str) -> Finding:
    check = f"{function}: the part of {name}"
    return Finding(check, error, bound, f"{check} is wrong ({reason}, relative error {error:.1e})")


def _same_rows(function: str, together: Array, alone: Array) -> Finding:
    error = _relative(_norm(together - alone), together, alone)
    sentence = f"{function} of a row depends on the other rows of the batch"
    return Finding(f"{function}: rows by themselves", error, EXACT_BOUND, sentence)


def _relative(error: float, *sizes: Array) -> float:
    size = max(_norm(array) for array in sizes)
    return error / (size or 1.0)


def _norm(array: Array) -> float:
    largest = float(np.abs(array).max(initial=0.0))
    if not 0.0 < largest < np.inf:
        return largest
    return largest * float(np.linalg.norm(array / largest))  # squares may leave the range
