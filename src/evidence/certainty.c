/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/certainty.h"
#include "base/yaml.h"
#include <string.h>

static const char *const concern_name[] = {"none", "some", "major"};
static const char *const domain_name[] = {"bias",        "reporting",     "indirectness",
					  "imprecision", "heterogeneity", "incoherence"};
static const char *const confidence_name[] = {"very low", "low", "moderate", "high"};

const char *ql_concern_text(enum ql_concern c)
{
	return concern_name[c];
}
const char *ql_domain_text(enum ql_domain d)
{
	return domain_name[d];
}
const char *ql_confidence_text(enum ql_confidence c)
{
	return confidence_name[c];
}

struct reader {
	const struct ql_evidence *e;
	struct ql_arena *a;
	struct ql_diags *ds;
	const struct ql_yaml *reasons;
	const char *endpoint, *line, *assessed;
};

static int position(const char *word, const char *const *list, int n)
{
	for (int i = 0; i < n; i++)
		if (strcmp(word, list[i]) == 0)
			return i;
	return -1;
}

static bool fault(struct reader *r, struct ql_span at, const char *what, const char *help)
{
	ql_diag_help(ql_diag_add(r->ds, QL_E0728, at, "%s", what), "%s", help);
	return false;
}

/* `domain: [concern, reason]`, the reason a key of `reasons`. */
static bool read_domain(struct reader *r, const struct ql_yaml *map, int d, struct ql_judgement *j)
{
	const struct ql_yaml *v = ql_yaml_get(map, domain_name[d]);
	if (!v)
		return fault(r, map->span, ql_arena_printf(r->a, "domain `%s` is missing", domain_name[d]),
			     "every comparison needs a judgement and a reason in all six domains");
	bool shape = v->kind == QL_YAML_LIST && v->n == 2 && v->item[0]->kind == QL_YAML_SCALAR &&
		     v->item[1]->kind == QL_YAML_SCALAR;
	int concern = shape ? position(v->item[0]->text, concern_name, 3) : -1;
	if (concern < 0)
		return fault(r, v->span, "a domain is [concern, reason]",
			     "concerns are none, some and major; the reason is a key of `reasons`");
	const char *reason = NULL;
	const struct ql_yaml *text = ql_yaml_get(r->reasons, v->item[1]->text);
	if (text && text->kind == QL_YAML_SCALAR && text->text[0])
		reason = text->text;
	if (!reason)
		return fault(r, v->item[1]->span, ql_arena_printf(r->a, "no reason `%s`", v->item[1]->text),
			     "add it to `reasons`");
	j->concern[d] = (enum ql_concern)concern;
	j->reason[d] = reason;
	return true;
}

static bool read_pair(struct reader *r, const struct ql_yaml *map, struct ql_judgement *j)
{
	const struct ql_yaml *pair = ql_yaml_get(map, "pair");
	const char *side[2];
	if (!pair || pair->kind != QL_YAML_LIST || pair->n != 2)
		return fault(r, pair ? pair->span : map->span, "a comparison needs `pair: [A, B]`",
			     "two regimens of evidence/treatments.csv");
	for (int i = 0; i < 2; i++) {
		side[i] = pair->item[i]->kind == QL_YAML_SCALAR ? pair->item[i]->text : "";
		if (!ql_evidence_treatment(r->e, side[i]))
			return fault(r, pair->item[i]->span, ql_arena_printf(r->a, "unknown regimen `%s`", side[i]),
				     "regimens stand in evidence/treatments.csv");
	}
	j->treat = side[0];
	j->comp = side[1];
	return true;
}

static bool read_judgement(struct reader *r, const struct ql_yaml *map, struct ql_judgement *j)
{
	static const char *const keys[] = {"pair",         "bias",        "reporting",
					   "indirectness", "imprecision", "heterogeneity",
					   "incoherence",  "confidence",  NULL};
	const char *confidence = NULL;
	*j =
	    (struct ql_judgement){.endpoint = r->endpoint, .line = r->line, .assessed = r->assessed, .span = map->span};
	if (map->kind != QL_YAML_MAP)
		return fault(r, map->span, "a comparison is a mapping",
			     "write `{pair: [A, B], bias: [some, reason], ...}`");
	ql_yaml_check_keys(map, keys, r->ds);
	bool ok = read_pair(r, map, j);
	for (int d = 0; d < QL_N_DOMAIN; d++)
		ok &= read_domain(r, map, d, j);
	if (!ql_yaml_string(map, "confidence", true, r->ds, &confidence))
		return false;
	int level = position(confidence, confidence_name, 4);
	if (level < 0)
		return fault(r, ql_yaml_get(map, "confidence")->span, "unknown confidence",
			     "very low, low, moderate, high");
	j->confidence = (enum ql_confidence)level;
	return ok;
}

static void read_network(struct reader *r, const struct ql_yaml *net, struct ql_certainty *out, int *cap)
{
	static const char *const keys[] = {"endpoint", "line", "assessed", "range", "comparisons", NULL};
	const struct ql_yaml *list = ql_yaml_get(net, "comparisons");
	ql_yaml_check_keys(net, keys, r->ds);
	r->assessed = "";
	if (!ql_yaml_string(net, "endpoint", true, r->ds, &r->endpoint) ||
	    !ql_yaml_string(net, "line", true, r->ds, &r->line))
		return;
	ql_yaml_string(net, "assessed", true, r->ds, &r->assessed);
	for (int i = 0; list && list->kind == QL_YAML_LIST && i < list->n; i++) {
		struct ql_judgement j;
		if (!read_judgement(r, list->item[i], &j))
			continue;
		const struct ql_judgement *same = ql_certainty_find(out, j.endpoint, j.line, j.treat, j.comp);
		if (same) {
			struct ql_diag *d =
			    ql_diag_add(r->ds, QL_E0728, j.span, "%s and %s are judged twice", j.treat, j.comp);
			ql_diag_note(d, same->span, "first here");
			continue;
		}
		if (out->n == *cap) {
			struct ql_judgement *grown =
			    QL_NEW_N(r->a, struct ql_judgement, (size_t)(*cap ? 2 * *cap : 64));
			if (out->n)
				memcpy(grown, out->item, (size_t)out->n * sizeof *grown);
			out->item = grown;
			*cap = *cap ? 2 * *cap : 64;
		}
		out->item[out->n++] = j;
	}
}

enum quell_status ql_certainty_load(const char *data_dir, const struct ql_evidence *e, struct ql_arena *a,
				    struct ql_diags *ds, struct ql_certainty *out)
{
	static const char *const keys[] = {"reasons", "networks", NULL};
	struct reader r = {.e = e, .a = a, .ds = ds};
	struct ql_yaml *root;
	int errors = ds->n_errors, cap = 0;
	*out = (struct ql_certainty){0};
	enum quell_status s = ql_yaml_read(a, ql_arena_printf(a, "%s/evidence/certainty.yaml", data_dir), ds, &root);
	if (s != QUELL_OK)
		return s;
	if (!root)
		return QUELL_OK;
	ql_yaml_check_keys(root, keys, ds);
	r.reasons = ql_yaml_get(root, "reasons");
	const struct ql_yaml *nets = ql_yaml_get(root, "networks");
	for (int i = 0; nets && nets->kind == QL_YAML_LIST && i < nets->n; i++)
		read_network(&r, nets->item[i], out, &cap);
	return ds->n_errors > errors ? QUELL_ERR_INPUT : QUELL_OK;
}

const struct ql_judgement *ql_certainty_find(const struct ql_certainty *c, const char *endpoint, const char *line,
					     const char *treat, const char *comp)
{
	for (int i = 0; i < c->n; i++) {
		const struct ql_judgement *j = &c->item[i];
		bool same = (strcmp(j->treat, treat) == 0 && strcmp(j->comp, comp) == 0) ||
			    (strcmp(j->treat, comp) == 0 && strcmp(j->comp, treat) == 0);
		if (same && strcmp(j->endpoint, endpoint) == 0 && strcmp(j->line, line) == 0)
			return j;
	}
	return NULL;
}
