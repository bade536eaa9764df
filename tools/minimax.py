#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Coefficients of the polynomials in src/base/lanes.h (Remez exchange; needs mpmath).

exp(r)       = 1 + r + r^2 q(r)      |r| <= ln(2)/2
2 atanh(s)/s = 2 + z p(z), z = s^2   |s| <= (sqrt(2)-1)^2, that is log(m) for sqrt(1/2) <= m <= sqrt(2)
"""
from mpmath import mp, mpf, log, exp, sqrt, matrix, lu_solve, cos, pi, atanh, nstr

mp.prec = 250


def remez(f, weight, lo, hi, degree, rounds=8):
    """Polynomial p minimising max |weight(x) (p(x) - f(x))|."""
    n = degree + 2
    xs = [(lo + hi)/2 - (hi - lo)/2*cos(pi*(2*i + 1)/(2*n)) for i in range(n)]
    for _ in range(rounds):
        a, b = matrix(n, n), matrix(n, 1)
        for i, x in enumerate(xs):
            for j in range(degree + 1):
                a[i, j] = x**j
            a[i, degree + 1] = (-1)**i/weight(x)
            b[i] = f(x)
        sol = lu_solve(a, b)
        p = [sol[j] for j in range(degree + 1)]

        def err(x):
            s = mpf(0)
            for c in reversed(p):
                s = s*x + c
            return weight(x)*(s - f(x))

        grid = [lo + (hi - lo)*i/4000 for i in range(4001)]
        es = [err(x) for x in grid]
        peaks = []
        for i in range(len(grid)):
            left = es[i - 1] if i else mpf(0)
            right = es[i + 1] if i + 1 < len(grid) else mpf(0)
            if abs(es[i]) >= abs(left) and abs(es[i]) >= abs(right):
                if peaks and (es[i] > 0) == (es[peaks[-1]] > 0):
                    if abs(es[i]) > abs(es[peaks[-1]]):
                        peaks[-1] = i
                else:
                    peaks.append(i)
        while len(peaks) > n:
            peaks.pop(0 if abs(es[peaks[0]]) < abs(es[peaks[-1]]) else -1)
        if len(peaks) < n:
            break
        xs = [grid[i] for i in peaks]
    return p, max(abs(e) for e in es)


def show(name, p, error):
    print(f"{name}: largest error {nstr(error, 3)} (2^{nstr(log(error, 2), 4)})")
    for c in p:
        print(f"    {float(c)!r}  {float(c).hex()}")


half = log(2)/2*(1 + mpf(2)**-30)
q = lambda r: (exp(r) - 1 - r)/r**2 if r else mpf(1)/2
show("exp q", *remez(q, lambda r: max(r**2, mpf(1)/300)/exp(r), -half, half, 10))

top = ((sqrt(2) - 1)/(sqrt(2) + 1))**2*(1 + mpf(2)**-30)
g = lambda z: (2*atanh(sqrt(z))/sqrt(z) - 2)/z if z > mpf(10)**-40 else mpf(2)/3
show("log p", *remez(g, lambda z: max(z, mpf(10)**-30)/2, mpf(0), top, 7))

ln2 = log(2)
hi = mpf(int(ln2*2**40))/2**40
print("ln 2 =", float(hi).hex(), "+", float(ln2 - hi).hex(), " 1/ln 2 =", float(1/ln2).hex())
