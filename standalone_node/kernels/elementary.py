"""Exponential, logarithm, sine and cosine in plain arithmetic, so that loops over them vectorise.

A call of libm inside a compiled loop costs about ten times as much as these do, because it keeps
the loop scalar. Every function here is branch-free (selections only), keeps NaN, and is accurate
to about 2 ulp in double precision on the range it states.

References
----------
W. J. Cody and W. Waite, Software Manual for the Elementary Functions, 1980 (argument reduction).
J.-M. Muller, Elementary Functions, 3rd ed., Birkhäuser 2016, chapters 5 and 11.
"""

from __future__ import annotations

import numpy as np

from standalone_node.kernels.jit import inlined

LOG2E = 1.4426950408889634
TWO_OVER_PI = 0.6366197723675814
LN2 = 0.6931471805599453
# log(2) and pi/2 as sums of short parts, so that their products with the integers that occur here
# are exact; the last part takes up the rest.
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
HALF_PI_1, HALF_PI_2 = 1.57079632673412561417e00, 6.07710050630396597660e-11
HALF_PI_3, HALF_PI_4 = 2.02226624871116645580e-21, 8.47842766036889956997e-32
# Adding and taking away 1.5 * 2**52 rounds to the nearest integer and leaves that integer in the
# low bits of the sum, where both the exponent and the quadrant are read off.
ROUND = 6755399441055744.0
#: Up to here the reduction of sine and cosine by the parts of pi/2 is exact.
LARGEST_ANGLE = 1.0e6


@inlined
def scaled_expm1(x):  # type: ignore[no-untyped-def]
    """(2**k, exp(r) - 1) with x = k log(2) + r, |r| <= log(2)/2, for -708 <= x <= 708."""
    shifted = x * LOG2E + ROUND
    k = shifted - ROUND
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    # Taylor polynomial of (exp(r) - 1 - r - r**2 / 2) / r**3; the next term is below 1e-18. Summed
    # by Estrin's scheme, whose short chains keep the arithmetic units busy.
    r2 = r * r
    r4 = r2 * r2
    low = (1.0 / 6.0 + r * (1.0 / 24.0)) + r2 * (1.0 / 120.0 + r * (1.0 / 720.0))
    middle = (1.0 / 5040.0 + r * (1.0 / 40320.0)) + r2 * (1.0 / 362880.0 + r * (1.0 / 3628800.0))
    high = (1.0 / 39916800.0 + r * (1.0 / 479001600.0)) + r2 * (1.0 / 6227020800.0)
    p = low + r4 * (middle + r4 * high)
    bits = np.float64(shifted).view(np.int64) << 52
    power = np.int64(bits + (1023 << 52)).view(np.float64)
    return power, r + r2 * (0.5 + r * p)


@inlined
def exp_nonpositive(x):  # type: ignore[no-untyped-def]
    """exp(x) for x <= 0; exp(-708), about 3e-308, below -708."""
    power, fraction = scaled_expm1(-708.0 if x < -708.0 else x)
    return power + power * fraction


@inlined
def expm1_nonpositive(x):  # type: ignore[no-untyped-def]
    """exp(x) - 1 for x <= 0, accurate relative to itself also near 0."""
    power, fraction = scaled_expm1(-708.0 if x < -708.0 else x)
    return power * fraction + (power - 1.0)


@inlined
def log1p_unit(e):  # type: ignore[no-untyped-def]
    """log(1 + e) for 0 <= e <= 1, from the series of 2 artanh."""
    upper = e > 0.41421356237309503
    s = (e - 1.0) / (e + 3.0) if upper else e / (e + 2.0)
    q = s * s
    p = 1.0 / 23.0
    p = p * q + 1.0 / 21.0
    p = p * q + 1.0 / 19.0
    p = p * q + 1.0 / 17.0
    p = p * q + 1.0 / 15.0
    p = p * q + 1.0 / 13.0
    p = p * q + 1.0 / 11.0
    p = p * q + 1.0 / 9.0
    p = p * q + 1.0 / 7.0
    p = p * q + 1.0 / 5.0
    p = p * q + 1.0 / 3.0
    return (LN2 if upper else 0.0) + (2.0 * s + 2.0 * s * q * p)


@inlined
def sine_cosine(x):  # type: ignore[no-untyped-def]
    """(sin x, cos x) for \\|x\\| <= LARGEST_ANGLE."""
    shifted = x * TWO_OVER_PI + ROUND
    n = shifted - ROUND
    r = (((x - n * HALF_PI_1) - n * HALF_PI_2) - n * HALF_PI_3) - n * HALF_PI_4
    q = r * r
    p = -1.0 / 1307674368000.0
    p = p * q + 1.0 / 6227020800.0
    p = p * q - 1.0 / 39916800.0
    p = p * q + 1.0 / 362880.0
    p = p * q - 1.0 / 5040.0
    p = p * q + 1.0 / 120.0
    p = p * q - 1.0 / 6.0
    sine = r + r * q * p
    p = 1.0 / 20922789888000.0
    p = p * q - 1.0 / 87178291200.0
    p = p * q + 1.0 / 479001600.0
    p = p * q - 1.0 / 3628800.0
    p = p * q + 1.0 / 40320.0
    p = p * q - 1.0 / 720.0
    p = p * q + 1.0 / 24.0
    cosine = 1.0 + q * (-0.5 + q * p)
    quadrant = np.float64(shifted).view(np.int64) & 3
    swapped = (quadrant & 1) == 1
    a = cosine if swapped else sine
    b = sine if swapped else cosine
    a = -a if quadrant >= 2 else a
    b = -b if quadrant == 1 or quadrant == 2 else b
    return a, b
