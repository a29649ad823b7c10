"""What the data say of the parameters: the Laplace approximation of their posterior."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from standalone_node.errors import ArgumentError
from standalone_node.model.nodal import Parameters
from standalone_node.model.parametrisation import Gram, Parametrisation
from standalone_node.model.weights import Weights
from standalone_node.problem.arguments import whole_number
from standalone_node.problem.inverse_problem import InverseProblem
from standalone_node.problem.penalties import Penalty
from standalone_node.sensitivity.posterior.distribution import Posterior
from standalone_node.sensitivity.posterior.low_rank import Product, low_rank
from standalone_node.sensitivity.posterior.prior import linear_weights, posed, prior_gram
from standalone_node.sensitivity.posterior.target_noise import noise_of

Array = NDArray[Any]

#: Eigenvalues below are left out: of such a direction the data say a tenth of what the prior does.
NEGLIGIBLE = 0.1


def laplace(
    model: Any,
    X: ArrayLike | None = None,
    y: ArrayLike | None = None,
    *,
    parameters: Parameters | None = None,
    rank: int = 50,
    prior: Penalty | None = None,
    weights: str | Weights | None = None,
    count: float | None = None,
    noise: ArrayLike | None = None,
    negligible: float = NEGLIGIBLE,
    seed: int = 0,
) -> Posterior:
    """The Laplace approximation of the posterior of the parameters, with low rank.

    The cost E is a negative log posterior but for a factor: its mean loss times the number of rows
    is the likelihood's part, its penalty times the same number the prior's. The posterior is taken
    for normal about the fitted parameters, with the second derivative of Gauss and Newton. In
    coordinates in which the prior is the standard normal distribution that is I + H, and of H the
    leading eigenpairs are kept, each product by one sensitivity and one adjoint sweep.

    Parameters
    ----------
    model : estimator or InverseProblem
        A fitted `NodeClassifier` or `NodeRegressor`, or a problem with `parameters`.
    X, y : array_like, optional
        The rows of the fit (or a sample of them, see `count`) with their labels or targets. Of a
        problem its own rows if they are not given.
    parameters : Parameters, optional
        Of a problem: its minimiser, the centre of the posterior.
    rank : int
        The largest number of eigenpairs.
    prior : Penalty, optional
        Whose `l2` and `h1` are the prior's, in the place of the problem's own. The centre stays
        what it is.
    weights : str or Weights, optional
        What is learnt, "free", "constant", "galerkin" or one of these objects; what the estimator
        was fitted with if not given, free nodal values of a problem.
    count : float, optional
        How many observed rows the posterior stands for, if X is a sample of them: the rows of the
        fit. As many as the rows if not given, where a row counts as often as its sample weight.
    noise : float or array_like, shape (m,), optional
        The standard deviation of the noise of the targets, in their units, if it is known.
    negligible : float
        Eigenvalues below are left out, too.
    seed : int
        Of the vector that the eigenvalue problem starts from.

    Raises
    ------
    ArgumentError
        If the penalty is no proper prior (alpha > 0 for every block), the weights solve an
        equation of their own, or the model has no cost.

    Notes
    -----
    A penalty that makes a good fit may be a prior much too weak, which makes probabilities too
    cautious: hold the result against unseen rows (`calibration`), and see `Posterior.tuned`.
    Cross-entropy and the logistic loss are negative log likelihoods as they stand. The squared loss
    is one over s^2, with the variance s^2 of the scaled residuals, all outputs together as the cost
    weighs them alike. It is estimated on the given rows: their sum of squares over the number of
    entries, less the effective parameters (the sum of lambda / (1 + lambda)), as residuals of a fit
    are smaller than the noise. `Posterior.noise` is the same of each output by itself. Huber's loss
    has residuals cut off at its width, and entries count that are not (the proposal 2 of Huber).
    The eigenvalues depend neither on s nor on `count`; an output penalty counts among the data.

    References
    ----------
    D. J. C. MacKay, A Practical Bayesian Framework for Backpropagation Networks, Neural Computation
    4 (1992). T. Bui-Thanh, O. Ghattas, J. Martin, G. Stadler, A Computational Framework for
    Infinite-Dimensional Bayesian Inverse Problems I, SIAM J. Sci. Comput. 35 (2013): the low rank
    relative to the prior. A. Immer, M. Korzepa, M. Bauer, Improving Predictions of Bayesian Neural
    Nets via Local Linearization, AISTATS 2021: why the outputs are linearised.

    Examples
    --------
    >>> problem = InverseProblem([[0.0], [1.0]], [0.0, 1.0], steps=1, scheme="euler",
    ...     activation="identity", penalty=Penalty(l2=1.0))
    >>> p = 0.0 * problem.initial_parameters()
    >>> posterior = laplace(problem, parameters=p, noise=1.0)
    >>> posterior.output_covariance([[2.0]]).shape
    (1, 1, 1)
    """
    rank = whole_number("rank", rank, 1)
    problem, network = posed(model, X, y, parameters)
    p = network.parameters
    learnt = linear_weights(model, weights).on(p)
    gram = prior_gram(problem.penalty if prior is None else prior, learnt, p)
    product = whitened_curvature(problem, p, learnt, gram)
    size = learnt.coordinates(p).size
    curvature = low_rank(product, size, rank, negligible=negligible, seed=seed)
    rows = float(problem.samples) if count is None else _positive("count", count)
    s, noises = noise_of(problem, network, noise, curvature.trace / rows)
    scale = s / float(np.sqrt(rows))
    return Posterior(model, network, learnt, gram, curvature, scale, noises, rows)


def whitened_curvature(
    problem: InverseProblem, p: Parameters, learnt: Parametrisation, gram: Gram
) -> Product:
    """The products with H = R^-T A^T G A R^-1.

    G is the Gauss-Newton matrix of the mean loss, A the map from u to the parameters, and R^T R the
    `gram`.
    """
    u = learnt.coordinates(p)

    def product(v: Array) -> Array:
        change = learnt.tangent(u, gram.unwhiten(v))
        found = problem.gauss_newton(p, change)
        if problem.penalty.restrains:
            found = found - problem.penalty.second_derivative(change)
        return gram.whiten_functional(learnt.adjoint(u, found))

    return product


def _positive(name: str, value: float) -> float:
    if not 0.0 < value < np.inf:
        raise ArgumentError(f"{name} = {value!r} has to be a positive number")
    return float(value)
