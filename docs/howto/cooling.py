"""A cup of coffee that cools, its rate of exchange a function of time: a field of one's own."""

import numpy as np

import standalone_node as sn

#: The temperature of the room, which is known.
ROOM = 20.0


def f(t, x, p):
    """x' = k(t) (room - x): states (B, 1), parameters by name."""
    return p["k"] * (ROOM - x)


def jvp(t, x, p, dx, dp):
    """The change of f along (dx, dp)."""
    return dp["k"] * (ROOM - x) - p["k"] * dx


def vjp(t, x, p, kappa):
    """The transpose: a functional of f as one of x, and as one of each parameter."""
    return -p["k"] * kappa, {"k": np.sum(kappa * (ROOM - x))}


field = sn.Field(f, jvp=jvp, vjp=vjp, varying={"k": ()}, scale={"k": 0.05})


def true_rate(t):
    """The rate that is to be found: somebody takes the lid off after 15 minutes, for a while."""
    return 0.02 + 0.04 / (1.0 + np.exp(0.5 * (15.0 - t))) - 0.03 / (1.0 + np.exp(0.5 * (35.0 - t)))


def measured(times, noise, seed=0):
    """Temperatures of a cup of 90 degrees in a room of 20, with independent errors."""
    fine = np.linspace(0.0, times[-1], 20_001)
    rate = true_rate(fine)
    integral = np.concatenate([[0.0], np.cumsum(0.5 * np.diff(fine) * (rate[1:] + rate[:-1]))])
    exact = ROOM + (90.0 - ROOM) * np.exp(-np.interp(times, fine, integral))
    return exact + noise * np.random.default_rng(seed).standard_normal(times.size)
