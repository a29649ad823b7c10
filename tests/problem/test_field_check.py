"""A wrong derivative of a user's field is found, and named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from fields import Epidemic, Network

import standalone_node as sn
from standalone_node.errors import ArgumentError, FieldError


def altered(function: str, part: str | None = None, change: Any = None) -> Any:
    """The epidemic with one function (or one part of its vjp) changed afterwards."""
    field = Epidemic(0.3)
    right = getattr(field, function)

    def wrong(*inputs: Any) -> Any:
        found = right(*inputs)
        if function != "vjp":
            return change(found, *inputs)
        by_state, by_p = found
        if part == "x":
            return change(by_state), by_p
        return by_state, {**by_p, part: change(by_p[part])}

    setattr(field, function, wrong)
    return field


def sentences(field: Any, **options: Any) -> list[str]:
    return [finding.sentence for finding in sn.check_field(field, 3, **options).wrong]


@pytest.mark.parametrize("field", [Epidemic(), Epidemic(0.3), Network(3), Network(3, ("b",))])
def test_a_right_field_passes(field: Any) -> None:
    report = sn.check_field(field, 3)
    assert report.ok and report and report.wrong == ()
    report.raise_if_wrong()
    assert "WRONG" not in str(report)
    assert all(f.error <= 1e-9 for f in report.findings)


@pytest.mark.parametrize("part", ["x", "beta", "gamma"])
@pytest.mark.parametrize("factor", [-1.0, 0.0, 1.001, np.nan])
def test_a_wrong_part_of_the_vjp_is_the_only_one_named(part: str, factor: float) -> None:
    report = sn.check_field(altered("vjp", part, lambda g: factor * g), 3)
    name = part if part == "x" else repr(part)
    assert [finding.check for finding in report.wrong] == [f"vjp: the part of {name}"]
    with pytest.raises(FieldError, match=f"vjp: the part of {name} is wrong"):
        report.raise_if_wrong()
    assert not report and f"vjp: the part of {name} is wrong" in str(report)


@pytest.mark.parametrize("name", ["beta", "gamma"])
def test_a_wrong_part_of_the_jvp_is_the_only_one_named(name: str) -> None:
    """The vjp is right, and is then compared with differences of f: it is not blamed."""

    def forget(found: Any, t: float, x: Any, p: Any, dx: Any, dp: Any) -> Any:
        none = {key: np.zeros(()) for key in dp}
        return found - Epidemic(0.3).jvp(t, x, p, 0.0 * dx, {**none, name: dp[name]})

    report = sn.check_field(altered("jvp", None, forget), 3)
    assert [finding.check for finding in report.wrong] == [f"jvp: the part of '{name}'"]


def test_jvp_and_vjp_that_are_wrong_together_are_both_named() -> None:
    field = altered("f", None, lambda found, t, x, p: found * [1.0, 1.0, 2.0])
    wrong = {finding.check for finding in sn.check_field(field, 3).wrong}
    assert wrong == {
        f"{f}: the part of {part}" for f in ("jvp", "vjp") for part in ("x", "'gamma'")
    }


def test_a_mean_over_the_batch_is_recognised() -> None:
    (found,) = sentences(altered("vjp", "beta", lambda g: g / 4.0))
    assert "'beta' is wrong (the mean over the batch where the sum is asked for" in found


def test_a_part_that_is_not_summed_is_recognised() -> None:
    (found,) = sentences(altered("vjp", "beta", lambda g: np.full(4, g)))
    assert "'beta' has shape (4,) instead of (): sum it over the batch" in found


def test_rows_that_depend_on_each_other_are_found() -> None:
    field = altered("f", None, lambda found, t, x, p: found + x.mean(axis=0))
    assert "f of a row depends on the other rows of the batch" in sentences(field)


@pytest.mark.parametrize("function", ["f", "jvp", "vjp"])
def test_inputs_that_are_changed_are_named(function: str) -> None:
    field = Epidemic()
    right = getattr(field, function)

    def greedy(t: float, x: Any, *more: Any) -> Any:
        found = right(t, x, *more)
        x *= 2.0
        return found

    setattr(field, function, greedy)
    assert sentences(field) == [f"{function} changes its input x: it has to leave it as it is"]


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (None, "f has the type object"),
        ("x", "f has the type <U1"),
        ([[1.0, 2.0], [1.0]], "f has rows of different lengths"),
        (np.ones((4, 3), complex), "f has the type complex128: return real numbers"),
    ],
)
def test_what_is_no_array_of_real_numbers_is_named(returned: Any, message: str) -> None:
    (found,) = sentences(altered("f", None, lambda *_: returned))
    assert message in found


def test_a_field_is_tested_where_it_is_defined() -> None:
    root = sn.Field(
        lambda t, x, p: np.sqrt(x - 10.0) + np.log(p["a"]),
        jvp=lambda t, x, p, dx, dp: 0.5 * dx / np.sqrt(x - 10.0) + dp["a"] / p["a"],
        vjp=lambda t, x, p, k: (0.5 * k / np.sqrt(x - 10.0), {"a": np.sum(k) / p["a"]}),
        varying={"a": ()},
    )
    with np.errstate(invalid="ignore"):
        (found,) = [f.sentence for f in sn.check_field(root, 1).wrong]
    assert "not finite at the random points" in found
    assert sn.check_field(root, 1, states=[30.0], parameters={"a": 5.0}).ok


def test_a_parameter_that_the_field_does_not_use_passes() -> None:
    field = sn.Field(
        lambda t, x, p: np.sin(x),
        jvp=lambda t, x, p, dx, dp: np.cos(x) * dx,
        vjp=lambda t, x, p, k: (np.cos(x) * k, {"idle": np.zeros(2)}),
        varying={"idle": (2,)},
    )
    assert sn.check_field(field, 2).ok


def test_the_same_seed_finds_the_same_errors() -> None:
    assert sn.check_field(Network(3), 3, seed=4) == sn.check_field(Network(3), 3, seed=4)
    assert sn.check_field(Network(3), 3, seed=4) != sn.check_field(Network(3), 3, seed=5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"samples": 1}, "samples = 1"),
        ({"points": 0}, "points = 0"),
        ({"states": np.ones((2, 4))}, "states have shape"),
        ({"parameters": {"delta": 1.0}}, "'delta' is no parameter"),
        ({"parameters": {"beta": [1.0, 2.0]}}, r"'beta' is given with the shape \(2,\)"),
        ({"parameters": {"beta": "fast"}}, "values of 'beta' have to be an array of numbers"),
        ({"states": "S"}, "states have to be an array of numbers"),
        ({"horizon": -1.0}, "horizon = -1.0 has to be a positive number"),
        ({"horizon": "7"}, "horizon = '7' has to be a positive number"),
    ],
)
def test_arguments_that_cannot_be_used_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        sn.check_field(Epidemic(), 3, **options)
