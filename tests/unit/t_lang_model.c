/* SPDX-License-Identifier: Apache-2.0 */
/* What models mean: every value here is worked out by hand. */
#include "lang_model.h"

static void scalars_and_functions(void **state)
{
	(void)state;
	struct lang l = lang_good("param a : 1 = 2 \"a\" [assumed]\n"
				  "let s1 : 1 = a + 3*a^2 - -1          # 2 + 12 + 1\n"
				  "let s2 : 1 = -a^2                    # -(a^2)\n"
				  "let s3 : 1 = 2^3^2                   # 2^9\n"
				  "let s4 : 1 = 12/a/3*2                # left to right\n"
				  "let s5 : 1 = a^-1\n"
				  "let f1 : 1 = exp(a) + log(a) + log10(a) + pow(a, 3) + sqrt(a) + abs(-a) + tanh(a)\n"
				  "let f2 : 1 = min(3, a, 5) + max(1, a)*10 + floor(a/3) + ceil(a/3)*100\n"
				  "let f3 : 1 = hill(a, 4, 2)           # 4/(16 + 4)\n"
				  "let f4 : 1 = hill(-a, 4, 2)\n"
				  "let f5 : 1 = logit(expit(a)) + sin(a) + cos(a) + tan(a)\n"
				  "let c1 : 1 = (a > 1) + (a >= 2)*10 + (a < 1)*100 + (a == 2)*1000 + (a != 2)*10000\n"
				  "let c2 : 1 = (a > 1 and not (a > 3)) + 10*(a > 3 or a < 1) + 100*(a > 1 && !(a > 3) || a < 0)\n"
				  "let c3 : 1 = if a > 3 then 1 else if a > 1 then 2 else 3\n"
				  "let time : 1 = t/(1 day)\n");
	double a = 2;
	assert_near(lang_value(&l, "s1"), 15);
	assert_near(lang_value(&l, "s2"), -4);
	assert_near(lang_value(&l, "s3"), 512);
	assert_near(lang_value(&l, "s4"), 4);
	assert_near(lang_value(&l, "s5"), 0.5);
	assert_true(fabs(lang_value(&l, "f1") - (exp(a) + log(a) + log10(a) + 8 + sqrt(a) + 2 + tanh(a))) < 1e-13);
	assert_near(lang_value(&l, "f2"), 2 + 20 + 0 + 100);
	assert_near(lang_value(&l, "f3"), 0.2);
	assert_near(lang_value(&l, "f4"), 0);
	assert_true(fabs(lang_value(&l, "f5") - (a + sin(a) + cos(a) + tan(a))) < 1e-13);
	assert_near(lang_value(&l, "c1"), 1011);
	assert_near(lang_value(&l, "c2"), 101);
	assert_near(lang_value(&l, "c3"), 2);
	assert_near(lang_node(&l, l.m->q[lang_find(&l, "time")].def, 7), 7);
	lang_free(&l);
}

static void indices(void **state)
{
	(void)state;
	struct lang l = lang_good("index site = blood, node, marrow\n"
				  "index tissue = node, marrow of site\n"
				  "index clone = wild, rare\n"
				  "param w[site] : 1 = 1, 2, 3 \"w\" [assumed]\n"
				  "param m[clone, tissue] : 1 = 1, 2, 3, 4 \"last index fastest\" [assumed]\n"
				  "param k[tissue] : 1 = 5 \"one for all\" [assumed]\n"
				  "let total : 1 = sum(i in site : w[i])\n"
				  "let both : 1 = sum(c in clone, t in tissue : m[c, t]*w[t])\n"
				  "let product : 1 = prod(i in site : w[i])\n"
				  "let least : 1 = min(i in site : w[i] - 2)\n"
				  "let most : 1 = max(i in tissue : w[i])\n"
				  "let guarded[i in site] : 1 = w[i] + (if i in tissue then k[i] else 0)\n"
				  "let named[i in site] : 1 = if i == blood then k[node] else if i != node then 7 else m[rare, i]\n"
				  "let implied[tissue] : 1 = w[tissue]*10\n"
				  "for t in tissue:\n"
				  "    let twice[t] : 1 = 2*w[t]\n"
				  "    for c in clone:\n"
				  "        if c == wild:\n"
				  "            let cell[c, t] : 1 = m[c, t]\n"
				  "        else:\n"
				  "            let cell[c, t] : 1 = -m[c, t]\n"
				  "let piece[blood] : 1 = 1\n"
				  "let piece[t in tissue] : 1 = piece[blood] + w[t]\n"
				  "let skip : 1 = sum(i in site : if i in tissue and k[i] > 0 then 1 else 0)\n");
	assert_near(lang_value(&l, "total"), 6);
	assert_near(lang_value(&l, "both"), 1 * 2 + 2 * 3 + 3 * 2 + 4 * 3);
	assert_near(lang_value(&l, "product"), 6);
	assert_near(lang_value(&l, "least"), -1);
	assert_near(lang_value(&l, "most"), 3);
	assert_near(lang_value(&l, "guarded[blood]"), 1);
	assert_near(lang_value(&l, "guarded[marrow]"), 8);
	assert_near(lang_value(&l, "named[blood]"), 5);
	assert_near(lang_value(&l, "named[node]"), 3);
	assert_near(lang_value(&l, "named[marrow]"), 7);
	assert_near(lang_value(&l, "implied[marrow]"), 30);
	assert_near(lang_value(&l, "twice[node]"), 4);
	assert_near(lang_value(&l, "cell[rare,marrow]"), -4);
	assert_near(lang_value(&l, "cell[wild,node]"), 1);
	assert_near(lang_value(&l, "piece[marrow]"), 4);
	assert_near(lang_value(&l, "skip"), 2);
	lang_free(&l);
}

static void order_does_not_matter(void **state)
{
	(void)state;
	struct lang l = lang_good("let a : 1 = b + 1\nlet b : 1 = c*2\nlet c : 1 = p\n"
				  "param p : 1 = q*3 \"p\" [assumed]\nparam q : 1 = 5 \"q\" [assumed]\n"
				  "index i = x, y, z\n" /* elements may need each other, in one direction */
				  "let n[i] : 1 = if i == x then 1 else if i == y then 2*n[x] else 2*n[y]\n"
				  "let u[i] : 1 = if i == x then v[x] else 1\n"
				  "let v[i] : 1 = if i == x then 2 else u[i]\n");
	assert_near(lang_value(&l, "a"), 31);
	assert_near(lang_value(&l, "n[z]"), 4);
	assert_near(lang_value(&l, "u[x]"), 2);
	assert_near(lang_value(&l, "v[y]"), 1);
	/* parameters come after those they are made of */
	assert_true(lang_find(&l, "q") < lang_find(&l, "p"));
	lang_free(&l);
}

static void states(void **state)
{
	(void)state;
	struct lang l = lang_good("index site = blood, node\n"
				  "covariate weight : kg = 70 in 30..200 \"weight\"\n"
				  "input level : 1 = 0 in 0..1 \"level\"\n"
				  "input next : 1 = 1e9 \"threshold\"\n"
				  "param k : 1/day = 0.5 ~ lognormal(0.4) \"k\" {Key2001} [verified]\n"
				  "param V : L = 2 \"V\" [assumed]\n"
				  "draw e[site] : 1 ~ exponential(2) \"e\"\n"
				  "draw n0 : 1 ~ poisson(3*weight/(70 kg)) \"n0\"\n"
				  "state A : mg = 4 mg atol 1e-3 \"drug\"\n"
				  "state S[i in site] : Gcell = if i == blood then 10 else 20 \"cells\"\n"
				  "quad H : 1 = 0 \"hazard\"\n"
				  "d/dt(A) = -k*A*(1 + level)\n"
				  "for i in site:\n"
				  "    d/dt(S[i]) = -0.1 (1/day)*S[i]*e[i]\n"
				  "d/dt(H) = A/V/(1 mg/L)*0.25 (1/day)\n"
				  "dose oral : g into A scale 1000 (mg/g) \"a dose\"\n"
				  "f(oral) = 0.8\n"
				  "alag(oral) = 2 h to day\n"
				  "when gone[i in site] (S[i] < 1 Gcell) : S[i] = 0 Gcell, level = 0 \"gone\"\n"
				  "when all (S[blood] < 1 Gcell and S[node] < 2 Gcell) : S[*] = 0 Gcell\n"
				  "when heard (next < H) \"only the trial hears it\"\n"
				  "output C : mg/L = A/V \"concentration\"\n");
	struct ql_model *m = l.m;
	assert_true(m->has_units);
	assert_near(lang_value(&l, "A"), 4);
	assert_near(lang_rate(&l, "A"), -2);
	assert_near(lang_value(&l, "S[node]"), 20);
	assert_near(lang_value(&l, "C"), 2);
	assert_near(lang_rate(&l, "H"), 0.5);
	assert_true(m->q[lang_find(&l, "H")].is_quad && !m->q[lang_find(&l, "A")].is_quad);
	assert_near(m->q[lang_find(&l, "A")].atol, 1e-3);
	const struct ql_quantity *k = &m->q[lang_find(&l, "k")];
	assert_int_equal(k->grade, QL_VERIFIED);
	assert_string_equal(k->cite[0], "Key2001");
	assert_string_equal(k->spread_text, "lognormal(0.4)");
	assert_string_equal(m->q[k->draw_random].stream, "k");
	const struct ql_quantity *e = &m->q[lang_find(&l, "e[node]")];
	assert_int_equal(m->q[e->draw_random].draw, QL_DRAW_UNIFORM);
	assert_string_equal(m->q[e->draw_random].stream, "e[node]");
	assert_true(fabs(lang_value(&l, "e[node]") - 2 * log(2)) < 1e-14);
	const struct ql_quantity *n0 = &m->q[lang_find(&l, "n0")];
	assert_int_equal(n0->draw, QL_DRAW_POISSON);
	assert_int_equal(n0->def, n0->sym);
	assert_near(lang_node(&l, n0->draw_mean, 0), 3);

	assert_int_equal(m->n_dose, 1);
	const struct ql_dose *d = &m->dose[0];
	assert_string_equal(d->name, "oral");
	assert_string_equal(d->unit, "g");
	assert_int_equal(d->state, lang_find(&l, "A"));
	assert_near(lang_node(&l, d->scale, 0), 1000);
	assert_near(lang_node(&l, d->bioavailability, 0), 0.8);
	assert_near(lang_node(&l, d->lag, 0), 2. / 24);
	assert_int_equal(d->modelled_rate, QL_NO_NODE);
	assert_int_equal(m->q[d->rate_input].kind, QL_INPUT);
	assert_string_equal(m->q[d->rate_input].name, "rate(oral)");

	assert_int_equal(m->n_when, 4);
	int gone = ql_model_find_when(m, "gone[node]");
	assert_true(gone >= 0);
	assert_int_equal(m->when[gone].n_assign, 2);
	assert_int_equal(m->when[gone].target[0], lang_find(&l, "S[node]"));
	assert_int_equal(m->when[gone].target[1], lang_find(&l, "level"));
	assert_near(lang_node(&l, m->when[gone].g, 0), 1 - 20);
	assert_int_equal(m->when[2].n_assign, 2);
	assert_near(lang_node(&l, m->when[2].g, 0), -18); /* the smaller of 1-10 and 2-20 */
	assert_int_equal(m->when[3].n_assign, 0);
	lang_free(&l);
}

static void spreads(void **state)
{
	(void)state;
	struct lang l = lang_good("index i = a, b\n"
				  "param x : 1 = 2 ~ lognormal(0.5) \"x\" [assumed]\n"
				  "param c : 1 = 2 ~ lognormal(cv = 0.5) \"c\" [assumed]\n"
				  "param n : 1 = 2 ~ normal(0.5) \"n\" [assumed]\n"
				  "param g : 1 = 0.2 ~ logitnormal(0.5) \"g\" [assumed]\n"
				  "param u : L = 2 ~ uniform(1, 4) \"u\" [assumed]\n"
				  "param own[i] : 1 = 2 ~ normal(1) \"own\" [assumed]\n"
				  "param one[i] : 1 = 2, 3 ~ normal(1, common) \"one\" [assumed]\n");
	struct ql_model *m = l.m;
	double *v = lang_values(&l), *node = calloc((size_t)m->dag.n, sizeof *node), z = 0.7;
	for (int i = 0; i < m->n_q; i++)
		if (m->q[i].kind == QL_RANDOM)
			v[i] = z;
	ql_dag_eval(&m->dag, NULL, v, 0, node);
#define REALISED(name) node[m->q[lang_find(&l, name)].realised]
	assert_true(fabs(REALISED("x") - 2 * exp(0.5 * z)) < 1e-14);
	assert_true(fabs(REALISED("c") - 2 * exp(sqrt(log(1.25)) * z)) < 1e-14);
	assert_true(fabs(REALISED("n") - 2.35) < 1e-14);
	assert_true(fabs(REALISED("g") - 1 / (1 + exp(-(log(0.25) + 0.5 * z)))) < 1e-14);
	assert_true(fabs(REALISED("u") - 3.1) < 1e-14);
	int a = m->q[lang_find(&l, "own[a]")].draw_random, b = m->q[lang_find(&l, "own[b]")].draw_random;
	assert_true(a != b);
	assert_int_equal(m->q[lang_find(&l, "one[a]")].draw_random, m->q[lang_find(&l, "one[b]")].draw_random);
	assert_string_equal(m->q[m->q[lang_find(&l, "one[a]")].draw_random].stream, "one");
	/* --set moves the typical value, so the spread acts on the symbol */
	v[lang_find(&l, "x")] = 10;
	ql_dag_eval(&m->dag, NULL, v, 0, node);
	assert_true(fabs(REALISED("x") - 10 * exp(0.5 * z)) < 1e-13);
	free(v);
	free(node);
	lang_free(&l);
}

static void expressions(void **state)
{
	(void)state;
	struct lang l = lang_good("covariate age : year = 70 in 18..110 \"age\"\n"
				  "index i = a, b\nparam x[i] : 1 = 2, 3 \"x\" [assumed]\n"
				  "state S : 1 = 1 \"S\"\nd/dt(S) = 0 (1/day)\n");
	ql_node n;
	struct ql_span at = {"pop.yaml", 3, 7, 4};
	assert_int_equal(ql_model_expression(l.m, "2*x[b] + log(age)", at, &l.ds, &n), QUELL_OK);
	assert_near(lang_node(&l, n, 0), 6 + log(70));
	assert_int_equal(ql_model_expression(l.m, "2*S", at, &l.ds, &n), QUELL_ERR_INPUT);
	assert_int_equal(n, QL_NO_NODE);
	assert_int_equal(l.ds.item[l.ds.n - 1]->code, QL_E0209);
	assert_int_equal(ql_model_expression(l.m, "agee", at, &l.ds, &n), QUELL_ERR_INPUT);
	assert_string_equal(l.ds.item[l.ds.n - 1]->help, "did you mean `age`?");
	assert_int_equal(ql_model_expression(l.m, "1 + ", at, &l.ds, &n), QUELL_ERR_INPUT);
	assert_int_equal(l.ds.item[l.ds.n - 1]->span.line, 3);
	lang_free(&l);
}

static void hash_covers_the_text(void **state)
{
	(void)state;
	struct lang a = lang_good("let x : 1 = 1\n"), b = lang_good("let x : 1 = 2\n"), c = lang_good("let x : 1 = 1\n");
	assert_true(a.m->hash != b.m->hash);
	assert_true(a.m->hash == c.m->hash);
	lang_free(&a);
	lang_free(&b);
	lang_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scalars_and_functions), cmocka_unit_test(indices), cmocka_unit_test(order_does_not_matter),
		cmocka_unit_test(states),	cmocka_unit_test(spreads), cmocka_unit_test(expressions),
		cmocka_unit_test(hash_covers_the_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
