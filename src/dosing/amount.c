/* SPDX-License-Identifier: Apache-2.0 */
#include "dosing/item.h"
#include "lang/units.h"
#include <math.h>
#include <string.h>

static bool wrong(struct ql_diags *ds, enum ql_code code, const struct ql_yaml *y, const char *label, const char *help)
{
	struct ql_diag *d = ql_diag_add(ds, code, y->span, "`%s` is not an amount that can be given",
					y->kind == QL_YAML_SCALAR ? y->text : "this");
	ql_diag_label(d, "%s", label);
	ql_diag_help(d, "%s", help);
	return false;
}

/* Number and rest of "375 mg/m2". */
static bool split(const char *text, double *value, const char **unit)
{
	size_t n = strcspn(text, " \t");
	if (!ql_parse_double(text, n, value))
		return false;
	*unit = text + n + strspn(text + n, " \t");
	return true;
}

/* value := the same in another unit. Most factors or their inverses are whole numbers, which the units file gives with a
 * rounding error; 12 h are to be 0.5 day. Equal texts need no units file: they may be the model's own units. */
static bool convert(const char *from, const char *to, double *value)
{
	double factor = 1;
	if (strcmp(from, to) == 0)
		return true;
	if (!ql_unit_convert(from, to, &factor))
		return false;
	double whole = nearbyint(factor), inverse = nearbyint(1 / factor);
	if (fabs(factor - whole) < 1e-13 * factor)
		*value *= whole;
	else if (fabs(1 / factor - inverse) < 1e-13 / factor)
		*value /= inverse;
	else
		*value *= factor;
	return true;
}

static const struct {
	enum ql_per_body per;
	const char *unit;
} body_units[] = {{QL_PER_M2, "m2"}, {QL_PER_KG, "kg"}, {QL_PER_CLEARANCE, "(mL/min)"}};

static bool unit_wrong(const struct ql_yaml *y, const char *found, const char *unit, bool body, struct ql_diags *ds)
{
	struct ql_diag *d = ql_diag_add(ds, QL_E0405, y->span, "unit does not fit");
	ql_diag_label(d, "`%s` cannot be turned into `%s`", *found ? found : "1", unit);
	if (body)
		ql_diag_help(d, "give it in %s, %s/m2 or %s/kg", unit, unit, unit);
	else
		ql_diag_help(d, "give it in %s", unit);
	return false;
}

bool ql_amount_read(const struct ql_model *m, const struct ql_yaml *y, const char *unit, bool body, struct ql_arena *a,
		    struct ql_diags *ds, struct ql_amount *out)
{
	const char *found = "";
	const char *how = "a number, a blank and a unit, for example `1000 mg`";
	if (y->kind != QL_YAML_SCALAR || !split(y->text, &out->value, &found))
		return wrong(ds, QL_E0404, y, how, "write VALUE UNIT");
	if (!isfinite(out->value) || out->value < 0)
		return wrong(ds, QL_E0406, y, "this must be finite and not negative", "to stop a level write 0");
	out->text = y->text;
	out->per = QL_FLAT;
	if (!m->has_units || (!*found && (strcmp(unit, "1") == 0 || !*unit || out->value == 0)))
		return true;
	if (convert(*found ? found : "1", unit, &out->value))
		return true;
	for (int i = 0; body && *found && i < 3; i++) {
		if (!convert(ql_arena_printf(a, "(%s)*%s", found, body_units[i].unit), unit, &out->value))
			continue;
		out->per = body_units[i].per;
		return true;
	}
	return unit_wrong(y, found, unit, body, ds);
}

bool ql_duration_read(const struct ql_model *m, const struct ql_yaml *y, struct ql_arena *a, struct ql_diags *ds,
		      double *out)
{
	struct ql_amount x;
	if (!ql_amount_read(m, y, "day", false, a, ds, &x))
		return false;
	*out = x.value;
	return x.value > 0 || wrong(ds, QL_E0406, y, "this must be above 0", "write for example `4 h` or `28 day`");
}

double ql_giving_amount(const struct ql_regimen_item *it, const struct ql_amount *x, const struct ql_body *body)
{
	static const struct ql_body nobody;
	const struct ql_body *b = body ? body : &nobody;
	double amount = x->value;
	if (x->per == QL_PER_M2)
		amount *= b->bsa_m2;
	else if (x->per == QL_PER_KG)
		amount *= b->weight_kg;
	else if (x->per == QL_PER_CLEARANCE)
		amount *= b->crcl_ml_min;
	for (int i = 0; i < it->n_crcl; i++)
		if (b->crcl_ml_min < it->crcl[i].below) {
			amount *= it->crcl[i].factor;
			break;
		}
	return amount < it->cap ? amount : it->cap;
}
