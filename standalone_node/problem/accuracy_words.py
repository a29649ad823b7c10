"""What is said of an accuracy: a verdict on the derivative, and the figures it goes by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from standalone_node.summary import digits

if TYPE_CHECKING:
    from standalone_node.problem.accuracy import Accuracy

#: A relative error of the discretisation above which the grid is called coarse.
COARSE = 0.05
OVERFLOWS = "not measurable: the state overflows"
LINEAR = "not measurable: the remainder is nothing but rounding; see the dot test"


def accuracy_rows(found: Accuracy) -> tuple[tuple[str, str], ...]:
    """The rows of a section that tells it."""
    return (
        ("measured on", _rows(found)),
        ("derivative", _verdict(found)),
        ("Taylor slope", _slopes(found)),
        ("dot test", _dots(found)),
        ("cost, h against h/2", _costs(found)),
        ("outputs, h against h/2", _unless_nan(found.output_change, "{} relative")),
        ("discretisation error", _error(found)),
    )


def _rows(found: Accuracy) -> str:
    kind, kinds = "row", f"{found.counting_rows:,} rows"
    if found.counting_rows < found.of_rows:
        kind, kinds = "row that counts", f"{found.counting_rows:,} rows that count"
    elif found.given_rows > found.of_rows:
        kind = f"different row (of {found.given_rows:,})"
        kinds = f"{found.of_rows:,} different rows (of {found.given_rows:,})"
    if found.rows < found.counting_rows:
        rows = f"{found.rows:,} of {kinds}, evenly chosen"
    else:
        rows = f"all {kinds}" if found.rows > 1 else f"1 {kind}"
    fewer = found.derivative_rows < found.rows
    return f"{rows}; the derivative on {found.derivative_rows} of them" if fewer else rows


def _verdict(found: Accuracy) -> str:
    if np.isnan([found.dot_error, found.dot_error_near]).all():
        return OVERFLOWS
    failed = [
        name
        for name, fails in (
            ("Taylor test", found.taylor_fails),
            ("dot test", found.dot_fails),
        )
        if fails
    ]
    if not failed:
        return "the derivative is exact"
    fail = "fails" if len(failed) == 1 else "fail"
    return f"not exact: the {' and the '.join(failed)} {fail}"


def _slopes(found: Accuracy) -> str:
    slopes = found.taylor_order, found.taylor_order_near
    if np.isnan([found.dot_error, found.dot_error_near]).all():
        return OVERFLOWS
    if np.isnan(slopes).all():
        return LINEAR
    at, near = (LINEAR.partition(":")[0] if np.isnan(s) else f"{s:.2f}" for s in slopes)
    smooth = " and the activation smooth, which it is not" if found.kinks else ""
    double = "; in double precision" if found.single else ""
    failed = "; failed" if found.taylor_fails else ""
    return f"{at} at the solution, {near} near it (2 if exact{smooth}{double}){failed}"


def _dots(found: Accuracy) -> str:
    errors = found.dot_error, found.dot_error_near
    if np.isnan(errors).all():
        return OVERFLOWS
    at, near = ("not measurable" if np.isnan(error) else digits(error) for error in errors)
    failed = "failed: " if found.dot_fails else ""
    return f"{failed}{at} at the solution, {near} near it (at most {found.dot_bound:g} if exact)"


def _costs(found: Accuracy) -> str:
    change = _unless_nan(found.cost_change, "{} relative")
    if np.isnan(found.cost_change):
        return change
    return f"{found.cost:.6g} against {found.fine_cost:.6g}, {change}"


def _error(found: Accuracy) -> str:
    if np.isnan(found.output_change):
        return OVERFLOWS
    if found.output_change <= 8.0 * found.rounding:
        return f"below rounding, {digits(found.rounding)} of the outputs"
    share = digits(found.discretisation_error)
    rule = f"about {share} of the outputs, by Richardson's rule for order {found.order}"
    if not np.isnan(found.observed_order):
        rule = f"{rule} ({found.observed_order:.1f} seen)"
    if found.discretisation_error <= COARSE:
        return rule
    return (
        f"{rule}; coarse: this is the solution of its own grid rather than the ODE's, and more "
        "steps come nearer to it"
    )


def _unless_nan(value: float, words: str) -> str:
    return OVERFLOWS if np.isnan(value) else words.format(digits(value))
