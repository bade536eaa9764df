/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several processes of one job (mpirun, srun). MPI is a module of its own, loaded only when the environment says that
 * this process is one of several, so that a plain run needs no MPI and pays nothing for it.
 */
#ifndef QL_SCALE_TEAM_H
#define QL_SCALE_TEAM_H

#include "base/diag.h"

/* What the module gives; src/scale/mpi/module.c. All calls from one thread. 0: fine. */
#define QL_MPI_ABI 1
struct ql_mpi {
	int abi;
	int (*start)(int *rank, int *size);
	int (*send)(int to, int tag, const void *data, size_t n);
	/* A waiting message: 1 and its sender, tag and size; 0: none. */
	int (*waiting)(int *from, int *tag, size_t *n);
	int (*receive)(int from, int tag, void *data, size_t n);
	void (*end)(void);
	void (*abandon)(int exit); /* ends all processes of the job */
};

struct ql_team {
	int rank, size;
	const struct ql_mpi *mpi;
	void *module;
	bool *lost, *idle; /* [size] on rank 0: silent for too long; waiting for a chunk */
	bool released; /* rank 0 has told the others to stop */
};

/* Number of processes that the launcher started, from the environment; 1 if there is none. */
int ql_team_launched(void);
/* This process's number in the same way. */
int ql_team_launched_rank(void);
/* *out NULL for one process alone. QL_E1209 if there are several and they cannot talk. */
enum quell_status ql_team_open(struct ql_diags *ds, struct ql_team **out);
/* Tells the others to stop, if that has not happened. */
void ql_team_close(struct ql_team *t);

enum ql_tag { QL_TAG_READY, QL_TAG_RESULT, QL_TAG_CHUNK, QL_TAG_STOP, QL_TAG_FAILED, QL_TAG_TEXT };
/* Rank 0: sends the others home. */
void ql_team_release(struct ql_team *t);
/* Rank 0 sends a text to all others; they wait for it. In `a`; NULL: rank 0 has told them to stop. A NULL team: the
 * text itself. */
const char *ql_team_share(struct ql_team *t, const char *text, struct ql_arena *a);
/* A rank above 0 that cannot take part tells rank 0 why. */
void ql_team_give_up(struct ql_team *t, const struct ql_diags *ds);

#endif
