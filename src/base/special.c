/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Incomplete gamma and beta functions by series and continued fraction, with
 * prefactors in Loader's saddle-point form (no cancelling logarithms);
 * quantiles by safeguarded Newton steps.
 */
#include "base/special.h"
#include "base/rng.h"
#include <float.h>
#include <math.h>

#define SQRT_HALF 0.707106781186547524400844362104849039
#define SQRT_2PI 2.50662827463100050241576528481104525
#define TINY 1e-300
enum { MAX_TERMS = 20000000 };

double ql_pnorm(double z)
{
	return 0.5 * erfc(-z * SQRT_HALF);
}
double ql_pnorm_upper(double z)
{
	return 0.5 * erfc(z * SQRT_HALF);
}

double ql_qnorm(double p)
{
	if (!(p >= 0 && p <= 1))
		return NAN;
	return p == 0 ? -INFINITY : p == 1 ? INFINITY : ql_quantile_normal(p);
}

/* log(Gamma(n+1)) minus Stirling's approximation. */
static double stirling_error(double n)
{
	double sum = 0;
	for (; n < 16; n += 1)
		sum += (n + 0.5) * log1p(1 / n) - 1;
	double r = 1 / (n * n);
	return sum + (1.0 / 12 -
		      (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - (1.0 / 1188 - 691.0 / 360360 * r) * r) * r) * r) * r) /
			 n;
}

/* x*log(x/m) + m - x without cancellation near x = m. */
static double deviance(double x, double m)
{
	double d = x - m;
	if (fabs(d) >= 0.1 * (x + m))
		return x * log(x / m) + m - x;
	double v = d / (x + m), s = d * v, term = 2 * x * v;
	for (int j = 1; j < 1000; j++) {
		term *= v * v;
		double next = s + term / (2 * j + 1);
		if (next == s)
			break;
		s = next;
	}
	return s;
}

/* x^a exp(-x) / Gamma(a+1) */
static double gamma_front(double x, double a)
{
	if (a < 1e-8)
		return exp(a * log(x) - x);
	return exp(-stirling_error(a) - deviance(a, x)) / (SQRT_2PI * sqrt(a));
}

static double gamma_series(double x, double a)
{
	double term = 1, sum = 1;
	for (int n = 1; n < MAX_TERMS; n++) {
		term *= x / (a + n);
		sum += term;
		if (term < sum * 1e-17)
			break;
	}
	return sum * gamma_front(x, a);
}

static double gamma_fraction(double x, double a)
{
	double b = x + 1 - a, c = 1 / TINY, d = 1 / b, h = d;
	for (int i = 1; i < MAX_TERMS; i++) {
		double an = -i * (i - a);
		b += 2;
		d = an * d + b;
		d = 1 / (fabs(d) < TINY ? TINY : d);
		c = b + an / c;
		c = fabs(c) < TINY ? TINY : c;
		h *= d * c;
		if (fabs(d * c - 1) < 1e-16)
			break;
	}
	return h * gamma_front(x, a) * a;
}

static void gamma_both(double x, double a, double *lower, double *upper)
{
	if (isnan(x) || isnan(a) || a <= 0) {
		*lower = *upper = NAN;
	} else if (x <= 0 || isinf(x)) {
		*lower = x > 0;
		*upper = !(x > 0);
	} else if (x < a + 1) {
		*lower = gamma_series(x, a);
		*upper = 1 - *lower;
	} else {
		*upper = gamma_fraction(x, a);
		*lower = 1 - *upper;
	}
}

double ql_pgamma(double x, double shape)
{
	double lower, upper;
	gamma_both(x, shape, &lower, &upper);
	return lower;
}

double ql_pchisq_upper(double x, double df)
{
	double lower, upper;
	gamma_both(x / 2, df / 2, &lower, &upper);
	return upper;
}

/* x^a y^b / B(a,b) for x + y = 1 */
static double beta_front(double x, double y, double a, double b)
{
	double n = a + b;
	if (a < 1e-8 || b < 1e-8)
		return exp(a * log(x) + b * log(y)) * (a * b / n);
	double e = stirling_error(n) - stirling_error(a) - stirling_error(b) - deviance(a, n * x) - deviance(b, n * y);
	return exp(e) * sqrt(a / n * b) / SQRT_2PI;
}

static double beta_fraction(double x, double y, double a, double b)
{
	double c = 1, d = 1 - (a + b) * x / (a + 1);
	d = 1 / (fabs(d) < TINY ? TINY : d);
	double h = d;
	for (int m = 1; m < MAX_TERMS; m++) {
		for (int odd = 0; odd < 2; odd++) {
			double num = odd ? -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1))
					 : m * (b - m) * x / ((a + 2.0 * m - 1) * (a + 2.0 * m));
			d = 1 + num * d;
			d = 1 / (fabs(d) < TINY ? TINY : d);
			c = 1 + num / c;
			c = fabs(c) < TINY ? TINY : c;
			h *= d * c;
		}
		if (fabs(d * c - 1) < 1e-16)
			break;
	}
	return beta_front(x, y, a, b) * h / a;
}

/* Both tails; y = 1 - x is given so that it may be small and exact. */
static void beta_both(double x, double y, double a, double b, double *lower, double *upper)
{
	if (isnan(x) || isnan(y) || !(a > 0) || !(b > 0)) {
		*lower = *upper = NAN;
	} else if (x <= 0 || y <= 0) {
		*lower = x > 0;
		*upper = !(x > 0);
	} else if (x <= (a + 1) / (a + b + 2)) {
		*lower = beta_fraction(x, y, a, b);
		*upper = 1 - *lower;
	} else {
		*upper = beta_fraction(y, x, b, a);
		*lower = 1 - *upper;
	}
}

double ql_pbeta(double x, double a, double b)
{
	double lower, upper;
	beta_both(x, 1 - x, a, b, &lower, &upper);
	return lower;
}

double ql_pf_upper(double f, double df1, double df2)
{
	if (isnan(f) || isnan(df1) || isnan(df2))
		return NAN;
	if (f <= 0)
		return 1;
	if (isinf(f))
		return 0;
	double lower, upper, s = df1 * f + df2;
	beta_both(df1 * f / s, df2 / s, df1 / 2, df2 / 2, &lower, &upper);
	return upper;
}

/* Upper tail of Student's t at t >= 0. */
static double t_tail(double t, double df)
{
	double lower, upper, t2 = t * t;
	if (isinf(t2))
		return isinf(t) ? 0 : 0.5 * exp(log(df) * df / 2 - df * log(t)) * beta_front(0.5, 0.5, df / 2, 0.5);
	if (t2 < df)
		beta_both(t2 / (df + t2), df / (df + t2), 0.5, df / 2, &lower, &upper);
	else
		beta_both(df / (df + t2), t2 / (df + t2), df / 2, 0.5, &upper, &lower);
	return 0.5 * upper;
}

double ql_pt(double t, double df)
{
	if (isnan(t) || isnan(df) || df <= 0)
		return NAN;
	if (isinf(df))
		return ql_pnorm(t);
	return t < 0 ? t_tail(-t, df) : 1 - t_tail(t, df);
}

/* A monotone function with tail probability and density at x > 0, for the root finder. */
struct target {
	double a, b;
	bool upper; /* p is an upper tail */
	double (*tail)(const struct target *g, double x);
	double (*density)(const struct target *g, double x);
};

/* x in (0, high) whose tail is p. Newton on log p, halving (in log x) when it leaves the bracket. */
static double invert(const struct target *g, double p, double x, double high)
{
	double low = 0, log_p = log(p);
	for (int i = 0; i < 400; i++) {
		double t = g->tail(g, x);
		if (t == p)
			return x;
		bool right = (t < p) == g->upper; /* the root lies to the left of x */
		*(right ? &high : &low) = x;
		double slope = g->density(g, x) / t * (g->upper ? -1 : 1);
		double next = x - (log(t) - log_p) / slope;
		if (!(next > low && next < high))
			next = low == 0         ? x / (right ? 16 : 0.0625)
			       : isinf(high)    ? x * 16
			       : high > 4 * low ? sqrt(low * high)
						: 0.5 * (low + high);
		if (!(next > low && next < high))
			next = 0.5 * (low + high);
		if (fabs(next - x) <= 1e-15 * fabs(x) || next == x)
			return next;
		x = next;
	}
	return x;
}

static double gamma_tail(const struct target *g, double x)
{
	double lower, upper;
	gamma_both(x, g->a, &lower, &upper);
	return g->upper ? upper : lower;
}

static double gamma_density(const struct target *g, double x)
{
	return gamma_front(x, g->a) * g->a / x;
}

double ql_qchisq(double p, double df)
{
	if (isnan(p) || isnan(df) || p < 0 || p > 1 || df <= 0)
		return NAN;
	if (p == 0 || p == 1)
		return p == 0 ? 0 : INFINITY;
	double a = df / 2, z = ql_qnorm(p), c = 1 - 1 / (9 * a) + z / (3 * sqrt(a)), x = a * c * c * c;
	if (c < 0.2)
		x = exp((log(p) + lgamma(a + 1)) / a); /* leading term of the series */
	struct target g = {a, 0, p > 0.5, gamma_tail, gamma_density};
	return 2 * invert(&g, g.upper ? 1 - p : p, x > DBL_MIN ? x : DBL_MIN, INFINITY);
}

static double beta_tail(const struct target *g, double x)
{
	double lower, upper;
	beta_both(x, 1 - x, g->a, g->b, &lower, &upper);
	return g->upper ? upper : lower;
}

static double beta_density(const struct target *g, double x)
{
	return beta_front(x, 1 - x, g->a, g->b) / (x * (1 - x));
}

double ql_qbeta(double p, double a, double b)
{
	if (isnan(p) || p < 0 || p > 1 || !(a > 0) || !(b > 0))
		return NAN;
	if (p == 0 || p == 1)
		return p;
	double mean = a / (a + b);
	struct target g = {a, b, false, beta_tail, beta_density};
	g.upper = beta_tail(&g, mean) < p && p > 0.5;
	return invert(&g, g.upper ? 1 - p : p, mean, 1);
}

static double student_tail(const struct target *g, double x)
{
	return t_tail(x, g->a);
}

static double student_density(const struct target *g, double x)
{
	double n = g->a, s = n + x * x; /* x^0: Beta(n/2, 1/2) front without the part that cancels */
	return beta_front(n / s, x * x / s, n / 2, 0.5) / x;
}

double ql_qt(double p, double df)
{
	if (isnan(p) || isnan(df) || p < 0 || p > 1 || df <= 0)
		return NAN;
	if (p == 0 || p == 1)
		return p == 0 ? -INFINITY : INFINITY;
	if (isinf(df))
		return ql_qnorm(p);
	if (p == 0.5)
		return 0;
	double q = p < 0.5 ? p : 1 - p;
	struct target g = {df, 0, true, student_tail, student_density};
	double t = invert(&g, q, fabs(ql_qnorm(q)), INFINITY);
	return p < 0.5 ? -t : t;
}
