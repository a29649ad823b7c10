"""The arguments of the estimators, as options of the command line."""

from __future__ import annotations

from dataclasses import dataclass

import click

from standalone_node.cli.kinds import ClassWeight, Listed, NumberOrAuto, WholeNumbers, YesOrNumber


@dataclass(frozen=True)
class Argument:
    """An argument of the estimators as an option."""

    name: str
    kind: click.ParamType | type
    about: str

    @property
    def flag(self) -> str:
        """The name of the option."""
        return "--" + self.name.replace("_", "-")


#: All arguments of the estimators but `random_state` (--seed), `warm_start` (--start) and `verbose`
#: (progress, --quiet).
ARGUMENTS = (
    Argument("horizon", float, "T, the depth of the network: x' = f(t, x, θ(t)) for 0 < t ≤ T."),
    Argument("steps", int, "Steps of the time grid, and intervals of the depth grid."),
    Argument("scheme", Listed("model.tableaux", "TABLEAUX"), "Runge–Kutta scheme."),
    Argument("rtol", float, "Choose the time grid by this relative error of a step."),
    Argument("atol", float, "The same, absolute."),
    Argument(
        "reversible",
        YesOrNumber(),
        "Whether the scheme is made reversible, which keeps no states; a number is the coupling.",
    ),
    Argument(
        "form",
        Listed("model.forms", "FORM_BLOCKS"),
        "Right-hand side: inside is σ(W x + b), outside W σ(x) + b, bottleneck W₂ σ(W₁ x + b) + c, "
        "mean-field A σ(w x + b) / M.",
    ),
    Argument("inner", int, "Inner width of the forms bottleneck and mean-field."),
    Argument("activation", Listed("kernels.activations", "ACTIVATIONS"), "σ."),
    Argument(
        "weights",
        Listed("model.weights", "WEIGHTS"),
        "What is learnt: θ at the nodes, one θ for all depths, a series, or an initial value "
        "problem that θ solves.",
    ),
    Argument("basis", Listed("model.bases", "BASES"), "Functions of the series (galerkin)."),
    Argument("modes", int, "Terms of the series (galerkin), or width (evolving)."),
    Argument(
        "channels",
        Listed("learn.layout", "CHANNELS"),
        "Outputs in state components of their own, or in the first features.",
    ),
    Argument("augment", int, "Further state components, which start at zero."),
    Argument("loss", Listed("problem.losses", "LOSSES"), "What is minimised."),
    Argument("l2", NumberOrAuto(), "Weight of the penalty on θ; auto chooses it (regression)."),
    Argument("h1", float, "Weight of the penalty on dθ/dt."),
    Argument(
        "smoothing",
        NumberOrAuto(),
        "Length of the Sobolev metric; 0 is the L² metric, auto chooses it.",
    ),
    Argument("method", Listed("optimize.methods", "METHODS"), "How it is minimised."),
    Argument("beta", Listed("optimize.betas", "BETAS"), "Formula of the conjugate direction."),
    Argument(
        "line_search",
        Listed("optimize.line_searches", "LINE_SEARCHES"),
        "Where the step length comes from, and how it is checked (ncg).",
    ),
    Argument("restart", int, "Iterations after which directions start again (ncg)."),
    Argument("rate", float, "Learning rate of sgd and adam."),
    Argument("batch_size", int, "Rows of a batch; an iteration is then an epoch."),
    Argument("epochs", int, "How often the batches are gone through."),
    Argument("batch_iterations", int, "Iterations on a batch."),
    Argument("proximal", float, "Weight of the distance to where a batch began."),
    Argument(
        "continuation",
        WholeNumbers(),
        "Layers of finite ResNets that are trained first, each the start of the next, as 4,8,16.",
    ),
    Argument(
        "class_weight",
        ClassWeight(),
        "What rows weigh by their class, as yes=3,no=1; balanced: all classes the same in sum.",
    ),
    Argument(
        "validation_share",
        float,
        "Share of the training rows to stop by: the parameters of their lowest loss are kept.",
    ),
    Argument("patience", int, "Iterations without a lower loss on these rows."),
    Argument("max_iterations", int, "Iterations at the most."),
    Argument("tolerance", float, "Gradient norm to end at, as a share of the one at the start."),
    Argument("time_limit", float, "Seconds after which a fit ends, choosing --l2 auto included."),
    Argument("dtype", Listed("kernels.jit", "PRECISIONS"), "Precision of the states."),
    Argument("threads", int, "Threads; the result is the same for any number."),
    Argument(
        "memory_limit",
        str,
        "Memory for trajectories, as 500MB or 2GB; the result is the same for any, a small one "
        "takes up to half more time.",
    ),
)
