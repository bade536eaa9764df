/* SPDX-License-Identifier: Apache-2.0 */
/* Plots and the league table as files. */
#include "base/csv.h"
#include "cli/nma_text.h"
#include "evidence/nma_svg.h"

static enum quell_status write_text(struct ql_cli *c, const char *path, struct ql_buf *text)
{
	struct ql_out_file f;
	enum quell_status s = text->len ? ql_out_open(&f, path, &c->ds) : QUELL_OK;
	if (s == QUELL_OK && text->len) {
		fwrite(text->data, 1, text->len, f.f);
		s = ql_out_commit(&f, &c->ds);
		if (s == QUELL_OK)
			ql_cli_say(c, "Wrote", "%s", path);
	}
	ql_buf_free(text);
	return s;
}

enum quell_status ql_nma_write_svg(struct ql_cli *c, const struct ql_nma_report *r, const char *folder,
				   const char *prefix)
{
	static const struct {
		const char *name;
		void (*draw)(const struct ql_nma_report *r, struct ql_buf *out);
	} plot[] = {{"forest", ql_nma_svg_forest}, {"network", ql_nma_svg_network}, {"ranks", ql_nma_svg_ranks}};
	enum quell_status s = QUELL_OK;
	for (int i = 0; i < 3 && s == QUELL_OK; i++) {
		struct ql_buf b = {0};
		plot[i].draw(r, &b);
		s = write_text(c, ql_arena_printf(&c->arena, "%s/%s%s.svg", folder, prefix, plot[i].name), &b);
	}
	return s;
}

enum quell_status ql_pair_write_svg(struct ql_cli *c, const struct ql_pair_report *r, const char *folder)
{
	struct ql_buf b = {0};
	ql_pair_svg_forest(r, &b);
	enum quell_status s = write_text(c, ql_arena_printf(&c->arena, "%s/forest.svg", folder), &b);
	if (s != QUELL_OK)
		return s;
	ql_pair_svg_funnel(r, &b);
	return write_text(c, ql_arena_printf(&c->arena, "%s/funnel.svg", folder), &b);
}

static void put(struct ql_buf *b, double x)
{
	char s[32];
	ql_buf_puts(b, ",");
	if (isfinite(x))
		ql_buf_puts(b, ql_format_double(x, s));
}

enum quell_status ql_nma_write_league(struct ql_cli *c, const struct ql_nma_report *r, const char *path)
{
	const struct ql_nma *m = r->m;
	bool ratio = ql_measure_is_ratio(r->d->measure);
	struct ql_buf b = {0};
	ql_buf_printf(&b, "treat,comp,te_treat_minus_comp,se,lower,upper,p%s\n",
		      ratio ? ",ratio_treat_over_comp,ratio_lower,ratio_upper" : "");
	for (int i = 0; i < m->n; i++)
		for (int j = i + 1; j < m->n; j++) {
			struct ql_estimate e = ql_nma_estimate(m, i, j);
			ql_csv_write_cell(&b, r->d->treat[i], ',');
			ql_buf_puts(&b, ",");
			ql_csv_write_cell(&b, r->d->treat[j], ',');
			put(&b, e.te), put(&b, e.se), put(&b, e.lower), put(&b, e.upper), put(&b, e.p);
			if (ratio)
				put(&b, exp(e.te)), put(&b, exp(e.lower)), put(&b, exp(e.upper));
			ql_buf_puts(&b, "\n");
		}
	return write_text(c, path, &b);
}
