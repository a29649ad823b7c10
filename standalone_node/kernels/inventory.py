"""Which kernels are kept on disk, and which of all that there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from standalone_node.kernels.activations import ACTIVATIONS
from standalone_node.kernels.cache import identity, is_current, kept_files, short_name
from standalone_node.kernels.jit import PRECISIONS
from standalone_node.kernels.places import places
from standalone_node.kernels.stages import FORMS
from standalone_node.kernels.sweeps import unprepared


@dataclass(frozen=True)
class Kept:
    """A compiled kernel on disk.

    Attributes
    ----------
    kernel : str
        What it was compiled from, see `cache.identity`.
    name : str
        The name of its function.
    dtype : str
        Its precision.
    signature : str
        The types of its arguments.
    usable : bool
        Whether it was made by the versions and for the processor at hand.
    size : int
        In bytes.
    path : Path
    """

    kernel: str
    name: str
    dtype: str
    signature: str
    usable: bool
    size: int
    path: Path


@dataclass(frozen=True)
class Share:
    """Of the kernels of a form, an activation and a precision: how many are kept, of how many."""

    form: str
    activation: str
    dtype: str
    kept: int
    all: int


def kept_kernels() -> list[Kept]:
    """The kernels on disk that belong to the present source."""
    return [
        Kept(
            header["kernel"],
            short_name(header["kernel"]),
            "float32" if "float32" in header["signature"] else "float64",
            header["signature"],
            is_current(header),
            size,
            path,
        )
        for path, size, header in kept_files()
    ]


def shares(kept: Iterable[Kept]) -> Iterator[Share]:
    """For each row of the tables of forms and activations, and each precision."""
    known = {(kernel.kernel, kernel.dtype) for kernel in kept if kernel.usable}
    for form in FORMS:
        for activation in ACTIVATIONS:
            needed = [identity(sweep) for sweep in unprepared(form, activation)]
            for dtype in PRECISIONS:
                found = sum((kernel, dtype) in known for kernel in needed)
                yield Share(form, activation, dtype, found, len(needed))


def to_be_compiled(form: str, activation: str, dtype: str = "float64") -> bool:
    """Whether a sweep of this form and activation is yet to be compiled."""
    known = {kernel.kernel for kernel in kept_kernels() if kernel.usable and kernel.dtype == dtype}
    return not {identity(sweep) for sweep in unprepared(form, activation)} <= known


def leftovers() -> list[Path]:
    """The folders of kernels of another source: of other versions of this package."""
    found = []
    for place in places():
        if place.root.is_dir() and place.distrusted() is None:
            found += [f for f in sorted(place.root.glob("kernels-*")) if f != place.folder]
    return found
