"""Model files: a zip of .npy arrays and one JSON header, data and nothing else.

The header carries a magic word, the version of the format, type and shape of every array, the
settings of the estimator and, if the model was fitted to a table, the schema of its columns. No
time of day, no path, no code, and nothing that depends on the machine.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from standalone_node.errors import ModelFileError
from standalone_node.learn.container import Kind, packed, unpacked
from standalone_node.learn.files import write_whole

if TYPE_CHECKING:
    from standalone_node.learn.estimators import NodeClassifier, NodeRegressor

Array = NDArray[Any]

#: The newest format that this version reads, and the one it writes.
FORMAT = 1
MODEL = Kind(
    magic="standalone-node model",
    version=FORMAT,
    what="a model file of standalone-node",
    source="give a file written by node-fit fit",
    again="copy it again, or fit the model again",
)


def save(estimator: NodeClassifier | NodeRegressor, path: str | os.PathLike[str]) -> None:
    """Write a fitted estimator to `path`, exactly that name.

    An old file there is replaced by a complete new one or not at all.

    Parameters
    ----------
    estimator : NodeClassifier or NodeRegressor
        Fitted; `schema_` and `summary_` go with it.
    path : path-like

    Raises
    ------
    ArgumentError
        If the path cannot be written, or a setting cannot be put into a file.
    sklearn.exceptions.NotFittedError
        If the estimator is not fitted.
    """
    write_whole(path, model_bytes(estimator))


def model_bytes(estimator: NodeClassifier | NodeRegressor) -> bytes:
    """The content of the model file of a fitted estimator. Errors as for `save`."""
    from standalone_node.learn.model_state import state_of

    return packed(MODEL, *state_of(estimator))


def load(path: str | os.PathLike[str]) -> NodeClassifier | NodeRegressor:
    """The fitted estimator in a model file.

    Parameters
    ----------
    path : path-like

    Raises
    ------
    ModelFileError
        If the file is missing, damaged, foreign, pickled or of a newer format.

    Examples
    --------
    >>> import tempfile, numpy as np, standalone_node as sn
    >>> model = sn.NodeClassifier().fit(np.array([[0.0], [1.0]]), ["a", "b"])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     sn.save(model, folder + "/ab.node.npz")
    ...     print(sn.load(folder + "/ab.node.npz").predict([[0.9]]))
    ['b']
    """
    from standalone_node.learn.model_state import estimator_of

    header, arrays = _read(path)
    try:
        return estimator_of(header, arrays)
    except ModelFileError as error:
        raise ModelFileError(f"{Path(path).name}: {error}") from error


def read_header(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The header of a model file: kind, settings, schema, summary. Errors as for `load`."""
    return _read(path)[0]


def _read(path: str | os.PathLike[str]) -> tuple[dict[str, Any], dict[str, Array]]:
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise _no_file(path)  # a pipe or a device could be read for ever
        with open(path, "rb") as file:
            return unpacked(MODEL, file, Path(path).name)
    except FileNotFoundError as error:
        raise ModelFileError(
            f"there is no model file {str(path)!r}: check the path, or fit one with node-fit fit"
        ) from error
    except PermissionError as error:
        raise ModelFileError(
            f"no permission to read the model file {str(path)!r}: change the file's mode"
        ) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ModelFileError(f"cannot read the model file {str(path)!r}: {reason}") from error


def _no_file(path: str | os.PathLike[str]) -> ModelFileError:
    if os.path.isdir(path):
        return ModelFileError(f"{str(path)!r} is a folder: name the model file in it")
    return ModelFileError(f"{str(path)!r} is no regular file: copy the model into one")
