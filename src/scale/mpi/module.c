/* SPDX-License-Identifier: Apache-2.0 */
/* The few things of MPI that quell needs, as a module that is loaded under mpirun only: scale/team.h. */
#include "scale/team.h"
#include <limits.h>
#include <mpi.h>

static int start(int *rank, int *size)
{
	int level, had = 0;
	MPI_Initialized(&had);
	if (!had && MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &level) != MPI_SUCCESS)
		return 1;
	MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
	return MPI_Comm_rank(MPI_COMM_WORLD, rank) != MPI_SUCCESS || MPI_Comm_size(MPI_COMM_WORLD, size) != MPI_SUCCESS;
}

static int give(int to, int tag, const void *data, size_t n)
{
	return n > INT_MAX || MPI_Send(data, (int)n, MPI_BYTE, to, tag, MPI_COMM_WORLD) != MPI_SUCCESS;
}

static int waiting(int *from, int *tag, size_t *n)
{
	int any = 0, count = 0;
	MPI_Status s;
	if (MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &any, &s) != MPI_SUCCESS)
		return -1;
	if (!any)
		return 0;
	MPI_Get_count(&s, MPI_BYTE, &count);
	*from = s.MPI_SOURCE;
	*tag = s.MPI_TAG;
	*n = (size_t)count;
	return 1;
}

static int take(int from, int tag, void *data, size_t n)
{
	return n > INT_MAX || MPI_Recv(data, (int)n, MPI_BYTE, from, tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE) != MPI_SUCCESS;
}

static void end(void) { MPI_Finalize(); }

static void abandon(int code) { MPI_Abort(MPI_COMM_WORLD, code); }

QUELL_API const struct ql_mpi ql_mpi_module = {QL_MPI_ABI, start, give, waiting, take, end, abandon};
