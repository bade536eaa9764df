/* SPDX-License-Identifier: Apache-2.0 */
/* Small pieces that protocol files share. Mistakes are reported under the caller's code. */
#ifndef QL_TRIAL_YAML_WORDS_H
#define QL_TRIAL_YAML_WORDS_H

#include "trial/next_line.h"

/* "3..", "..70", "2..3", "2": all numbers where the key is missing. */
struct ql_range ql_yaml_range(const struct ql_yaml *map, const char *key, enum ql_code code, struct ql_diags *ds);
/* "21 day", "12 h", "3 month" (30.4375 days), "2 year" (365.25 days), "1 week"; leaves *out alone where missing. */
bool ql_yaml_days(const struct ql_yaml *map, const char *key, bool required, enum ql_code code, struct ql_diags *ds,
		  double *out);
/* `grade` is one of the five words. */
void ql_yaml_check_grade(const struct ql_yaml *map, enum ql_code code, struct ql_diags *ds);

#endif
