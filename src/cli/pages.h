/* SPDX-License-Identifier: Apache-2.0 */
/* Manual pages and shell completions, written from the tables that --help prints: `quell _pages FOLDER`, for the build. */
#ifndef QL_CLI_PAGES_H
#define QL_CLI_PAGES_H

#include "cli/cli.h"

/* What the help of a verb would print, while pages are written. */
void ql_pages_add(struct ql_cli *c, const struct ql_command *cmd);
/* FOLDER/man1/quell*.1, FOLDER/bash/quell, FOLDER/zsh/_quell, FOLDER/fish/quell.fish */
int ql_pages_write(struct ql_cli *c, int argc, char **argv);

#endif
