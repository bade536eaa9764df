/* SPDX-License-Identifier: Apache-2.0 */
/* The report page and the figure, from a comparison made by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "compare/compare_json.h"
#include "report/report.h"
#include <jansson.h>

enum { MONTHS = 73, DAYS = 60, ARMS = 7 };

static const struct ql_published cll14 = {"CLL14", "ven & <obi>", "Fischer NEJM 2019", "unfit", 0.88, 0.83, 0.92, true};
static const struct ql_published recalled = {"OLD", "x", "Somebody 1999", "unfit", 0.4, NAN, NAN, false};

static void fill_curve(struct ql_curve *c, struct ql_arena *a, double hazard)
{
	*c = (struct ql_curve){.id = "pfs", .n = MONTHS};
	double **array[] = {&c->month, &c->surv, &c->lower, &c->upper};
	for (size_t i = 0; i < 4; i++)
		*array[i] = QL_NEW_N(a, double, MONTHS);
	c->at_risk = QL_NEW_N(a, uint64_t, MONTHS);
	c->events = QL_NEW_N(a, uint64_t, MONTHS);
	c->censored = QL_NEW_N(a, uint64_t, MONTHS);
	for (int i = 0; i < MONTHS; i++) {
		c->month[i] = i;
		c->surv[i] = exp(-hazard * i);
		c->lower[i] = pow(c->surv[i], 1.1);
		c->upper[i] = pow(c->surv[i], 0.9);
		c->at_risk[i] = (uint64_t)(1000 * c->surv[i]);
		c->events[i] = 1000 - c->at_risk[i];
	}
}

static void fill_course(struct ql_course *q, struct ql_arena *a, const char *output, double speed)
{
	*q = (struct ql_course){.output = output, .unit = "1e9/L", .title = output, .n = DAYS};
	double **array[] = {&q->day, &q->q05, &q->q25, &q->q50, &q->q75, &q->q95};
	for (size_t i = 0; i < 6; i++)
		*array[i] = QL_NEW_N(a, double, DAYS);
	for (int i = 0; i < DAYS; i++) {
		q->day[i] = 30.0 * i;
		double x = 80 * exp(-speed * q->day[i]);
		q->q05[i] = 0.3 * x;
		q->q25[i] = 0.6 * x;
		q->q50[i] = i == DAYS - 1 ? NAN : x;
		q->q75[i] = 1.6 * x;
		q->q95[i] = 3 * x;
	}
}

static void fill_arm(struct ql_arm *arm, struct ql_arena *a, int i)
{
	static const char *const name[] = {"clb-obi", "ven-obi", "clb-rituximab", "ibrutinib", "fcr", "br", "a<b&c"};
	*arm = (struct ql_arm){.id = name[i], .title = name[i], .evidence_grade = i == 6 ? 'D' : 'A', .n_state = 30 + i, .patients_done = 1000};
	arm->warning = i == 6 ? "no clinical data in CLL" : NULL;
	arm->endpoint = QL_NEW_N(a, struct ql_endpoint, 3);
	arm->n_endpoint = 3;
	double s = exp(-0.004 * (i + 1) * 24);
	arm->endpoint[0] = (struct ql_endpoint){"pfs_rate_24mo", "progression-free at 24 months", "1", s, s - 0.03, s + 0.03, 0.95,
						QL_INTERVAL_MONTE_CARLO, NAN, NAN, NAN, false, i == 1 ? &cll14 : i == 2 ? &recalled : NULL, i == 1};
	arm->endpoint[1] = (struct ql_endpoint){"pfs_median", "median progression-free survival", "month", i ? 30.0 / i : NAN, NAN,
						NAN, 0.95, QL_INTERVAL_MONTE_CARLO, NAN, NAN, NAN, false, NULL, 0};
	arm->endpoint[2] = (struct ql_endpoint){"umrd_pb_1e-4_eot", "undetectable MRD in blood", "1", 0.005, 0, 0.02, 0.95,
						QL_INTERVAL_MONTE_CARLO, NAN, NAN, NAN, false, NULL, 0};
	arm->curve = QL_NEW(a, struct ql_curve);
	arm->n_curve = 1;
	fill_curve(arm->curve, a, 0.004 * (i + 1));
	arm->course = QL_NEW_N(a, struct ql_course, 2);
	arm->n_course = 2;
	fill_course(&arm->course[0], a, "alc", 0.01 + 0.001 * i);
	fill_course(&arm->course[1], a, "igg", 1e-4);
}

static struct ql_compare *made_up(int n_arm)
{
	struct ql_compare *c = calloc(1, sizeof *c);
	assert_non_null(c);
	c->model_hash = 0x1234;
	c->seed = 7;
	c->patients_total = 1000;
	c->years = 6;
	c->rtol = 1e-4;
	c->population = "unfit-1l";
	c->population_title = "untreated, with comorbidity";
	c->model_name = "cll";
	c->n_arm = n_arm;
	c->arm = QL_NEW_N(&c->arena, struct ql_arm, (size_t)n_arm);
	for (int i = 0; i < n_arm; i++)
		fill_arm(&c->arm[i], &c->arena, i);
	c->contrast = QL_NEW_N(&c->arena, struct ql_contrast, 1);
	c->n_contrast = n_arm > 1;
	c->contrast[0] = (struct ql_contrast){1, 0, "pfs_rate_24mo", 0.21, 0.19, 0.23, QL_INTERVAL_MONTE_CARLO, 0.88, NAN, NAN, NAN, NULL};
	return c;
}

static void discard(struct ql_compare *c)
{
	ql_arena_free(&c->arena);
	free(c);
}

/* Every element that is opened is closed in order; a stray < or & fails. Void elements of HTML are known. */
static void assert_well_formed(const char *text)
{
	char stack[64][16];
	int depth = 0;
	for (const char *p = text; *p; p++) {
		if (*p == '&')
			assert_true(!strncmp(p, "&lt;", 4) || !strncmp(p, "&gt;", 4) || !strncmp(p, "&amp;", 5) ||
				    !strncmp(p, "&quot;", 6));
		if (*p != '<' || p[1] == '!')
			continue;
		const char *end = strchr(p, '>');
		assert_non_null(end);
		char name[16] = "";
		sscanf(p[1] == '/' ? p + 2 : p + 1, "%15[a-z0-9]", name);
		assert_true(name[0] != 0);
		if (p[1] == '/') {
			assert_true(depth > 0);
			assert_string_equal(stack[--depth], name);
		} else if (end[-1] != '/' && strcmp(name, "meta") != 0) {
			assert_true(depth < 64);
			strcpy(stack[depth++], name);
		}
		p = end;
	}
	assert_int_equal(depth, 0);
}

static char *page_of(const struct ql_compare *c, const char *command)
{
	struct ql_arena a = {0};
	struct ql_buf json = {0}, page = {0};
	ql_compare_json(c, &json);
	ql_report_page(&(struct ql_report){ql_compare_heading(c, &a), command, "Rodas5P", &json}, &page);
	ql_buf_free(&json);
	ql_arena_free(&a);
	return page.data;
}

/* The JSON between the marks of the script element, as it was. */
static void assert_holds_json(const char *page, const struct ql_compare *c)
{
	struct ql_buf json = {0};
	const char *at = strstr(page, "id=\"quell-data\">");
	assert_non_null(at);
	at = strchr(at, '>') + 1;
	const char *end = strstr(at, "</script>");
	ql_compare_json(c, &json);
	json_t *inside = json_loadb(at, (size_t)(end - at), 0, NULL), *printed = json_loadb(json.data, json.len, 0, NULL);
	assert_non_null(inside);
	assert_true(json_equal(inside, printed));
	json_decref(inside);
	json_decref(printed);
	ql_buf_free(&json);
}

static void page_is_whole(void **state)
{
	(void)state;
	for (int n = 1; n <= ARMS; n++) {
		struct ql_compare *c = made_up(n);
		char *page = page_of(c, "quell compare --set \"a<b\""), *again = page_of(c, "quell compare --set \"a<b\"");
		assert_string_equal(page, again);
		assert_holds_json(page, c);
		char *plain = strstr(page, "<main>"), *end = strstr(page, "</main>");
		assert_non_null(plain);
		assert_non_null(end);
		end[7] = 0; /* what is read without scripts */
		assert_well_formed(plain);
		assert_non_null(strstr(plain, "Research use only"));
		assert_non_null(strstr(plain, "clb-obi (evidence A)"));
		assert_non_null(strstr(plain, "--set &quot;a&lt;b&quot;"));
		assert_true(n < 7 || strstr(plain, "a&lt;b&amp;c") != NULL);
		assert_true(n < 7 || strstr(plain, "no clinical data in CLL") != NULL);
		assert_null(strstr(plain, "nan"));
		free(page);
		free(again);
		discard(c);
	}
}

static void figure_is_a_picture(void **state)
{
	(void)state;
	struct ql_compare *c = made_up(4);
	struct ql_buf svg = {0};
	ql_report_figure(c, &svg);
	assert_well_formed(svg.data);
	assert_true(strncmp(svg.data, "<svg xmlns=", 11) == 0);
	assert_non_null(strstr(svg.data, "<title"));
	assert_non_null(strstr(svg.data, "ibrutinib 32 of 100")); /* exp(-0.016*72) = 0.316 */
	ql_buf_free(&svg);
	for (int i = 0; i < 4; i++)
		c->arm[i].n_curve = 0; /* another model without progression */
	ql_report_figure(c, &svg);
	assert_null(svg.data);
	discard(c);
}

int main(int argc, char **argv)
{
	if (argc == 3) { /* t_report_pages N FILE.html: look at it */
		struct ql_compare *c = made_up(atoi(argv[1]));
		char *page = page_of(c, "quell compare --population unfit-1l");
		FILE *f = fopen(argv[2], "w");
		if (!f || fputs(page, f) < 0 || fclose(f) != 0)
			return 1;
		free(page);
		discard(c);
		return 0;
	}
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(page_is_whole),
		cmocka_unit_test(figure_is_a_picture),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
