"""`node-fit plot`: one figure of a model, or of rows on their way through it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from standalone_node.cli.messages import Messages
from standalone_node.cli.options import common_options, print_json, reading_options
from standalone_node.cli.outputs import Outputs
from standalone_node.errors import ArgumentError, DataError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Asked:
    """What a figure is drawn of.

    Attributes
    ----------
    model : str
        The name of the file.
    estimator : NodeClassifier or NodeRegressor
    rows : ndarray, (B, p), or None
        The features of DATA.
    known : ndarray, (B,), or None
        The targets, if DATA has them and there is one a row.
    plane : tuple or None
        Two features or components.
    """

    model: str
    estimator: Any
    rows: NDArray[Any] | None
    known: NDArray[Any] | None
    plane: tuple[int | str, int | str] | None


@dataclass(frozen=True)
class Kind:
    """A kind of figure: whether it needs DATA, may be told a plane, moves; and how it is drawn.

    `draw` gets what was asked for, and axes or, if it moves, the path of a file.
    """

    rows: bool
    plane: bool
    draw: Callable[[Asked, Any], Any]
    moves: bool = False


def _convergence(asked: Asked, ax: Axes) -> None:
    from standalone_node.plot import convergence

    convergence(_history(asked.model), ax=ax)


def _weights(asked: Asked, ax: Axes) -> None:
    from standalone_node.plot import weights

    weights(asked.estimator, ax=ax)


def _trajectories(asked: Asked, ax: Axes) -> None:
    from standalone_node.plot import phase_plane

    phase_plane(asked.estimator, asked.rows, asked.plane, asked.known, ax=ax)


def _decision_regions(asked: Asked, ax: Axes) -> None:
    from standalone_node.plot import decision_regions

    features = asked.plane or (0, 1)
    decision_regions(asked.estimator, asked.rows, asked.known, features=features, ax=ax)


def _spectrum(asked: Asked, ax: Axes) -> None:
    from standalone_node.plot import spectrum

    spectrum(asked.estimator, asked.rows, ax=ax)


def _stability(asked: Asked, ax: Axes) -> None:
    from standalone_node.plot import stability

    stability(model=asked.estimator, X=asked.rows, ax=ax)


def _flow(asked: Asked, path: Path) -> None:
    from standalone_node.plot import flow

    flow(asked.estimator, asked.rows, asked.known, path, components=asked.plane)


#: The table: a kind, and what it needs.
KINDS = {
    "convergence": Kind(rows=False, plane=False, draw=_convergence),
    "weights": Kind(rows=False, plane=False, draw=_weights),
    "trajectories": Kind(rows=True, plane=True, draw=_trajectories),
    "decision-regions": Kind(rows=True, plane=True, draw=_decision_regions),
    "spectrum": Kind(rows=True, plane=False, draw=_spectrum),
    "stability": Kind(rows=True, plane=False, draw=_stability),
    "flow": Kind(rows=True, plane=True, draw=_flow, moves=True),
}


@click.command("plot")
@click.argument("model")
@click.argument("data", required=False)
@click.option(
    "--kind",
    type=click.Choice(list(KINDS)),
    metavar="KIND",
    required=True,
    help="What is drawn, as above; all but convergence and weights need DATA.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    required=True,
    help="Where to: .png, .svg or .pdf; of flow .gif or, with ffmpeg, .mp4.",
)
@click.option(
    "--plane",
    nargs=2,
    metavar="NAME NAME",
    help="Features that span the plane of trajectories, decision-regions and flow, by their "
    "columns; or components of the state, by numbers from 0.  [default: the first two features; of "
    "flow the principal components]",
)
@reading_options
@click.option("-q", "--quiet", is_flag=True, help="No notes.")
@common_options
def command(
    model: str,
    data: str | None,
    kind: str,
    output: str,
    plane: tuple[str, str] | None,
    quiet: bool,
    as_json: bool,
    **reading: Any,
) -> None:
    """Draw a figure of MODEL, and of the rows of DATA, a CSV file (- is standard input).

    \b
    convergence       cost and gradient norm of the fit, from MODEL.history.csv
    weights           the size of the weights over the depth
    trajectories      the ways of rows through the plane of two features
    decision-regions  the classes over the plane of two features, others fixed
    spectrum          how small changes of a row grow and shrink over the depth
    stability         where the steps of the solver lie in its region of stability
    flow              rows moving through the depth, an animation

    Rows are coloured by the target if DATA has it, else by what is predicted.

    \b
    Examples:
      node-fit plot flowers.node.npz --kind weights -o weights.png
      node-fit plot flowers.node.npz flowers.csv --kind flow -o flow.gif
      node-fit plot m.npz rows.csv --kind flow --plane length width -o flow.mp4
    """
    chosen = KINDS[kind]
    _check(kind, chosen, data, plane)
    ending = _ending(output, chosen)
    read = [model, *([data] if data not in (None, "-") else [])]
    outputs = Outputs({"figure": output}, tuple(name for name in read if name))
    messages = Messages(quiet=quiet)
    with messages.catching():
        asked = _asked(model, data, plane, reading, messages)
        if chosen.moves:
            messages.note(f"the frames of {output} are drawn, which takes some seconds.")
        written = _film(chosen, asked, ending) if chosen.moves else _picture(chosen, asked, ending)
    with outputs:
        outputs.write_bytes("figure", written)
        outputs.commit()
    if as_json:
        rows = None if asked.rows is None else len(asked.rows)
        print_json({"model": model, "data": data, "kind": kind, "figure": output, "rows": rows})
    messages.note(f"{kind} was drawn to {output}.")


def _check(kind: str, chosen: Kind, data: str | None, plane: tuple[str, str] | None) -> None:
    if chosen.rows and data is None:
        raise click.UsageError(f"--kind {kind} draws rows: give DATA, a CSV file, behind MODEL.")
    if not chosen.rows and data is not None:
        raise click.UsageError(f"--kind {kind} draws no rows: leave {data} out.")
    if plane is not None and not chosen.plane:
        raise click.UsageError(f"--kind {kind} has no plane: leave --plane out.")


def _ending(output: str, chosen: Kind) -> str:
    """The format of the file, known before anything is computed."""
    if chosen.moves:
        from standalone_node.plot.animation import writer_of

        writer_of(output)
        return Path(output).suffix.lower()
    from standalone_node.plot.style import figure_format

    return figure_format(output)


def _asked(
    model: str, data: str | None, plane: Any, reading: dict[str, Any], messages: Messages
) -> Asked:
    from standalone_node.learn.model_file import load

    estimator = load(model)
    if data is None:
        return Asked(model, estimator, None, None, None)
    rows, known = _rows(estimator, model, data, reading, messages)
    return Asked(model, estimator, rows, known, plane and _plane(estimator, plane))


def _rows(
    estimator: Any, model: str, data: str, reading: dict[str, Any], messages: Messages
) -> tuple[Any, Any]:
    """The features of the rows, and their targets if DATA has them."""
    from standalone_node.learn.prediction import evaluate_table, schema_of
    from standalone_node.learn.table import read_table

    table = read_table(data, **reading)
    schema = schema_of(estimator, model)
    if schema.target.name not in table.names:
        usable = schema.complete(table, need_target=False)
        rows, known = schema.features(usable), None
    else:
        part = evaluate_table(estimator, table, source=model).part
        usable, rows, known = part.table, part.inputs, part.targets
        if hasattr(estimator, "classes_"):
            known = estimator.classes_[known]
    for sentence in usable.notes:
        messages.note(sentence)
    return rows, known if known is None or known.ndim == 1 else None


def _plane(estimator: Any, plane: tuple[str, str]) -> tuple[int | str, int | str]:
    """Names as they are, and numbers as numbers unless a feature is called so."""
    names = estimator.schema_.feature_names
    first, second = (
        int(name) if name.isdecimal() and name not in names else name for name in plane
    )
    return first, second


def _picture(chosen: Kind, asked: Asked, ending: str) -> bytes:
    from io import BytesIO

    from matplotlib.figure import Figure

    from standalone_node.plot.style import style, write_figure

    written = BytesIO()
    with style():
        figure = Figure(figsize=(6.4, 5.2), layout="constrained")
        chosen.draw(asked, figure.add_subplot())
        write_figure(figure, written, ending)
    return written.getvalue()


def _film(chosen: Kind, asked: Asked, ending: str) -> bytes:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        path = Path(folder) / f"film{ending}"
        chosen.draw(asked, path)
        return path.read_bytes()


def _history(model: str) -> Any:
    """The history that a fit wrote beside its model."""
    import pandas as pd

    from standalone_node.plot.subjects import history_of

    path = f"{model}.history.csv"
    try:
        return history_of(pd.read_csv(path))
    except FileNotFoundError:
        raise DataError(
            f"{path}: there is no such file, and a model file keeps no history of its fit; put the "
            "one that node-fit fit wrote beside the model, or fit again."
        ) from None
    except (OSError, ValueError, ArgumentError) as error:
        reason = " ".join(str(error).split())
        raise DataError(
            f"{path}: this is no history as node-fit fit writes it ({reason}); fit again."
        ) from None
