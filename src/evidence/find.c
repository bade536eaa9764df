/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/find.h"
#include "base/json.h"
#include <math.h>
#include <string.h>
#include <strings.h>

int ql_row_number(const struct ql_trial_row *r)
{
	return r->span.line;
}

static json_t *number(double x)
{
	return ql_json_real(x);
}

json_t *ql_row_json(const struct ql_evidence *e, const struct ql_trial_row *r)
{
	struct ql_buf source = {0};
	const struct ql_reference *ref = r->cite[0] ? ql_reference_find(&e->references, r->cite) : NULL;
	if (ref)
		ql_reference_text(ref, &source);
	json_t *o =
	    json_pack("{si,ss,ss,ss,ss,ss,ss}", "row", ql_row_number(r), "trial", r->trial, "nct", r->nct, "line",
		      r->line, "population", r->population, "treatment", r->treatment, "comparator", r->comparator);
	json_object_set_new(o, "n_arm", number(r->n_arm));
	json_object_set_new(o, "n_comp", number(r->n_comp));
	json_object_set_new(o, "endpoint", json_string(r->endpoint));
	json_object_set_new(o, "value", number(r->value));
	json_object_set_new(o, "not_reached", json_boolean(r->not_reached));
	json_object_set_new(o, "lower", number(r->lower));
	json_object_set_new(o, "upper", number(r->upper));
	json_object_set_new(o, "ci_level", number(r->ci_level));
	json_object_set_new(o, "unit", json_string(r->unit));
	json_object_set_new(o, "followup_mo", number(r->followup_mo));
	json_object_set_new(o, "subgroup", json_string(r->subgroup));
	json_object_set_new(o, "verified", json_boolean(r->verified));
	json_object_set_new(o, "role", json_string(r->role));
	json_object_set_new(o, "year", r->year ? json_integer(r->year) : json_null());
	json_object_set_new(o, "publication", json_string(r->publication));
	json_object_set_new(o, "cite", json_string(r->cite));
	json_object_set_new(o, "reference", source.data ? json_string(source.data) : json_null());
	json_object_set_new(o, "note", json_string(r->note));
	ql_buf_free(&source);
	return o;
}

json_t *ql_rows_json(const struct ql_evidence *e, const struct ql_trial_row *const *row, int n)
{
	json_t *list = json_array();
	for (int i = 0; i < n; i++)
		json_array_append_new(list, ql_row_json(e, row[i]));
	return json_pack("{ss,so}", "schema", "quell.evidence/1", "rows", list);
}

static bool same(const char *want, const char *have)
{
	return !want || strcasecmp(want, have) == 0;
}

static bool has_word(const struct ql_trial_row *r, const char *word)
{
	const char *const in[] = {r->trial,      r->nct,      r->publication, r->population, r->treatment,
				  r->comparator, r->endpoint, r->note,        r->cite};
	size_t n = word ? strlen(word) : 0;
	for (size_t k = 0; word && k < sizeof in / sizeof *in; k++)
		for (const char *p = in[k]; *p; p++)
			if (strncasecmp(p, word, n) == 0)
				return true;
	return !word;
}

int ql_evidence_find(const struct ql_evidence *e, const struct ql_evidence_filter *f, const struct ql_trial_row **out)
{
	int n = 0;
	for (int i = 0; i < e->n_row; i++) {
		const struct ql_trial_row *r = &e->row[i];
		bool arm = !f->treatment || same(f->treatment, r->treatment) || same(f->treatment, r->comparator);
		size_t prefix = f->endpoint ? strlen(f->endpoint) : 0;
		bool endpoint = !f->endpoint || strncasecmp(f->endpoint, r->endpoint, prefix) == 0;
		if (same(f->trial, r->trial) && same(f->line, r->line) && arm && endpoint &&
		    same(f->subgroup, r->subgroup) && same(f->role, r->role) && has_word(r, f->word) &&
		    (!f->verified || r->verified) && (!f->recalled || !r->verified))
			out[n++] = r;
	}
	return n;
}
