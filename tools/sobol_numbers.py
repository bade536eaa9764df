#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""sobol_numbers.py > src/decide/sobol_numbers.h: direction numbers of our own for Sobol' sequences.

Dimension 1 is van der Corput's sequence; dimension d+1 takes the d-th primitive polynomial over GF(2), by degree and then
by value. Any odd m_i < 2^i give a Sobol' sequence; they are chosen one dimension at a time out of CANDIDATES random ones,
so that the two-dimensional projections onto all dimensions before are nets of the best quality for 2^6 and 2^10 points
(smallest worst t, then smallest mean). The same script gives the same table.
"""
import random

DIMENSIONS, CANDIDATES, BITS, SIZES = 128, 40, 32, (6, 10)


def mulmod(a, b, p, deg):
    r = 0
    while b:
        if b & 1:
            r ^= a
        b >>= 1
        a <<= 1
        if a >> deg & 1:
            a ^= p
    return r


def power(x, n, p, deg):
    r = 1
    while n:
        if n & 1:
            r = mulmod(r, x, p, deg)
        x = mulmod(x, x, p, deg)
        n >>= 1
    return r


def factors(n):
    out, f = set(), 2
    while f * f <= n:
        while n % f == 0:
            out.add(f)
            n //= f
        f += 1
    return out | ({n} if n > 1 else set())


def primitive_polynomials():
    deg = 1
    while True:
        order = (1 << deg) - 1
        for p in range(1 << deg | 1, 1 << deg + 1, 2):
            if deg == 1 or (power(2, order, p, deg) == 1 and
                            all(power(2, order // f, p, deg) != 1 for f in factors(order))):
                yield deg, p
        deg += 1


def directions(deg, p, m):
    """v_1 .. v_BITS as integers of BITS bits, highest bit first."""
    m = list(m)
    for i in range(deg, BITS):
        x = m[i - deg] << deg ^ m[i - deg]
        for k in range(1, deg):
            if p >> deg - k & 1:
                x ^= m[i - k] << k
        m.append(x)
    return [m[i] << BITS - 1 - i for i in range(BITS)]


def rows(v, bits):
    """The first `bits` rows of the generator matrix: bit c of row r is digit r+1 of v_(c+1)."""
    return [sum((v[c] >> BITS - 1 - r & 1) << c for c in range(bits)) for r in range(bits)]


def independent(vectors, basis):
    for x in vectors:
        for b in basis:
            x = min(x, x ^ b)
        if x == 0:
            return None
        basis = sorted(basis + [x], reverse=True)
    return basis


def quality(a, b, bits):
    """t of the projection: bits less the largest k with every k1 + k2 = k leading rows independent."""
    best = bits
    for k1 in range(bits + 1):
        basis, k2 = independent(a[:k1], []), 0
        while k1 + k2 < bits and k2 < bits:
            more = independent([b[k2]], basis)
            if more is None:
                break
            basis, k2 = more, k2 + 1
        if k1 + k2 < bits:
            best = min(best, k1 + k2)
    return bits - best


def main():
    rng = random.Random(1967)
    polynomials, table = primitive_polynomials(), []
    before = [{n: rows([1 << BITS - 1 - i for i in range(BITS)], n) for n in SIZES}]
    for _ in range(DIMENSIONS - 1):
        deg, p = next(polynomials)
        best = None
        for _ in range(CANDIDATES if deg > 1 else 1):
            m = [rng.randrange(1 << i) << 1 | 1 for i in range(deg)]
            v = directions(deg, p, m)
            mine = {n: rows(v, n) for n in SIZES}
            t = [quality(mine[n], other[n], n) for other in before for n in SIZES]
            score = (max(t), sum(t))
            if best is None or score < best[0]:
                best = (score, m, mine)
        table.append((deg, p, best[1]))
        before.append(best[2])
    print("/* SPDX-License-Identifier: Apache-2.0 */")
    print("/* Written by tools/sobol_numbers.py: polynomial (all coefficients as bits) and m_1 .. m_degree of dimensions 2 on. */")
    print("enum { SOBOL_DIMENSIONS = %d, SOBOL_DEGREE = %d };" % (DIMENSIONS, table[-1][0]))
    print("static const struct { unsigned short degree, polynomial, m[%d]; } sobol_number[SOBOL_DIMENSIONS - 1] = {" % table[-1][0])
    for deg, p, m in table:
        print("\t{%d, %d, {%s}}," % (deg, p, ", ".join(map(str, m))))
    print("};")


if __name__ == "__main__":
    main()
