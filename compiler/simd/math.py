"""Vector functions: exp, log, tanh, erf and what follows from them, to float32 accuracy; random
bits, long sums.

The polynomials are our own minimax fits (weighted least squares, Lawson's iteration); their
bounds in units in the last place are tested over the whole range against float64.
"""

import numpy as np

from lenet.compiler.simd.kernel import linked
from lenet.compiler.simd.vector import (
    absolute,
    copy_sign,
    fma,
    from_bits,
    lane_sum,
    load,
    maximum,
    minimum,
    round_even,
    select_greater,
    select_less,
    select_nan,
    splat,
    splat_int,
    square_root,
    to_bits,
    to_float,
)  # isort: skip

LOG2_E = np.float32(1.4426950408889634)
LN2_HIGH = np.float32(0.693145751953125)  # its last bits are 0: products with small n are exact
LN2_LOW = np.float32(1.428606765330187e-06)
SQRT_HALF = np.float32(0.7071067811865476)
SMALLEST_NORMAL = np.float32(1.1754943508222875e-38)
# Added to a whole number below 2**22, it leaves that in the last bits. LLVM's conversion is not
# used, since the one that gives the same integer for NaN everywhere goes lane by lane.
MAGIC = np.float32(1.5 * 2.0**23)
_INFINITY = np.float32(np.inf)
_NAN = np.float32(np.nan)


@linked
def _power_of_two(n):
    """2**n for integers -126 <= n <= 127."""
    return from_bits((n + splat_int(127)) << splat_int(23))


@linked
def _exp_near_zero(n, x):
    """e**r - 1 for r = x - n log(2), which is small."""
    r = fma(n, splat(-LN2_HIGH), x)
    r = fma(n, splat(-LN2_LOW), r)
    p = splat(np.float32(0.001381446490995586))
    p = fma(p, r, splat(np.float32(0.008368780836462975)))
    p = fma(p, r, splat(np.float32(0.04166839271783829)))
    p = fma(p, r, splat(np.float32(0.1666651964187622)))
    p = fma(p, r, splat(np.float32(0.4999999403953552)))
    return fma(p * r, r, r)


@linked
def exp(x):
    """e**x, within 2 ulp, denormal results included; NaN stays NaN."""
    x = minimum(splat(np.float32(89.0)), x)
    x = select_less(x, splat(np.float32(-105.0)), splat(np.float32(-105.0)), x)
    n = round_even(x * splat(LOG2_E))
    p = _exp_near_zero(n, x) + splat(np.float32(1))
    # Scaled in two steps, since 2**n alone may be out of range where the result is not.
    whole = to_bits(n + splat(MAGIC)) - to_bits(splat(MAGIC))
    half = ((whole + splat_int(512)) >> splat_int(1)) - splat_int(256)
    return p * _power_of_two(half) * _power_of_two(whole - half)


@linked
def log(x):
    """The natural logarithm, within 2 ulp; -inf at 0, NaN below."""
    tiny = splat(SMALLEST_NORMAL)
    scaled = select_less(x, tiny, x * splat(np.float32(2.0**23)), x)
    shift = select_less(x, tiny, splat(np.float32(-23)), splat(np.float32(0)))
    # Split into m * 2**e with m in [sqrt(1/2), sqrt(2)).
    bits = to_bits(scaled) - to_bits(splat(SQRT_HALF))
    exponent = ((bits + splat_int(256 << 23)) >> splat_int(23)) - splat_int(256)
    mantissa = (bits & splat_int(0x7FFFFF)) + to_bits(splat(SQRT_HALF))
    e = to_float(exponent) + shift
    f = from_bits(mantissa) - splat(np.float32(1))
    p = splat(np.float32(0.06727767735719681))
    p = fma(p, f, splat(np.float32(-0.11667127907276154)))
    p = fma(p, f, splat(np.float32(0.11891629546880722)))
    p = fma(p, f, splat(np.float32(-0.12407200783491135)))
    p = fma(p, f, splat(np.float32(0.14219337701797485)))
    p = fma(p, f, splat(np.float32(-0.1666790097951889)))
    p = fma(p, f, splat(np.float32(0.20002123713493347)))
    p = fma(p, f, splat(np.float32(-0.25000011920928955)))
    p = fma(p, f, splat(np.float32(0.3333331346511841)))
    square = f * f
    tail = fma(p * square, f, splat(np.float32(-0.5)) * square)
    tail = fma(e, splat(LN2_LOW), tail)
    y = fma(e, splat(LN2_HIGH), f + tail)
    zero = splat(np.float32(0))
    y = select_less(x, zero, splat(_NAN), select_greater(x, zero, y, splat(-_INFINITY)))
    y = select_less(x, splat(_INFINITY), y, x)
    return select_nan(x, x, y)


@linked
def tanh(x):
    """The hyperbolic tangent, within 6 ulp: x P(x²) / Q(x²), never beyond 1."""
    z = minimum(splat(np.float32(9.02)), absolute(x))
    s = z * z
    p = splat(np.float32(1.3318453007116204e-08))
    p = fma(p, s, splat(np.float32(2.0583051082212478e-05)))
    p = fma(p, s, splat(np.float32(0.0034940093755722046)))
    p = fma(p, s, splat(np.float32(0.13379697501659393)))
    p = fma(p, s, splat(np.float32(1)))
    q = splat(np.float32(7.76177046191151e-07))
    q = fma(q, s, splat(np.float32(0.00032830509007908404)))
    q = fma(q, s, splat(np.float32(0.025870978832244873)))
    q = fma(q, s, splat(np.float32(0.4671301245689392)))
    q = fma(q, s, splat(np.float32(1)))
    return copy_sign(minimum(splat(np.float32(1)), z * p / q), x)


@linked
def sigmoid(x):
    """1 / (1 + e**-x), within 4 ulp where the result is a normal number."""
    one = splat(np.float32(1))
    return one / (one + exp(splat(np.float32(0)) - x))


@linked
def erf(x):
    """The error function, within 6 ulp: x P(x²) / Q(x²), never beyond 1."""
    z = minimum(splat(np.float32(3.9)), absolute(x))
    s = z * z
    p = splat(np.float32(2.066472006845288e-06))
    p = fma(p, s, splat(np.float32(0.0002850632299669087)))
    p = fma(p, s, splat(np.float32(0.0037383772432804108)))
    p = fma(p, s, splat(np.float32(0.05266818031668663)))
    p = fma(p, s, splat(np.float32(0.1896674931049347)))
    p = fma(p, s, splat(np.float32(1.1283791065216064)))
    q = splat(np.float32(3.827006366918795e-05))
    q = fma(q, s, splat(np.float32(0.0011573843657970428)))
    q = fma(q, s, splat(np.float32(0.01491433847695589)))
    q = fma(q, s, splat(np.float32(0.11381924152374268)))
    q = fma(q, s, splat(np.float32(0.5014212131500244)))
    q = fma(q, s, splat(np.float32(1)))
    return copy_sign(minimum(splat(np.float32(1)), z * p / q), x)


@linked
def expm1(x):
    """e**x - 1, within 3 ulp, near 0 as well."""
    x = minimum(splat(np.float32(89.0)), x)
    x = select_less(x, splat(np.float32(-30.0)), splat(np.float32(-30.0)), x)
    n = round_even(x * splat(LOG2_E))
    p = _exp_near_zero(n, x)
    # Half of it, since 2**n alone may be out of range where the result is not.
    whole = to_bits(n + splat(MAGIC)) - to_bits(splat(MAGIC))
    half = _power_of_two(whole - splat_int(1))
    y = fma(half, p, half - splat(np.float32(0.5)))
    return y + y


@linked
def log1p(x):
    """log(1 + x), within 4 ulp, for x from 0 to 1: what the sum has lost is made up for."""
    one = splat(np.float32(1))
    whole = one + x
    lost = x - (whole - one)
    return log(whole) + lost / whole


@linked
def softplus(x):
    """log(1 + e**x), within 4 ulp where that is a normal number."""
    zero = splat(np.float32(0))
    return maximum(zero, x) + log1p(exp(zero - absolute(x)))


@linked
def inverse_fourth_root(x):
    """x**(-1/4) for normal numbers above 0, within 4 ulp: Newton's steps from a guess that its
    exponent gives, since roots and divisions of vectors take longer."""
    r = from_bits(splat_int(0x4F586000) - (to_bits(x) >> splat_int(2)))
    part, most = splat(np.float32(-0.25)) * x, splat(np.float32(1.25))
    for _ in range(3):
        square = r * r
        r = r * fma(part, square * square, most)
    return r


@linked
def random_bits(keys, counter):
    """32 bits a lane from a lane's key and a counter: a hash, so that order does not matter."""
    h = keys ^ (counter * splat_int(0x9E3779B9))
    h = (h ^ (h >> splat_int(16))) * splat_int(0x7FEB352D)
    h = (h ^ (h >> splat_int(15))) * splat_int(0x846CA68B)
    return h ^ (h >> splat_int(16))


@linked
def sine_of_turns(x):
    """sin(2 pi x) for x from -1/2 to 1/2, to two parts in ten million."""
    size = absolute(x)
    t = minimum(size, splat(np.float32(0.5)) - size)
    s = t * t
    p = splat(np.float32(39.710914611816406))
    p = fma(p, s, splat(np.float32(-76.57498931884766)))
    p = fma(p, s, splat(np.float32(81.60223388671875)))
    p = fma(p, s, splat(np.float32(-41.341678619384766)))
    p = fma(p, s, splat(np.float32(6.2831854820251465)))
    return copy_sign(t * p, x)


@linked
def normal_pair(one, two):
    """Two numbers of the normal distribution from random bits (Box and Muller 1958)."""
    unit, half = splat(np.float32(2.0**-24)), splat(np.float32(0.5))
    part = (to_float(one >> splat_int(8)) + splat(np.float32(1))) * unit  # above 0, at most 1
    turn = fma(to_float(two >> splat_int(8)), unit, splat(np.float32(0)) - half)
    radius = square_root(splat(np.float32(-2)) * log(part))
    ahead = turn + splat(np.float32(0.25))
    ahead = select_greater(ahead, half, ahead - splat(np.float32(1)), ahead)
    return radius * sine_of_turns(ahead), radius * sine_of_turns(turn)


@linked
def sum_all(array, start, count):
    """The sum of all lanes of `count` vectors, four sums side by side to hide their latency."""
    zero = splat(np.float32(0))
    a, b, c, d = zero, zero, zero, zero
    whole = count - count % 4
    for place in range(start, start + whole * 16, 64):
        a = a + load(array, place)
        b = b + load(array, place + 16)
        c = c + load(array, place + 32)
        d = d + load(array, place + 48)
    for place in range(start + whole * 16, start + count * 16, 16):
        a = a + load(array, place)
    return lane_sum((a + b) + (c + d))
