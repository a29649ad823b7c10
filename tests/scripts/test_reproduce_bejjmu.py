"""The scripts on Sobolev NCG: their tables with tiny arguments, and the problem with an answer."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import standalone_node as sn

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
known: Any = importlib.import_module("reproduction.known_answer")
methods: Any = importlib.import_module("reproduce_bejjmu")
inverse: Any = importlib.import_module("reproduce_bejjmu_inverse")


def rows(text: str) -> list[list[str]]:
    """The cells of all lines of tables."""
    return [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]


def test_the_answer_is_known_up_to_the_error_of_the_coarser_scheme() -> None:
    answer = known.known_answer(0)
    assert answer.flow_error(answer.theta) < 1e-3
    assert answer.path_error(answer.theta) < 1e-3
    assert answer.problem.residual(answer.theta) < 1e-3


def test_the_noise_level_is_what_the_true_parameters_are_off_by() -> None:
    answer = known.known_answer(3, noise=0.05)
    assert answer.problem.residual(answer.theta) == pytest.approx(answer.noise_level, rel=0.1)
    assert answer.theta_error(answer.theta) == 0.0
    assert answer.theta_error(2.0 * answer.theta) == pytest.approx(1.0)


def test_constant_answers_are_constant_and_the_inputs_are_the_same() -> None:
    answer = known.known_answer(1, constant=True)
    assert answer.theta.roughness == pytest.approx(0.0, abs=1e-20)
    assert np.array_equal(answer.problem.inputs, known.known_answer(1).problem.inputs)


def test_a_network_that_a_user_gives_is_the_built_in_one() -> None:
    assert sn.check_field(known.Network(), 3).ok
    seen, last = known.known_answer(1, observed=4), known.known_answer(1)
    assert seen.problem.solve_direct(seen.start) == pytest.approx(
        last.problem.solve_direct(last.start), abs=1e-12
    )
    assert seen.problem.residual(seen.theta) < 1e-3


def test_the_inside_of_a_path_leaves_out_its_ends() -> None:
    times = np.linspace(0.0, 1.0, 5)
    values = np.array([9.0, 1.0, 2.0, 3.0, -9.0])[:, None, None]
    p = sn.Parameters(times, values, np.zeros((5, 1)))
    assert methods.inner_roughness(p) == pytest.approx(2.0 / 0.25)


def test_sweeps_to_a_cost_are_counted_from_the_history() -> None:
    problem = methods.inverse(0.0, 0)
    run = methods.course(problem, 0, (0.1, 0.05), 200.0, metric=sn.L2())
    assert run.sweeps_to(0.1) <= run.sweeps_to(0.05) == run.sweeps[-1] < 200.0
    assert problem.cost(run.reached[0.05][1]) <= 0.05 < run.costs[-2]
    assert np.isnan(methods.course(problem, 0, (1e-9,), 10.0).sweeps_to(1e-9))


def test_never_is_beyond_all_numbers() -> None:
    assert methods.counted([3.0, np.nan, 5.0]) == "5 (3–never)"
    assert methods.counted([np.nan, np.nan, 5.0]) == "never (5–never)"
    assert methods.counted([1.0, 2.0]) == "2 (1–2)"
    assert methods.counted([np.nan]) == "never"


def test_a_rate_that_overflows_is_not_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(methods.RATES, "sgd", (1e9, 1.0))
    assert methods.best_rate(methods.CASES["inverse, γ = 0.001"], "sgd", 6.0) == 1.0


def test_the_methods_have_their_tables_and_figures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    case = methods.CASES["inverse"]
    quick = methods.Case(case.make, 0.0, (0.5, 0.2))
    monkeypatch.setattr(methods, "CASES", dict.fromkeys(("spirals", "inverse", "circles"), quick))
    monkeypatch.setattr(methods, "RATES", {"sgd": (10.0,), "adam": (0.1,)})
    figures = [str(tmp_path / name) for name in ("courses.png", "paths.png")]
    argv = ["--seeds", "1", "--sweeps", "24", "--figure", figures[0], "--paths", figures[1]]
    monkeypatch.setattr(sys, "argv", ["reproduce_bejjmu.py", *argv])
    methods.main()
    shown = rows(capsys.readouterr().out)
    firsts = [cells[0].strip() for cells in shown]
    assert firsts.count("Sobolev(1) NCG") == firsts.count("SGD, rate 10") == 3
    assert all(
        float(cells[-1]) >= 1.0 / 1.5 for cells in shown if len(cells) == 9 and "." in cells[-1]
    )
    assert all(Path(figure).stat().st_size > 1000 for figure in figures)


def test_the_inverse_problem_has_its_tables_and_figure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    figure = tmp_path / "inverse.png"
    argv = ["x.py", "--seeds", "1", "--iterations", "15", "--figure", str(figure)]
    monkeypatch.setattr(sys, "argv", argv)
    inverse.main()
    shown = rows(capsys.readouterr().out)
    heads = 4
    assert len(shown) == heads + len(inverse.METRICS) * 4 + 2 * len(inverse.THETAS) - 1
    constant = [cells for cells in shown if cells[0].startswith("inside, constant")]
    assert float(constant[0][2].split()[0]) < 20.0  # per cent, without noise
    assert figure.exists()
