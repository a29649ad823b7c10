"""The tables of the slow, obvious reference: tableaux, activations and losses, a number at a time.

As `naive`, for a reader who checks them line by line: not one import from the package, and every
function also runs on complex numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Tableau = tuple[list[list[Fraction]], list[Fraction], list[Fraction]]


# ------------------------------------------------------------------ Runge-Kutta tableaux


def _tableau(rows: list[str], b: str, c: str) -> Tableau:
    """Read the strictly lower triangle, row by row, and fill up with zeros."""
    below = [[Fraction(entry) for entry in row.split()] for row in rows]
    s = len(rows)
    A = [row + [Fraction(0)] * (s - len(row)) for row in below]
    return A, [Fraction(entry) for entry in b.split()], [Fraction(entry) for entry in c.split()]


TABLEAUX: dict[str, Tableau] = {
    "euler": _tableau([""], "1", "0"),
    "midpoint": _tableau(["", "1/2"], "0 1", "0 1/2"),
    "heun": _tableau(["", "1"], "1/2 1/2", "0 1"),
    "ralston": _tableau(["", "2/3"], "1/4 3/4", "0 2/3"),
    "ssprk3": _tableau(["", "1", "1/4 1/4"], "1/6 1/6 2/3", "0 1 1/2"),
    "rk4": _tableau(["", "1/2", "0 1/2", "0 0 1"], "1/6 1/3 1/3 1/6", "0 1/2 1/2 1"),
    "rk38": _tableau(["", "1/3", "-1/3 1", "1 -1 1"], "1/8 3/8 3/8 1/8", "0 1/3 2/3 1"),
    "bs3": _tableau(["", "1/2", "0 3/4", "2/9 1/3 4/9"], "2/9 1/3 4/9 0", "0 1/2 3/4 1"),
    "dopri5": _tableau(
        [
            "",
            "1/5",
            "3/40 9/40",
            "44/45 -56/15 32/9",
            "19372/6561 -25360/2187 64448/6561 -212/729",
            "9017/3168 -355/33 46732/5247 49/176 -5103/18656",
            "35/384 0 500/1113 125/192 -2187/6784 11/84",
        ],
        "35/384 0 500/1113 125/192 -2187/6784 11/84 0",
        "0 1/5 3/10 4/5 8/9 1 1",
    ),
    "tsit5": _tableau(
        [
            "",
            "0.161",
            "-0.008480655492357 0.335480655492357",
            "2.897153057105494 -6.359448489975075 4.362295432869581",
            "5.32586482843925895 -11.74888356406283 7.495539342889836 -0.09249506636175525",
            "5.86145544294642038 -12.92096931784711 8.159367898576159 -0.071584973281401"
            " -0.02826905039406838",
            "0.0964607668180654 0.01 0.4798896504144996 1.379008574103742 -3.290069515436081"
            " 2.324710524099774",
        ],
        "0.0964607668180654 0.01 0.4798896504144996 1.379008574103742 -3.290069515436081"
        " 2.324710524099774 0",
        "0 0.161 0.327 0.9 0.9800255409045097 1 1",
    ),
}

# Published in decimals: by how much the order conditions may be off.  The others are exact.
ROUNDED: dict[str, float] = {"tsit5": 2e-15}

# Where the terms of the next order hide those of its own until rounding: by how much an observed
# order may be too high.
ABOVE: dict[str, float] = {"tsit5": 0.6}

# What the error of a step is estimated by: h times the sum of these times the slopes of the stages.
ERROR_WEIGHTS: dict[str, str] = {
    "bs3": "-5/72 1/12 1/9 -1/8",
    "dopri5": "71/57600 0 -71/16695 71/1920 -17253/339200 22/525 -1/40",
    "tsit5": "0.001780011052226 0.000816434459657 -0.007880878010262 0.144711007173263"
    " -0.582357165452555 0.458082105929187 -1/66",
}

ORDERS: dict[str, int] = {
    "euler": 1,
    "midpoint": 2,
    "heun": 2,
    "ralston": 2,
    "ssprk3": 3,
    "rk4": 4,
    "rk38": 4,
    "bs3": 3,
    "dopri5": 5,
    "tsit5": 5,
}


# ------------------------------------------------------------------ activations (one number)


def _sigmoid(x: Any) -> Any:
    if x.real >= 0.0:  # never exp of a large positive number
        return 1.0 / (1.0 + np.exp(-x))
    return np.exp(x) / (1.0 + np.exp(x))


def _softplus(x: Any) -> Any:
    if x.real >= 0.0:
        return x + np.log1p(np.exp(-x))
    return np.log1p(np.exp(x))


def _dsilu(x: Any) -> Any:
    return _sigmoid(x) + x * _sigmoid(x) * _sigmoid(-x)


Scalar = Callable[[Any], Any]

# At a kink the derivative is the one from the left: 0 for relu and 0.01 for leaky-relu.
ACTIVATIONS: dict[str, tuple[Scalar, Scalar]] = {
    "identity": (lambda x: x, lambda x: 1.0),
    "tanh": (np.tanh, lambda x: 1.0 - np.tanh(x) ** 2),
    "sigmoid": (_sigmoid, lambda x: _sigmoid(x) * _sigmoid(-x)),
    "relu": (lambda x: x if x.real > 0.0 else 0.0, lambda x: 1.0 if x.real > 0.0 else 0.0),
    "leaky-relu": (
        lambda x: x if x.real > 0.0 else 0.01 * x,
        lambda x: 1.0 if x.real > 0.0 else 0.01,
    ),
    "elu": (
        lambda x: x if x.real > 0.0 else np.expm1(x),
        lambda x: 1.0 if x.real > 0.0 else np.exp(x),
    ),
    "softplus": (_softplus, _sigmoid),
    "silu": (lambda x: x * _sigmoid(x), _dsilu),
    "sine": (np.sin, np.cos),
}


# ------------------------------------------------------------------ losses (one sample)
# z holds the first m components of x(T); each entry is (loss(z, y), its m partials in z).


def _squared(z: Array, y: Any) -> Any:
    y = np.atleast_1d(y)
    return sum(0.5 * (z[i] - y[i]) ** 2 for i in range(len(z)))


def _dsquared(z: Array, y: Any) -> list[Any]:
    y = np.atleast_1d(y)
    return [z[i] - y[i] for i in range(len(z))]


def _huber(z: Array, y: Any) -> Any:
    total = 0.0
    for r in _dsquared(z, y):
        if -1.0 <= r.real <= 1.0:
            total = total + 0.5 * r**2
        elif r.real > 1.0:
            total = total + r - 0.5
        else:
            total = total - r - 0.5
    return total


def _dhuber(z: Array, y: Any) -> list[Any]:
    slopes = []
    for r in _dsquared(z, y):
        if -1.0 <= r.real <= 1.0:
            slopes.append(r)
        elif r.real > 1.0:
            slopes.append(1.0)
        else:
            slopes.append(-1.0)
    return slopes


def _cross_entropy(z: Array, y: Any) -> Any:
    shift = max(zi.real for zi in z)  # a constant that cancels; it only avoids overflow
    return shift + np.log(sum(np.exp(zi - shift) for zi in z)) - z[int(y)]


def _dcross_entropy(z: Array, y: Any) -> list[Any]:
    shift = max(zi.real for zi in z)
    total = sum(np.exp(zi - shift) for zi in z)
    return [np.exp(z[i] - shift) / total - (1.0 if i == int(y) else 0.0) for i in range(len(z))]


def _logistic(z: Array, y: Any) -> Any:
    return _softplus(z[0]) - y * z[0]


def _dlogistic(z: Array, y: Any) -> list[Any]:
    return [_sigmoid(z[0]) - y] + [0.0] * (len(z) - 1)


LOSSES: dict[str, tuple[Callable[[Array, Any], Any], Callable[[Array, Any], list[Any]]]] = {
    "squared": (_squared, _dsquared),
    "cross-entropy": (_cross_entropy, _dcross_entropy),
    "huber": (_huber, _dhuber),
    "logistic": (_logistic, _dlogistic),
}
