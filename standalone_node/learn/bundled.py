"""The data sets that come with the package: their names, targets and where they lie."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import standalone_node
from standalone_node.errors import ArgumentError, DataError


@dataclass(frozen=True)
class DataSet:
    """A bundled data set: its name, the column to learn, and what it is."""

    name: str
    target: str
    about: str

    @property
    def path(self) -> Path:
        """The CSV file.

        Raises
        ------
        DataError
            It is not there.
        """
        path = _folder() / f"{self.name}.csv"
        if not path.is_file():
            raise DataError(
                f"{path}: the bundled data set {self.name!r} is not there; install the package "
                "again."
            )
        return path


_ALL = (
    DataSet("spirals", "class", "600 points on two noisy spirals, 2 columns, 2 classes"),
    DataSet("circles", "class", "600 points on two noisy circles, 2 columns, 2 classes"),
    DataSet("iris", "species", "150 flowers, 4 lengths, 3 species"),
    DataSet("breast-cancer", "diagnosis", "569 tissue samples, 30 measurements, 2 diagnoses"),
    DataSet("digits", "digit", "1,797 handwritten digits, 64 pixels, 10 classes"),
    DataSet("diabetes", "progression", "442 patients, 10 measurements, a quantity"),
)

#: The table: a name and its data set. data/README.md tells where they are from.
DATA_SETS = {data_set.name: data_set for data_set in _ALL}


def data_set(name: str) -> DataSet:
    """The data set of that name; ArgumentError lists the names if there is none.

    Examples
    --------
    >>> data_set("iris").target
    'species'
    """
    if name not in DATA_SETS:
        raise ArgumentError(f"there is no data set {name!r}; choose one of {', '.join(DATA_SETS)}.")
    return DATA_SETS[name]


def _folder() -> Path:
    """data/: installed as a package, or beside the package in a clone."""
    try:
        return Path(str(files("standalone_node.data")))
    except ModuleNotFoundError:
        return Path(standalone_node.__file__).parents[1] / "data"
