/* SPDX-License-Identifier: Apache-2.0 */
/* Standard output, JSON, exit statuses. */
#define _POSIX_C_SOURCE 200809L
#include "base/json.h"
#include "base/paths.h"
#include "cli/cli.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

bool ql_cli_data(struct ql_cli *c)
{
	if (!c->data_dir)
		c->data_dir = ql_data_dir(&c->arena, &c->ds);
	return c->data_dir != NULL;
}

int ql_cli_exit(enum quell_status s)
{
	switch (s) {
	case QUELL_OK:
		return QL_EXIT_OK;
	case QUELL_ERR_USAGE:
		return QL_EXIT_USAGE;
	case QUELL_ERR_INTERNAL:
		return QL_EXIT_BUG;
	case QUELL_ERR_INTERRUPTED:
		return QL_EXIT_INTERRUPTED;
	case QUELL_ERR_INPUT:
	case QUELL_ERR_MEMORY: /* main() says so */
	case QUELL_ERR_IO:
	case QUELL_ERR_UNSUPPORTED:
		return QL_EXIT_INPUT;
	default:
		return QL_EXIT_SOLVES;
	}
}

enum quell_status ql_cli_flush(struct ql_cli *c)
{
	size_t done = 0;
	if (c->captured)
		return QUELL_OK;
	while (done < c->out.len) {
		ssize_t n = write(STDOUT_FILENO, c->out.data + done, c->out.len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int err = errno;
			c->out.len = 0;
			if (err == EPIPE) /* the reader had enough */
				return QUELL_OK;
			struct ql_span at = {"standard output", 0, 0, 0};
			struct ql_diag *d = ql_diag_add(&c->ds, QL_E0903, at, "cannot write to standard output: %s",
							strerror(err));
			ql_diag_help(d, "%s", err == ENOSPC ? "the disk is full; free some space or write elsewhere"
							    : "check where the output goes");
			return QUELL_ERR_IO;
		}
		done += (size_t)n;
	}
	c->out.len = 0;
	return QUELL_OK;
}

void ql_cli_print_json(struct ql_cli *c, json_t *j)
{
	ql_json_write(j, &c->out);
	json_decref(j);
}
