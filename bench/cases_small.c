/* SPDX-License-Identifier: Apache-2.0 */
/* Small models of the literature: myelosuppression, target-mediated disposition, four classical stiff problems. */
#include "bench.h"
#include "base/io.h"
#include "base/rng.h"
#include <math.h>
#include <string.h>

#define SEED 11

/* Doses go into `into` every `every` from 0 on, n times; samples are evenly spaced over the horizon. */
struct small {
	const char *name, *text;
	double horizon;
	int n_sample;
	const char *into;
	double dose, every;
	int n_dose;
	double atol; /* unit of absolute tolerance where the text gives none by state */
	const char *scale; /* atol units by state, if they differ */
};

#define DAY "*(1 (1/day))"

static const struct small smalls[] = {
	/* Friberg 2002, J Clin Oncol 20:4713: proliferation, three transits, circulation; a drug in two compartments. */
	{.name = "friberg",
	 .text = "param Circ0 : 1 = 5.05 ~ lognormal(0.4)\n"
		 "param ktr : 1 = 1.08 ~ lognormal(0.2)\n"
		 "param gamma : 1 = 0.161\n"
		 "param slope : 1 = 8.58 ~ lognormal(0.4)\n"
		 "param CL : 1 = 24 ~ lognormal(0.3)\n"
		 "state A1 : 1 = 0\nstate A2 : 1 = 0\n"
		 "state P : 1 = Circ0\nstate T1 : 1 = Circ0\nstate T2 : 1 = Circ0\nstate T3 : 1 = Circ0\n"
		 "state C : 1 = Circ0\n"
		 "dose drug : 1 into A1\n"
		 "let effect : 1 = slope*A1/7.4\n"
		 "d/dt(A1) = (-(CL/7.4 + 5)*A1 + 2*A2)" DAY "\n"
		 "d/dt(A2) = (5*A1 - 2*A2)" DAY "\n"
		 "d/dt(P) = ktr*P*((1 - effect)*pow(Circ0/C, gamma) - 1)" DAY "\n"
		 "d/dt(T1) = ktr*(P - T1)" DAY "\n"
		 "d/dt(T2) = ktr*(T1 - T2)" DAY "\n"
		 "d/dt(T3) = ktr*(T2 - T3)" DAY "\n"
		 "d/dt(C) = ktr*(T3 - C)" DAY "\n",
	 .horizon = 126, .n_sample = 126, .into = "A1", .dose = 2, .every = 21, .n_dose = 6, .atol = 1e-3},
	/* Mager and Jusko 2001, J Pharmacokinet Pharmacodyn 28:507: the full binding model, in nM and days. */
	{.name = "tmdd",
	 .text = "param kel : 1 = 0.1 ~ lognormal(0.3)\n"
		 "param kpt : 1 = 0.2\nparam ktp : 1 = 0.3\n"
		 "param kon : 1 = 8 ~ lognormal(0.4)\n"
		 "param koff : 1 = 4\nparam kint : 1 = 1.5\nparam kdeg : 1 = 2 ~ lognormal(0.3)\n"
		 "param R0 : 1 = 12 ~ lognormal(0.5)\n"
		 "state L : 1 = 0\nstate T : 1 = 0\nstate R : 1 = R0\nstate RL : 1 = 0\n"
		 "dose drug : 1 into L\n"
		 "let bind : 1 = kon*L*R - koff*RL\n"
		 "d/dt(L) = (-(kel + kpt)*L + ktp*T - bind)" DAY "\n"
		 "d/dt(T) = (kpt*L - ktp*T)" DAY "\n"
		 "d/dt(R) = (kdeg*(R0 - R) - bind)" DAY "\n"
		 "d/dt(RL) = (bind - kint*RL)" DAY "\n",
	 .horizon = 140, .n_sample = 140, .into = "L", .dose = 100, .every = 14, .n_dose = 8, .atol = 1e-3},
	/* Robertson 1966 */
	{.name = "robertson",
	 .text = "param f : 1 = 1 ~ lognormal(0.1)\n"
		 "state y1 : 1 = 1\nstate y2 : 1 = 0\nstate y3 : 1 = 0\n"
		 "d/dt(y1) = (-0.04*f*y1 + 1e4*y2*y3)" DAY "\n"
		 "d/dt(y2) = (0.04*f*y1 - 1e4*y2*y3 - 3e7*y2^2)" DAY "\n"
		 "d/dt(y3) = 3e7*y2^2" DAY "\n",
	 .horizon = 4e4, .n_sample = 40, .scale = "1e-4 1e-8 1e-4"},
	/* van der Pol with mu = 1000, Test Set for IVP Solvers */
	{.name = "vdpol",
	 .text = "param f : 1 = 1 ~ lognormal(0.05)\n"
		 "state y1 : 1 = 2\nstate y2 : 1 = 0\n"
		 "d/dt(y1) = y2" DAY "\n"
		 "d/dt(y2) = (1000*f*(1 - y1^2)*y2 - y1)" DAY "\n",
	 .horizon = 2000, .n_sample = 40, .scale = "1 1e-3"},
	/* Field and Noyes 1974 */
	{.name = "oregonator",
	 .text = "param f : 1 = 1 ~ lognormal(0.05)\n"
		 "state y1 : 1 = 1\nstate y2 : 1 = 2\nstate y3 : 1 = 3\n"
		 "d/dt(y1) = 77.27*f*(y2 + y1*(1 - 8.375e-6*y1 - y2))" DAY "\n"
		 "d/dt(y2) = (y3 - (1 + y1)*y2)/77.27" DAY "\n"
		 "d/dt(y3) = 0.161*(y1 - y3)" DAY "\n",
	 .horizon = 360, .n_sample = 36, .atol = 1},
	/* Schaefer 1975, HIRES */
	{.name = "hires",
	 .text = "param f : 1 = 1 ~ lognormal(0.1)\n"
		 "state y1 : 1 = 1\nstate y2 : 1 = 0\nstate y3 : 1 = 0\nstate y4 : 1 = 0\n"
		 "state y5 : 1 = 0\nstate y6 : 1 = 0\nstate y7 : 1 = 0\nstate y8 : 1 = 0.0057\n"
		 "let b : 1 = 280*f*y6*y8\n"
		 "d/dt(y1) = (-1.71*y1 + 0.43*y2 + 8.32*y3 + 0.0007)" DAY "\n"
		 "d/dt(y2) = (1.71*y1 - 8.75*y2)" DAY "\n"
		 "d/dt(y3) = (-10.03*y3 + 0.43*y4 + 0.035*y5)" DAY "\n"
		 "d/dt(y4) = (8.32*y2 + 1.71*y3 - 1.12*y4)" DAY "\n"
		 "d/dt(y5) = (-1.745*y5 + 0.43*y6 + 0.43*y7)" DAY "\n"
		 "d/dt(y6) = (-b + 0.69*y4 + 1.71*y5 - 0.43*y6 + 0.69*y7)" DAY "\n"
		 "d/dt(y7) = (b - 1.81*y7)" DAY "\n"
		 "d/dt(y8) = (-b + 1.81*y7)" DAY "\n",
	 .horizon = 321.8122, .n_sample = 40, .atol = 1e-4},
};

const char *const bench_small_names[] = {"friberg", "tmdd", "robertson", "vdpol", "oregonator", "hires"};
const int bench_n_small = sizeof bench_small_names / sizeof *bench_small_names;

static void set_tolerances(const struct small *s, struct bench_case *c)
{
	const char *p = s->scale;
	for (int q = 0; q < c->m->n_q; q++) {
		double unit = s->atol;
		if (c->m->q[q].kind != QL_STATE)
			continue;
		if (p) {
			size_t n = strcspn(p, " ");
			ql_parse_double(p, n, &unit);
			p += n + (p[n] == ' ');
		}
		if (c->plan->state_of_q[q] >= 0)
			c->atol_unit[c->plan->state_of_q[q]] = unit;
	}
}

/* Hidden normals of patient i, one stream per random. */
static void draw(const struct ql_model *m, struct ql_values *v, int i)
{
	for (int q = 0; q < m->n_q; q++)
		if (m->q[q].kind == QL_RANDOM)
			v->q[q] = ql_quantile_normal(
				ql_rng_uniform(SEED, (uint64_t)i, ql_hash_str(m->q[q].stream), 0));
}

static bool add_patients(const struct small *s, struct bench_case *c)
{
	const struct ql_plan *plan = c->plan;
	const int into = s->into ? plan->state_of_q[ql_model_find(c->m, s->into)] : -1;
	struct ql_values v;
	bool ok = true;
	ql_values_init(plan, &v);
	ql_plan_run_constants(plan, &v, c->k);
	for (int i = 0; ok && i < c->n_patient; i++) {
		draw(c->m, &v, i);
		ok = ql_plan_patient(plan, &v, c->p0 + i * plan->n_p, c->y0 + i * plan->n_state, 1) == QUELL_OK;
		for (int d = 0; d < s->n_dose; d++)
			bench_case_event(c, (struct bench_event){d * s->every, BENCH_ADD_STATE, into, s->dose});
		c->first_event[i + 1] = c->n_event;
	}
	ql_values_free(&v);
	return ok;
}

bool bench_case_small(struct ql_arena *a, const char *name, int n_patient, struct ql_diags *ds, struct bench_case *c)
{
	const struct small *s = smalls;
	while (strcmp(s->name, name) != 0)
		s++;
	*c = (struct bench_case){.name = s->name, .horizon = s->horizon, .n_sample = s->n_sample};
	if (ql_model_parse(ql_arena_printf(a, "%s.qm", name), s->text, strlen(s->text), ds, &c->m) != QUELL_OK ||
	    ql_plan_make(c->m, name, NULL, 0, ds, &c->plan) != QUELL_OK)
		return false;
	c->sample_t = QL_NEW_N(a, double, (size_t)s->n_sample);
	for (int i = 0; i < s->n_sample; i++)
		c->sample_t[i] = s->horizon * (i + 0.5) / s->n_sample;
	bench_case_start(a, c, n_patient);
	set_tolerances(s, c);
	return add_patients(s, c);
}

void bench_case_start(struct ql_arena *a, struct bench_case *c, int n_patient)
{
	const struct ql_plan *p = c->plan;
	c->n_patient = n_patient;
	c->k = QL_NEW_N(a, double, (size_t)p->n_k + 1);
	c->y0 = QL_NEW_N(a, double, (size_t)n_patient * (size_t)p->n_state);
	c->p0 = QL_NEW_N(a, double, (size_t)n_patient * (size_t)p->n_p + 1);
	c->first_event = QL_NEW_N(a, int, (size_t)n_patient + 1);
	c->atol_unit = QL_NEW_N(a, double, (size_t)p->n_state);
}

void bench_case_event(struct bench_case *c, struct bench_event e)
{
	QL_GROW(c->event, c->n_event, c->cap_event);
	c->event[c->n_event++] = e;
}

void bench_case_free(struct bench_case *c)
{
	ql_free(c->event);
	ql_plan_free(c->plan);
	ql_model_free(c->m);
}
