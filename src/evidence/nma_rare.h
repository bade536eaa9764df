/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rare events without continuity corrections (common effect, odds ratios):
 *   Mantel-Haenszel network (Efthimiou 2019): every design is pooled by the
 *   generalised Mantel-Haenszel estimator (Mickey and Elashoff 1985, Greenland
 *   1989), designs are joined under consistency;
 *   non-central hypergeometric likelihood: events of the arms given their sum,
 *   exact, or with the multinomial approximation for rare events that is
 *   customary (Stijnen 2010) and that shrinks odds ratios when they are not rare.
 * Studies without events are left out; arms without any event in their whole
 * design too, as neither method can use them. Both are noted.
 */
#ifndef QL_EVIDENCE_NMA_RARE_H
#define QL_EVIDENCE_NMA_RARE_H

#include "evidence/nma.h"

enum ql_rare_method { QL_MANTEL_HAENSZEL, QL_HYPERGEOMETRIC, QL_HYPERGEOMETRIC_RARE };

/* Studies (with events and n of every arm) that the methods can use; treatments are renumbered. */
enum quell_status ql_rare_data(const struct ql_nma_data *d, struct ql_diags *ds, struct ql_nma_data **out);
/* d from ql_rare_data, one part. For Mantel-Haenszel out->d holds one pooled study per design, out->q is the
 * inconsistency between designs with df; for the hypergeometric likelihood out->q is NaN. */
enum quell_status ql_rare_fit(const struct ql_nma_data *d, const struct ql_nma_options *o, enum ql_rare_method method,
			      struct ql_diags *ds, struct ql_nma **out);

#endif
