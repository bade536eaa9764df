/* SPDX-License-Identifier: Apache-2.0 */
/* The credibility dossier in the table form of ASME V&V 40 and ICH M15, written from a validation run. */
#ifndef QL_VALIDATE_CREDIBILITY_H
#define QL_VALIDATE_CREDIBILITY_H

#include "validate/validate.h"

/* Markdown. Diagnoses of misses come from library/validation/diagnoses.csv. */
enum quell_status ql_credibility(const struct ql_validation *v, const char *data_dir, const char *command,
				 struct ql_diags *ds, struct ql_buf *out);

#endif
