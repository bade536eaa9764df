/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rng.h"
#include <Random123/philox.h>
#include <math.h>

double Sleef_finz_erfcd1_u15purecfma(double); /* SLEEF's header hides it behind target macros */

uint64_t ql_rng_bits(uint64_t seed, uint64_t patient, uint64_t stream, uint64_t ordinal)
{
	philox4x64_ctr_t c = {{patient, ordinal, 0, 0}};
	philox4x64_key_t k = {{seed, stream}};
	return philox4x64(c, k).v[0];
}

double ql_rng_uniform(uint64_t seed, uint64_t patient, uint64_t stream, uint64_t ordinal)
{
	return ((double)(ql_rng_bits(seed, patient, stream, ordinal) >> 11) + 0.5) * 0x1p-53;
}

double ql_quantile_exponential(double u) { return -ql_log(1.0 - u); }

static double polynomial(const double *c, int n, double x)
{
	double s = c[n - 1];
	for (int i = n - 2; i >= 0; i--)
		s = s * x + c[i];
	return s;
}

double ql_quantile_normal(double u)
{
	static const double a[8] = {3.3871328727963666080e0,  1.3314166789178437745e2, 1.9715909503065514427e3,
				    1.3731693765509461125e4,  4.5921953931549871457e4, 6.7265770927008700853e4,
				    3.3430575583588128105e4,  2.5090809287301226727e3};
	static const double b[8] = {1.0,                      4.2313330701600911252e1, 6.8718700749205790830e2,
				    5.3941960214247511077e3,  2.1213794301586595867e4, 3.9307895800092710610e4,
				    2.8729085735721942674e4,  5.2264952788528545610e3};
	static const double c[8] = {1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0,
				    3.64784832476320460504e0, 1.27045825245236838258e0, 2.41780725177450611770e-1,
				    2.27238449892691845833e-2, 7.74545014278341407640e-4};
	static const double d[8] = {1.0,                       2.05319162663775882187e0, 1.67638483018380384940e0,
				    6.89767334985100004550e-1, 1.48103976427480074590e-1, 1.51986665636164571966e-2,
				    5.47593808499534494600e-4, 1.05075007164441684324e-9};
	static const double e[8] = {6.65790464350110377720e0,  5.46378491116411436990e0, 1.78482653991729133580e0,
				    2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
				    2.71155556874348757815e-5, 2.01033439929228813265e-7};
	static const double f[8] = {1.0,                       5.99832206555887937690e-1, 1.36929880922735805310e-1,
				    1.48753612908506148525e-2, 7.86869131145613259100e-4, 1.84631831751005468180e-5,
				    1.42151175831644588870e-7, 2.04426310338993978564e-15};
	double q = u - 0.5;
	if (fabs(q) <= 0.425) {
		double r = 0.180625 - q * q;
		return q * polynomial(a, 8, r) / polynomial(b, 8, r);
	}
	double r = sqrt(-ql_log(q < 0 ? u : 1.0 - u));
	double x = r <= 5.0 ? polynomial(c, 8, r - 1.6) / polynomial(d, 8, r - 1.6)
			    : polynomial(e, 8, r - 5.0) / polynomial(f, 8, r - 5.0);
	return q < 0 ? -x : x;
}

double ql_cdf_normal(double z) { return 0.5 * Sleef_finz_erfcd1_u15purecfma(-0.70710678118654752440 * z); }

static double poisson_by_sum(double u, double mean)
{
	double p = ql_exp(-mean), cumulated = p;
	int k = 0;
	while (u > cumulated && k < 2000) {
		k++;
		p *= mean / k;
		cumulated += p;
	}
	return k;
}

double ql_quantile_poisson(double u, double mean)
{
	if (!(mean >= 0) || isinf(mean))
		return NAN;
	if (mean <= 200)
		return poisson_by_sum(u, mean);
	/* Cornish-Fisher: skewness 1/sqrt(m), excess kurtosis 1/m. */
	double z = ql_quantile_normal(u), s = sqrt(mean);
	double k = mean + s * z + (z * z - 1) / 6 + (z - z * z * z) / (72 * s) - 0.5;
	return k > 0 ? floor(k + 0.5) : 0;
}
