/* SPDX-License-Identifier: Apache-2.0 */
/* verb VERB OPTION=VALUE...: runs a verb of the library and prints its JSON. Against the header alone. */
#include <quell.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fails(void)
{
	fprintf(stderr, "%s\n", quell_last_error());
	return 1;
}

static enum quell_status set(struct quell_run *r, const struct quell_verb_info *v, char *word)
{
	char *value = strchr(word, '=');
	if (!value)
		return quell_run_set_number(r, word, 1);
	*value++ = 0;
	for (char *p = word; *p; p++)
		*p = *p == '_' ? '-' : *p;
	for (int i = 0; i < v->n_option; i++)
		if (strcmp(v->option[i].name, word) == 0 && v->option[i].kind <= QUELL_OPTION_WHOLE)
			return quell_run_set_number(r, word, strtod(value, NULL));
	return quell_run_set_text(r, word, value);
}

int main(int argc, char **argv)
{
	struct quell_run *r;
	const char *text;
	size_t n;
	if (argc < 2 || quell_abi() != QUELL_ABI || quell_run_new(argv[1], &r) != QUELL_OK)
		return fails();
	for (int i = 2; i < argc; i++)
		if (set(r, quell_verb_find(argv[1]), argv[i]) != QUELL_OK)
			return fails();
	if (quell_run_execute(r) != QUELL_OK || quell_run_json(r, &text, &n) != QUELL_OK)
		return fails();
	fwrite(text, 1, n, stdout);
	return quell_run_free(r) == QUELL_OK && fflush(stdout) == 0 ? 0 : fails();
}
