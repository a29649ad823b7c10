"""Make the data sets under ``data/`` from a seed and from scikit-learn's bundled copies.

Run it as ``python scripts/make_data.py [FOLDER]``; FOLDER is ``data/`` of this repository if not
given. Running it again writes the same bytes, whatever the versions: values from scikit-learn are
cut to ten significant digits (all have at most five; older releases read some with an error in
the last bit), and the synthetic files come from Python's own Mersenne Twister, whose ``random()``
is guaranteed to repeat, with four decimals, so that neither the version of NumPy nor the last bit
of the platform's cosine can change a file.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import random
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris

SEED = 20260101
ROWS_PER_CLASS = 300
SPIRAL_TURNS = 1.5
SPIRAL_NOISE = 0.04
CIRCLE_RADII = {"inner": 0.5, "outer": 1.0}
CIRCLE_NOISE = 0.1

Cell = float | int | str
Table = tuple[list[str], list[list[Cell]]]


def iris() -> Table:
    """150 flowers, four lengths in cm, target ``species``; the order of the rows is kept."""
    bunch = load_iris()
    header = ["sepal_length", "sepal_width", "petal_length", "petal_width", "species"]
    return header, _rows(bunch.data, (str(bunch.target_names[k]) for k in bunch.target))


def digits() -> Table:
    """1,797 images of 8 x 8 pixels from 0 to 16, row by row, target ``digit``."""
    bunch = load_digits()
    header = [f"p{k:02d}" for k in range(64)] + ["digit"]
    return header, _rows(bunch.data, (int(k) for k in bunch.target))


def breast_cancer() -> Table:
    """569 masses, 30 measurements of their cell nuclei, target ``diagnosis``."""
    bunch = load_breast_cancer()
    header = [*(str(name) for name in bunch.feature_names), "diagnosis"]
    return header, _rows(bunch.data, (str(bunch.target_names[k]) for k in bunch.target))


def diabetes() -> Table:
    """442 patients, ten measurements in their own units, target ``progression``."""
    bunch = load_diabetes(scaled=False)
    header = [*(str(name) for name in bunch.feature_names), "progression"]
    return header, _rows(bunch.data, (float(y) for y in bunch.target))


def spirals() -> Table:
    """Two interleaved Archimedean spirals about the origin with Gaussian noise, target ``class``.

    The square root spreads the points evenly along the arms rather than crowding the centre.
    """
    source = random.Random(SEED)
    rows: list[list[Cell]] = []
    for phase, name in ((0.0, "blue"), (math.pi, "orange")):
        for _ in range(ROWS_PER_CLASS):
            radius = math.sqrt(0.02 + 0.98 * source.random())
            angle = 2.0 * math.pi * SPIRAL_TURNS * radius + phase
            rows.append([*_noisy_point(source, radius, angle, SPIRAL_NOISE), name])
    return ["x", "y", "class"], _shuffled(source, rows)


def circles() -> Table:
    """Two concentric circles with Gaussian noise, target ``class``."""
    source = random.Random(SEED + 1)
    rows: list[list[Cell]] = []
    for name, radius in CIRCLE_RADII.items():
        for _ in range(ROWS_PER_CLASS):
            angle = 2.0 * math.pi * source.random()
            rows.append([*_noisy_point(source, radius, angle, CIRCLE_NOISE), name])
    return ["x", "y", "class"], _shuffled(source, rows)


DATASETS: dict[str, Callable[[], Table]] = {
    "iris.csv": iris,
    "digits.csv": digits,
    "breast-cancer.csv": breast_cancer,
    "diabetes.csv": diabetes,
    "spirals.csv": spirals,
    "circles.csv": circles,
}


def write_all(folder: Path) -> list[Path]:
    """Write every data set and ``SHA256SUMS`` into `folder`; return the paths written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    sums = []
    for name, make in DATASETS.items():
        header, rows = make()
        lines = [",".join(header), *(",".join(cells) for cells in _texts(rows))]
        content = "".join(f"{line}\n" for line in lines).encode("utf-8")
        path = folder / name
        path.write_bytes(content)
        written.append(path)
        sums.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
    checksums = folder / "SHA256SUMS"
    checksums.write_bytes("".join(sorted(sums, key=lambda s: s.split()[1])).encode("ascii"))
    return [*written, checksums]


def _rows(features: Iterable[Sequence[float]], targets: Iterable[Cell]) -> list[list[Cell]]:
    return [
        [*(float(f"{value:.10g}") for value in row), target]
        for row, target in zip(features, targets, strict=True)
    ]


def _noisy_point(source: random.Random, radius: float, angle: float, noise: float) -> list[Cell]:
    x = radius * math.cos(angle) + noise * _gaussian(source)
    y = radius * math.sin(angle) + noise * _gaussian(source)
    # Adding 0.0 turns a rounded -0.0 into 0.0.
    return [round(x, 4) + 0.0, round(y, 4) + 0.0]


def _shuffled(source: random.Random, rows: list[list[Cell]]) -> list[list[Cell]]:
    return sorted(rows, key=lambda _row: source.random())


def _gaussian(source: random.Random) -> float:
    """Box and Muller's transform: only ``random()`` itself is promised to repeat for ever."""
    uniform = 1.0 - source.random()  # in (0, 1]: the logarithm is finite
    return math.sqrt(-2.0 * math.log(uniform)) * math.cos(2.0 * math.pi * source.random())


def _texts(rows: list[list[Cell]]) -> Iterable[tuple[str, ...]]:
    """Each cell as the shortest text that reads back as the same value.

    A column of whole numbers is written without decimal points.
    """
    columns = []
    for column in zip(*rows, strict=True):
        if all(isinstance(cell, float) and cell.is_integer() for cell in column):
            column = tuple(int(cell) for cell in column)
        columns.append([str(cell) for cell in column])
    return zip(*columns, strict=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the bundled data sets.")
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=Path(__file__).resolve().parent.parent / "data",
        help="where to write the files (default: data/ of this repository)",
    )
    for path in write_all(parser.parse_args().folder):
        print(path)


if __name__ == "__main__":
    main()
