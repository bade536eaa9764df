/* SPDX-License-Identifier: Apache-2.0 */
/* quell evidence: the published results that the program carries, each with row, publication and verification state. */
#include "base/csv.h"
#include "base/json.h"
#include "cli/evidence_verbs.h"
#include "evidence/find.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct filter {
	struct ql_evidence_filter find;
	bool json, csv;
};

static const char *value_text(const struct ql_trial_row *r, char *buf, size_t size)
{
	char v[32], l[32], u[32];
	const char *unit = strcmp(r->unit, "HR") == 0 || strcmp(r->unit, "text") == 0 ? "" : r->unit;
	if (isnan(r->value))
		snprintf(buf, size, "%s", r->not_reached ? "not reached" : "-");
	else if (isnan(r->lower) && isnan(r->upper))
		snprintf(buf, size, "%s%s%s", ql_format_double(r->value, v), unit[0] ? " " : "", unit);
	else
		snprintf(buf, size, "%s%s%s (%s to %s, %g %%)", ql_format_double(r->value, v), unit[0] ? " " : "", unit,
			 isnan(r->lower) ? "?" : ql_format_double(r->lower, l),
			 isnan(r->upper) ? "?" : ql_format_double(r->upper, u), r->ci_level);
	return buf;
}

static void print_row(struct ql_cli *c, const struct ql_trial_row *r, bool with_trial)
{
	char value[160], arms[160], line[16];
	snprintf(arms, sizeof arms, "%s%s%s", r->treatment, r->comparator[0] ? " : " : "", r->comparator);
	snprintf(line, sizeof line, "%d", ql_row_number(r));
	ql_buf_pad(&c->out, line, 5, true);
	ql_buf_puts(&c->out, "  ");
	if (with_trial)
		ql_buf_pad(&c->out, r->trial, 20, false);
	ql_buf_pad(&c->out, arms, 22, false);
	ql_buf_puts(&c->out, " ");
	ql_buf_pad(&c->out, r->endpoint, 17, false);
	ql_buf_puts(&c->out, " ");
	ql_buf_pad(&c->out, value_text(r, value, sizeof value), 32, false);
	if (strcmp(r->subgroup, "all") != 0)
		ql_buf_printf(&c->out, " [%s]", r->subgroup);
	ql_buf_printf(&c->out, " %s\n", r->verified ? "verified" : "recalled");
}

static void csv_number(struct ql_buf *b, double x)
{
	char s[32];
	ql_buf_puts(b, ",");
	if (!isnan(x))
		ql_buf_puts(b, ql_format_double(x, s));
}

static void csv_text(struct ql_buf *b, const char *s)
{
	ql_buf_puts(b, ",");
	ql_csv_write_cell(b, s, ',');
}

static void print_csv(struct ql_buf *b, const struct ql_trial_row *const *row, int n)
{
	ql_buf_puts(b,
		    "row,trial_id,NCT,line,treatment,comparator,endpoint,value,lower,upper,ci_level,unit,n_arm,n_comp,"
		    "followup_mo,subgroup,verified,role,year,cite,publication,note\n");
	for (int i = 0; i < n; i++) {
		const struct ql_trial_row *r = row[i];
		ql_buf_printf(b, "%d", ql_row_number(r));
		csv_text(b, r->trial), csv_text(b, r->nct), csv_text(b, r->line), csv_text(b, r->treatment);
		csv_text(b, r->comparator), csv_text(b, r->endpoint);
		if (r->not_reached)
			csv_text(b, "NR");
		else
			csv_number(b, r->value);
		csv_number(b, r->lower), csv_number(b, r->upper), csv_number(b, r->ci_level);
		csv_text(b, r->unit);
		csv_number(b, r->n_arm), csv_number(b, r->n_comp), csv_number(b, r->followup_mo);
		csv_text(b, r->subgroup), csv_text(b, r->verified ? "yes" : "no"), csv_text(b, r->role);
		ql_buf_printf(b, ",%.0d", r->year);
		csv_text(b, r->cite), csv_text(b, r->publication), csv_text(b, r->note);
		ql_buf_puts(b, "\n");
	}
}

static void print_rows_json(struct ql_cli *c, const struct ql_evidence *e, const struct ql_trial_row *const *row, int n)
{
	ql_cli_print_json(c, ql_rows_json(e, row, n));
}

/* ---- list ---- */

struct summary {
	const struct ql_trial_row *first, *latest;
	int n, verified;
};

static int summarise(struct ql_cli *c, const struct ql_evidence *e, struct summary **out)
{
	int n = 0;
	*out = QL_NEW_N(&c->arena, struct summary, (size_t)e->n_row);
	for (int i = 0; i < e->n_row; i++) {
		const struct ql_trial_row *r = &e->row[i];
		int k = 0;
		while (k < n && strcmp((*out)[k].first->trial, r->trial) != 0)
			k++;
		struct summary *s = &(*out)[k];
		if (k == n) {
			*s = (struct summary){.first = r, .latest = r};
			n++;
		}
		s->n++;
		s->verified += r->verified;
		if (r->year > s->latest->year)
			s->latest = r;
	}
	return n;
}

/* Regimens of a trial, each once. */
static const char *regimens(struct ql_cli *c, const struct ql_evidence *e, const char *trial)
{
	struct ql_words w = {0};
	struct ql_buf b = {0};
	for (int i = 0; i < e->n_row; i++) {
		if (strcmp(e->row[i].trial, trial) != 0 || strstr(e->row[i].endpoint, "_prognostic"))
			continue;
		const char *side[] = {e->row[i].treatment, e->row[i].comparator};
		for (int k = 0; k < 2; k++) {
			bool known = !side[k][0];
			for (int j = 0; j < w.n && !known; j++)
				known = strcmp(w.item[j], side[k]) == 0;
			if (known)
				continue;
			ql_buf_printf(&b, "%s%s", w.n ? ", " : "", side[k]);
			ql_words_add(&c->arena, &w, side[k]);
		}
	}
	const char *text = ql_arena_strdup(&c->arena, b.data ? b.data : "");
	ql_buf_free(&b);
	return text;
}

static int list_trials(struct ql_cli *c, const struct ql_evidence *e, const struct filter *f)
{
	struct summary *s;
	int n = summarise(c, e, &s);
	json_t *list = json_array();
	if (f->csv)
		ql_buf_puts(&c->out, "trial_id,NCT,line,role,rows,verified,latest,regimens\n");
	for (int i = 0; i < n; i++) {
		const struct ql_trial_row *r = s[i].first;
		const char *arms = regimens(c, e, r->trial);
		if (f->csv) {
			ql_csv_write_cell(&c->out, r->trial, ',');
			csv_text(&c->out, r->nct), csv_text(&c->out, r->line), csv_text(&c->out, r->role);
			ql_buf_printf(&c->out, ",%d,%d,%d", s[i].n, s[i].verified, s[i].latest->year);
			csv_text(&c->out, arms);
			ql_buf_puts(&c->out, "\n");
		} else if (f->json) {
			json_array_append_new(list,
					      json_pack("{ss,ss,ss,ss,si,si,si,ss}", "trial", r->trial, "nct", r->nct,
							"line", r->line, "role", r->role, "rows", s[i].n, "verified",
							s[i].verified, "latest", s[i].latest->year, "regimens", arms));
		} else {
			ql_buf_pad(&c->out, r->trial, 22, false);
			ql_buf_printf(&c->out, "%-6s %-12s %4d rows, %3d verified, latest %d  %s\n", r->line, r->role,
				      s[i].n, s[i].verified, s[i].latest->year, arms);
		}
	}
	json_t *o = json_pack("{ss,so}", "schema", "quell.evidence/1", "trials", list);
	if (f->json)
		ql_json_write(o, &c->out);
	json_decref(o);
	return QL_EXIT_OK;
}

/* ---- show, find, row ---- */

static int unknown_trial(struct ql_cli *c, const struct ql_evidence *e, const char *name)
{
	struct summary *s;
	int n = summarise(c, e, &s);
	const char **names = QL_NEW_N(&c->arena, const char *, (size_t)n);
	for (int i = 0; i < n; i++)
		names[i] = s[i].first->trial;
	struct ql_diag *d =
	    ql_diag_add(&c->ds, QL_E0727, ql_cli_span(c, name), "no trial `%s` in the evidence table", name);
	const char *near = ql_suggest(name, names, n);
	if (near)
		ql_diag_help(d, "did you mean `%s`?", near);
	else
		ql_diag_help(d, "`quell evidence list` shows all trials");
	return QL_EXIT_INPUT;
}

static void print_reference(struct ql_cli *c, const struct ql_evidence *e, const struct ql_trial_row *r)
{
	struct ql_buf b = {0};
	const struct ql_reference *ref = r->cite[0] ? ql_reference_find(&e->references, r->cite) : NULL;
	if (ref)
		ql_reference_text(ref, &b);
	ql_buf_printf(&c->out, "\n%s%s%s  %s", ql_cli_style(c, QL_BOLD), r->cite[0] ? r->cite : "no publication",
		      ql_cli_style(c, QL_PLAIN), b.data ? b.data : r->publication);
	if (!isnan(r->followup_mo))
		ql_buf_printf(&c->out, ", median follow-up %g months", r->followup_mo);
	ql_buf_puts(&c->out, "\n");
	ql_buf_free(&b);
}

static int show_trial(struct ql_cli *c, const struct ql_evidence *e, const char *name, const struct filter *f)
{
	const struct ql_trial_row **row = QL_NEW_N(&c->arena, const struct ql_trial_row *, (size_t)e->n_row);
	int n = 0;
	for (int i = 0; i < e->n_row; i++)
		if (strcasecmp(e->row[i].trial, name) == 0)
			row[n++] = &e->row[i];
	if (n == 0)
		return unknown_trial(c, e, name);
	if (f->json || f->csv) {
		f->json ? print_rows_json(c, e, row, n) : print_csv(&c->out, row, n);
		return QL_EXIT_OK;
	}
	ql_buf_printf(&c->out, "%s%s%s  %s%sline %s, %s; role: %s\n", ql_cli_style(c, QL_BOLD), row[0]->trial,
		      ql_cli_style(c, QL_PLAIN), row[0]->nct, row[0]->nct[0] ? ", " : "", row[0]->line,
		      row[0]->population, row[0]->role[0] ? row[0]->role : "none");
	for (int i = 0; i < n; i++) {
		if (i == 0 || strcmp(row[i]->cite, row[i - 1]->cite) != 0 ||
		    row[i]->followup_mo != row[i - 1]->followup_mo)
			if (i == 0 || strcmp(row[i]->publication, row[i - 1]->publication) != 0 ||
			    !(isnan(row[i]->followup_mo) && isnan(row[i - 1]->followup_mo)))
				print_reference(c, e, row[i]);
		print_row(c, row[i], false);
		if (row[i]->note[0])
			ql_buf_printf(&c->out, "       %s%s%s\n", ql_cli_style(c, QL_DIM), row[i]->note,
				      ql_cli_style(c, QL_PLAIN));
	}
	ql_buf_puts(
	    &c->out,
	    "\nthe number in front is the line of evidence/trials.csv; recalled rows are from memory and stay out of "
	    "every synthesis\n");
	return QL_EXIT_OK;
}

static int find_rows(struct ql_cli *c, const struct ql_evidence *e, const struct filter *f)
{
	const struct ql_trial_row **row = QL_NEW_N(&c->arena, const struct ql_trial_row *, (size_t)e->n_row);
	int n = ql_evidence_find(e, &f->find, row);
	if (f->json) {
		print_rows_json(c, e, row, n);
	} else if (f->csv) {
		print_csv(&c->out, row, n);
	} else {
		for (int i = 0; i < n; i++)
			print_row(c, row[i], true);
		ql_buf_printf(&c->out, "%d row%s; `quell evidence row N` shows where a number comes from\n", n,
			      n == 1 ? "" : "s");
	}
	return QL_EXIT_OK;
}

static int show_row(struct ql_cli *c, const struct ql_evidence *e, const char *word, const struct filter *f)
{
	const char *digits = strrchr(word, ':') ? strrchr(word, ':') + 1 : word;
	int line = atoi(digits);
	const struct ql_trial_row *r = NULL;
	for (int i = 0; i < e->n_row; i++)
		if (ql_row_number(&e->row[i]) == line)
			r = &e->row[i];
	if (!r) {
		struct ql_diag *d =
		    ql_diag_add(&c->ds, QL_E0727, ql_cli_span(c, word), "no row `%s` in the evidence table", word);
		ql_diag_help(
		    d, "rows are numbered by their line in evidence/trials.csv, as `quell evidence find` prints them");
		return QL_EXIT_INPUT;
	}
	if (f->json || f->csv) {
		f->json ? print_rows_json(c, e, &r, 1) : print_csv(&c->out, &r, 1);
		return QL_EXIT_OK;
	}
	print_row(c, r, true);
	char file[32];
	snprintf(file, sizeof file, "%d", ql_row_number(r));
	ql_buf_printf(&c->out, "row           evidence/trials.csv:%s\nstate         %s\n", file,
		      r->verified ? "verified: read in a source" : "recalled: from memory, check before use");
	ql_buf_printf(&c->out, "trial         %s%s%s, line %s, %s; role %s\n", r->trial, r->nct[0] ? " " : "", r->nct,
		      r->line, r->population, r->role[0] ? r->role : "none");
	if (!isnan(r->n_arm))
		ql_buf_printf(&c->out, "patients      %.0f", r->n_arm);
	if (!isnan(r->n_arm) && !isnan(r->n_comp))
		ql_buf_printf(&c->out, " against %.0f", r->n_comp);
	ql_buf_puts(&c->out, isnan(r->n_arm) ? "" : "\n");
	ql_buf_printf(&c->out, "publication   %s\n", r->publication);
	if (r->note[0])
		ql_buf_printf(&c->out, "note          %s\n", r->note);
	print_reference(c, e, r);
	return QL_EXIT_OK;
}

/* ---- check ---- */

static int check(struct ql_cli *c, const struct ql_evidence *e)
{
	int verified = 0, asymmetric = 0;
	for (int i = 0; i < e->n_row; i++) {
		const struct ql_trial_row *r = &e->row[i];
		verified += r->verified;
		if (strcmp(r->unit, "HR") != 0 || isnan(r->lower) || isnan(r->upper) ||
		    strstr(r->endpoint, "_prognostic"))
			continue;
		double half = 0.5 * (log(r->upper) - log(r->lower)),
		       off = log(r->value) - 0.5 * (log(r->upper) + log(r->lower));
		if (fabs(off) < 0.2 * half)
			continue;
		if (asymmetric++ == 0)
			ql_buf_puts(&c->out, "limits that lie off centre on the log scale (rounding or a misprint):\n");
		print_row(c, r, true);
	}
	ql_buf_printf(&c->out, "%d rows, %d verified, %d recalled, %d regimens, %d publications; no fault\n", e->n_row,
		      verified, e->n_row - verified, e->n_treatment, e->references.n);
	return QL_EXIT_OK;
}

/* ---- the verb ---- */

static const char about[] =
    "Published results of CLL trials, each number with its row, publication and verification state.\n"
    "  list          the trials\n"
    "  show TRIAL    every row of one trial, by publication\n"
    "  find [WORD]   rows by trial, line, regimen, endpoint, or any word\n"
    "  row N         where one number comes from (N: line of evidence/trials.csv)\n"
    "  check         read and check the table\n"
    "  nma           network meta-analysis of an endpoint (quell evidence nma --help)\n";

static int run(struct ql_cli *c, const struct ql_evidence *e, struct filter *f)
{
	const char *what = c->args.item[0], *word = c->args.n > 1 ? c->args.item[1] : NULL;
	bool needs_word = strcmp(what, "show") == 0 || strcmp(what, "row") == 0;
	if (needs_word && !word) {
		struct ql_diag *d = ql_diag_add(&c->ds, QL_E0915, ql_cli_span(c, what), "`quell evidence %s` needs %s",
						what, what[0] == 's' ? "a trial" : "a row");
		ql_diag_help(d, "`quell evidence --help` shows examples");
		return QL_EXIT_USAGE;
	}
	if (strcmp(what, "list") == 0)
		return list_trials(c, e, f);
	if (strcmp(what, "show") == 0)
		return show_trial(c, e, word, f);
	if (strcmp(what, "row") == 0)
		return show_row(c, e, word, f);
	if (strcmp(what, "check") == 0)
		return check(c, e);
	f->find.word = word;
	return find_rows(c, e, f);
}

int ql_verb_evidence(struct ql_cli *c, int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "nma") == 0)
		return ql_evidence_nma(c, argc - 1, argv + 1);
	struct filter f = {0};
	const struct ql_opt opt[] = {
	    QL_OPT_SHARED("trial", QL_OPT_TEXT, &f.find.trial),
	    QL_OPT_SHARED("line", QL_OPT_TEXT, &f.find.line),
	    QL_OPT_SHARED("treatment", QL_OPT_TEXT, &f.find.treatment),
	    QL_OPT_SHARED("endpoint", QL_OPT_TEXT, &f.find.endpoint),
	    QL_OPT_SHARED("subgroup", QL_OPT_TEXT, &f.find.subgroup),
	    QL_OPT_SHARED("role", QL_OPT_TEXT, &f.find.role),
	    QL_OPT_SHARED("verified", QL_OPT_FLAG, &f.find.verified),
	    QL_OPT_SHARED("recalled", QL_OPT_FLAG, &f.find.recalled),
	    {"json", QL_OPT_FLAG, &f.json, NULL, NULL, 0, 0, NULL, "JSON on standard output"},
	    {"csv", QL_OPT_FLAG, &f.csv, NULL, NULL, 0, 0, NULL, "CSV on standard output"},
	    {0}};
	static const char *const sub[] = {"list", "show", "find", "row", "check", "nma"};
	const struct ql_command cmd = {"evidence",
				       "list|show TRIAL|find [WORD]|row N|check|nma",
				       1,
				       2,
				       about,
				       "quell evidence show CLL14\n"
				       "quell evidence find --line 1L --endpoint PFS_HR --verified\n"
				       "quell evidence nma --endpoint pfs --line 1L\n",
				       {opt}};
	int exit;
	if (!ql_cli_parse(c, &cmd, argc, argv, &exit))
		return exit;
	bool known = false;
	for (int i = 0; i < 6; i++)
		known |= strcmp(c->args.item[0], sub[i]) == 0;
	if (!known) {
		const char *near = ql_suggest(c->args.item[0], sub, 6);
		struct ql_diag *d = ql_diag_add(&c->ds, QL_E0914, ql_cli_span(c, c->args.item[0]),
						"`quell evidence` does not know `%s`", c->args.item[0]);
		ql_diag_help(d, near ? "did you mean `%s`?" : "list, show, find, row, check, nma", near);
		return QL_EXIT_USAGE;
	}
	struct ql_evidence *e;
	if (!ql_cli_data(c))
		return QL_EXIT_INPUT;
	enum quell_status s = ql_evidence_load(c->data_dir, &c->ds, &e);
	if (s != QUELL_OK)
		return ql_cli_exit(s);
	exit = run(c, e, &f);
	ql_evidence_free(e);
	return exit;
}
