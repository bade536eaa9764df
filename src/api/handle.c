/* SPDX-License-Identifier: Apache-2.0 */
#include "api/api.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the last message ---- */

static _Thread_local char last_error[8192];

void ql_api_set_error(const char *text, size_t n)
{
	if (n >= sizeof last_error) {
		n = sizeof last_error - 1;
		while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80) /* not in the middle of a character */
			n--;
	}
	memcpy(last_error, text, n);
	last_error[n] = 0;
}

enum quell_status ql_api_fail(enum quell_status s, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(last_error, sizeof last_error, fmt, ap);
	va_end(ap);
	return s;
}

enum quell_status ql_api_said(enum quell_status s)
{
	return s == QUELL_ERR_MEMORY ? ql_api_fail(s, "%s", quell_status_text(s)) : s;
}

const char *quell_last_error(void) { return last_error; }

int quell_abi(void) { return QUELL_ABI; }

/* ---- the list of live objects ---- */

enum { SLOT_BITS = 20, MAX_SLOTS = 1 << SLOT_BITS };

struct slot {
	uint64_t uses; /* part of the handle */
	enum ql_handle_kind kind;
	void *object; /* NULL: free */
	bool taken;
	int sharers, next_free;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct slot *slots;
static int n_slot, cap_slot, first_free = -1;

static const char *const kind_word[] = {"table", "model", "run"};

/* Handles are multiples of 4 above 2^20, so that NULL and small numbers are never one. */
static void *handle_of(int i) { return (void *)(uintptr_t)((slots[i].uses << SLOT_BITS | (unsigned)i) << 2); }

static int take_slot(void)
{
	if (first_free >= 0) {
		int i = first_free;
		first_free = slots[i].next_free;
		return i;
	}
	if (n_slot == cap_slot) {
		int cap = cap_slot ? 2 * cap_slot : 64;
		struct slot *more = cap <= MAX_SLOTS ? realloc(slots, (size_t)cap * sizeof *slots) : NULL;
		if (!more)
			return -1;
		memset(more + cap_slot, 0, (size_t)(cap - cap_slot) * sizeof *more);
		slots = more;
		cap_slot = cap;
	}
	return n_slot++;
}

enum quell_status ql_handle_make(enum ql_handle_kind kind, void *object, void *handle_out)
{
	pthread_mutex_lock(&lock);
	int i = take_slot();
	void *handle = NULL;
	if (i >= 0) {
		slots[i] = (struct slot){.uses = slots[i].uses + 1, .kind = kind, .object = object};
		handle = handle_of(i);
	}
	pthread_mutex_unlock(&lock);
	*(void **)handle_out = handle;
	return handle ? QUELL_OK : ql_api_fail(QUELL_ERR_MEMORY, "more than %d tables, models and runs are open", MAX_SLOTS);
}

/* Under the lock. */
static struct slot *find(const void *handle, enum ql_handle_kind kind)
{
	uint64_t h = (uint64_t)(uintptr_t)handle >> 2;
	int i = (int)(h & (MAX_SLOTS - 1));
	bool live = i < n_slot && slots[i].object && handle_of(i) == handle;
	return live && slots[i].kind == kind ? &slots[i] : NULL;
}

static enum quell_status no_such(const void *handle, enum ql_handle_kind kind)
{
	if (!handle)
		return ql_api_fail(QUELL_ERR_USAGE, "no %s was given (the handle is NULL)", kind_word[kind]);
	return ql_api_fail(QUELL_ERR_USAGE, "this %s does not exist any more: it was freed, or the handle is not one of a %s",
			   kind_word[kind], kind_word[kind]);
}

static enum quell_status busy(enum ql_handle_kind kind)
{
	return ql_api_fail(QUELL_ERR_USAGE, "this %s is in use: another call on it has not ended%s", kind_word[kind],
			   kind == QL_RUN_HANDLE ? "; wait for it, or cancel it" : "; give each thread one of its own");
}

enum quell_status ql_handle_enter(const void *handle, enum ql_handle_kind kind, void *object_out)
{
	pthread_mutex_lock(&lock);
	struct slot *s = find(handle, kind);
	bool free_to_go = s && !s->taken;
	if (free_to_go) {
		s->taken = true;
		*(void **)object_out = s->object;
	}
	pthread_mutex_unlock(&lock);
	return free_to_go ? QUELL_OK : s ? busy(kind) : no_such(handle, kind);
}

void ql_handle_leave(const void *handle)
{
	pthread_mutex_lock(&lock);
	slots[((uintptr_t)handle >> 2) & (MAX_SLOTS - 1)].taken = false;
	pthread_mutex_unlock(&lock);
}

enum quell_status ql_handle_share(const void *handle, enum ql_handle_kind kind, void *object_out)
{
	pthread_mutex_lock(&lock);
	struct slot *s = find(handle, kind);
	if (s) {
		s->sharers++;
		*(void **)object_out = s->object;
	}
	pthread_mutex_unlock(&lock);
	return s ? QUELL_OK : no_such(handle, kind);
}

void ql_handle_unshare(const void *handle)
{
	pthread_mutex_lock(&lock);
	slots[((uintptr_t)handle >> 2) & (MAX_SLOTS - 1)].sharers--;
	pthread_mutex_unlock(&lock);
}

enum quell_status ql_handle_end(const void *handle, enum ql_handle_kind kind, void *object_out)
{
	*(void **)object_out = NULL;
	if (!handle)
		return QUELL_OK;
	pthread_mutex_lock(&lock);
	struct slot *s = find(handle, kind);
	bool idle = s && !s->taken && s->sharers == 0;
	if (idle) {
		*(void **)object_out = s->object;
		s->object = NULL;
		s->next_free = first_free;
		first_free = (int)(s - slots);
	}
	pthread_mutex_unlock(&lock);
	return idle ? QUELL_OK : s ? busy(kind) : no_such(handle, kind);
}
