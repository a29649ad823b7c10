"""`node-fit compare`: one network by several methods, from a CSV file."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from flowers import Run

from standalone_node.learn.contenders import COMPARED

QUICK = ("--steps", "2", "--max-sweeps", "12")
COMPARE = ("compare", "flowers.csv", "--target", "kind", *QUICK)


def test_compare_shows_all_methods_and_writes_a_folder(run: Run, folder: Path) -> None:
    result = run(*COMPARE, "-o", "made/here")
    assert result.exit_code == 0, result.stderr
    assert {path.name for path in (folder / "made/here").iterdir()} == {
        "comparison.csv",
        "comparison.png",
    }
    for contender in COMPARED.values():
        assert contender.label in result.stdout and f"{contender.label}" in result.stderr
    assert "held-out" in result.stdout and "roughness" in result.stdout
    with (folder / "made/here/comparison.csv").open(newline="") as file:
        assert {row["method"] for row in csv.DictReader(file)} == set(COMPARED)
    assert "will be replaced" in run(*COMPARE, "-o", "made/here", "--methods", "sgd").stderr


def test_compare_as_json_has_chosen_methods_and_options_in_its_sentences(
    run: Run, folder: Path
) -> None:
    result = run(*COMPARE, "--methods", "adam,l2-ncg", "--json", "-q")
    assert result.exit_code == 0 and result.stderr == ""
    facts = json.loads(result.stdout)
    assert [method["name"] for method in facts["methods"]] == ["l2-ncg", "adam"]
    assert facts["limits"] == {"sweeps": 12, "seconds": 8.0, "tolerance": 1e-6}
    assert facts["rows"] == {"train": 19, "test": 5, "left_out": 0}
    sentences = {method["end_state"]["sentence"] for method in facts["methods"]}
    assert sentences == {"The limit of sweeps was reached: raise --max-sweeps to go on."}
    assert sorted(path.name for path in folder.iterdir()) == ["flowers.csv"]


def test_the_network_options_reach_the_network(run: Run) -> None:
    options = ("--methods", "l2-ncg", "--json", "-q", "--h1", "0.5", "--scheme", "rk4")
    settings = json.loads(run(*COMPARE, *options).stdout)["settings"]
    assert settings["h1"] == 0.5 and settings["scheme"] == "rk4" and settings["steps"] == 2


def test_the_seed_draws_rows_and_start(run: Run) -> None:
    def costs(seed: str) -> list[float]:
        result = run(
            *COMPARE, "--methods", "sobolev-ncg,resnet,sgd", "--json", "-q", "--seed", seed
        )
        return [method["cost"] for method in json.loads(result.stdout)["methods"]]

    assert costs("1") == costs("1") and not set(costs("1")) & set(costs("2"))


def test_a_figure_alone(run: Run, folder: Path) -> None:
    result = run(*COMPARE, "--methods", "l2-ncg", "--figure", "costs.svg")
    assert result.exit_code == 0, result.stderr
    assert (folder / "costs.svg").read_bytes().startswith(b"<?xml")
    assert sorted(path.name for path in folder.iterdir()) == ["costs.svg", "flowers.csv"]


def test_a_quantity_is_compared_by_its_r2(run: Run) -> None:
    options = ("--target", "width", "--ignore", "kind", "--l2", "0.01", "--methods", "lbfgs")
    result = run("compare", "flowers.csv", *options, *QUICK)
    assert result.exit_code == 0 and "R²" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--methods", "newton"), 2, "'newton' is none of sobolev-ncg"),
        (("--methods", ","), 2, "names of methods are needed"),
        (("--level", "2"), 2, "--level 2 has to lie between 0 and 1"),
        (("--max-sweeps", "0"), 2, "--max-sweeps 0 has to be 1 or larger"),
        (("--time-limit", "0"), 2, "--time-limit 0 has to be"),
        (("--batch-size", "0"), 2, "--batch-size 0"),
        (("--figure", "costs.gif"), 2, "a figure's name has to end in"),
        (("--test", "flowers.csv", "--test-share", "0.5"), 2, "leave one out"),
        (("-o", "flowers.csv/here"), 1, "the folder cannot be made"),
        (("--target", "colour", "-o", "made"), 1, "colour"),
        (("--horizon", "1e300"), 2, "--horizon 1e+300 is out of range"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    run: Run, folder: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    result = run(*COMPARE, *arguments)
    assert result.exit_code == code and said in result.stderr and result.stdout == ""
    assert "Traceback" not in result.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["flowers.csv"]
