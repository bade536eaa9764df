/* SPDX-License-Identifier: Apache-2.0 */
#include "lang/model.h"

const char *ql_kind_word(const struct ql_quantity *q)
{
	switch (q->kind) {
	case QL_PARAM:
		return "parameter";
	case QL_COVARIATE:
		return "covariate";
	case QL_AGENT:
		return "agent parameter";
	case QL_INPUT:
		return "input";
	case QL_RANDOM:
		return "hidden random number";
	case QL_DRAW:
		return "random number per patient";
	case QL_LET:
		return "intermediate";
	case QL_STATE:
		return q->is_quad ? "integral" : "state";
	case QL_OUTPUT:
		return "output";
	case QL_ACTIVE:
		return "switch";
	}
	return "";
}

const char *ql_grade_word(enum ql_grade g)
{
	static const char *const word[] = {"", "verified", "derived", "recalled", "assumed", "calibrated"};
	return word[g];
}
