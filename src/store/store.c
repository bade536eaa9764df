/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, locking and upgrading a store; what its failures mean. */
#define _GNU_SOURCE
#include "store/store.h"
#include "store/schema.h"
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_STATEMENTS = 64, WAIT_MS = 10000 };

struct ql_store {
	struct ql_arena arena;
	const char *path, *lock_path;
	enum ql_store_mode mode;
	struct ql_diags *ds;
	sqlite3 *db;
	int lock;
	sqlite3_stmt *statement[MAX_STATEMENTS];
	const char *sql[MAX_STATEMENTS];
	int n_statement;
};

const char *ql_store_path(const struct ql_store *s) { return s->path; }
struct sqlite3 *ql_store_db(struct ql_store *s) { return s->db; }
struct ql_diags *ql_store_diags(struct ql_store *s) { return s->ds; }

static struct ql_span place(const struct ql_store *s) { return (struct ql_span){s->path, 0, 0, 0}; }

/* --- failures --- */

static bool out_of_room(int rc, int error)
{
	return (rc & 0xff) == SQLITE_FULL || error == ENOSPC || error == EFBIG || error == EDQUOT;
}

static double size_of(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 ? (double)st.st_size : 0;
}

/* SQLite calls a write that a limit on file sizes cut short an I/O error without a reason. */
static bool at_size_limit(struct ql_store *s)
{
	struct rlimit limit;
	double size = fmax(size_of(s->path), size_of(ql_arena_printf(&s->arena, "%s-wal", s->path)));
	return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
	       size + 65536 >= (double)limit.rlim_cur;
}

enum quell_status ql_store_fault(struct ql_store *s, const char *doing)
{
	int rc = s->db ? sqlite3_extended_errcode(s->db) : SQLITE_NOMEM;
	int error = s->db ? sqlite3_system_errno(s->db) : 0;
	const char *text = s->db ? sqlite3_errmsg(s->db) : "no memory";
	struct ql_diag *d;
	if ((rc & 0xff) == SQLITE_NOMEM)
		return QUELL_ERR_MEMORY;
	if ((rc & 0xff) == SQLITE_IOERR && at_size_limit(s))
		error = EFBIG;
	if (out_of_room(rc, error)) {
		d = ql_diag_add(s->ds, QL_E1202, place(s), "cannot %s: %s", doing,
				error == EFBIG   ? "the file would be larger than the limit (ulimit -f)"
				: error == EDQUOT ? "the quota is used up"
						  : "the disk is full");
		ql_diag_help(d, "chunks stored so far are safe; make room, then `quell resume --store %s`", s->path);
	} else if ((rc & 0xff) == SQLITE_NOTADB) {
		d = ql_diag_add(s->ds, QL_E1203, place(s), "cannot %s: the file is not an SQLite database", doing);
		ql_diag_help(d, "give the path of a store, or of a file that does not exist yet");
	} else if ((rc & 0xff) == SQLITE_CORRUPT) {
		d = ql_diag_add(s->ds, QL_E1204, place(s), "cannot %s: %s", doing, text);
		ql_diag_help(d, "`quell runs check --store %s` says more; `quell explain E1204` what can be done", s->path);
	} else if ((rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED) {
		d = ql_diag_add(s->ds, QL_E1205, place(s), "cannot %s: another program holds the file", doing);
		ql_diag_help(d, "close other programs that write to it, for example an SQLite shell");
	} else {
		d = ql_diag_add(s->ds, QL_E1201, place(s), "cannot %s: %s%s%s", doing, text, error ? ": " : "",
				error ? strerror(error) : "");
		ql_diag_help(d, "check that the file and its folder can be %s", s->mode == QL_STORE_READ ? "read" : "written");
	}
	return QUELL_ERR_IO;
}

enum quell_status ql_store_exec(struct ql_store *s, const char *sql, const char *doing)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK ? QUELL_OK : ql_store_fault(s, doing);
}

struct sqlite3_stmt *ql_store_sql(struct ql_store *s, const char *sql)
{
	for (int i = 0; i < s->n_statement; i++)
		if (s->sql[i] == sql || strcmp(s->sql[i], sql) == 0)
			return s->statement[i];
	sqlite3_stmt *q = NULL;
	if (sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &q, NULL) != SQLITE_OK) {
		ql_store_fault(s, "read the store");
		return NULL;
	}
	if (s->n_statement == MAX_STATEMENTS) /* the oldest makes room; none is in use between calls */
		sqlite3_finalize(s->statement[--s->n_statement]);
	s->sql[s->n_statement] = ql_arena_strdup(&s->arena, sql);
	s->statement[s->n_statement++] = q;
	return q;
}

enum quell_status ql_store_step(struct ql_store *s, struct sqlite3_stmt *q, const char *doing)
{
	int rc = sqlite3_step(q);
	enum quell_status status = rc == SQLITE_DONE || rc == SQLITE_ROW ? QUELL_OK : ql_store_fault(s, doing);
	sqlite3_reset(q);
	sqlite3_clear_bindings(q);
	return status;
}

/* --- the lock --- */

static enum quell_status lock_fault(struct ql_store *s)
{
	char holder[128] = "";
	ssize_t n = s->lock >= 0 ? pread(s->lock, holder, sizeof holder - 1, 0) : -1;
	holder[n > 0 ? n : 0] = 0;
	holder[strcspn(holder, "\n")] = 0;
	struct ql_diag *d = ql_diag_add(s->ds, QL_E1205, place(s), "the store is in use by %s",
					*holder ? holder : "another process");
	ql_diag_help(d, "wait until it ends or stop it; reading (`quell runs`) is possible meanwhile");
	return QUELL_ERR_IO;
}

static bool same_file(int fd, const char *path)
{
	struct stat a, b;
	return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* The file goes when its holder closes the store, so a lock counts only if the name still leads to it. */
static enum quell_status take_lock(struct ql_store *s)
{
	for (;;) {
		s->lock = open(s->lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
		if (s->lock < 0) {
			struct ql_diag *d = ql_diag_add(s->ds, out_of_room(0, errno) ? QL_E1202 : QL_E1201, place(s),
							"cannot make the lock %s: %s", s->lock_path, strerror(errno));
			ql_diag_help(d, "the folder of a store must be writable: SQLite keeps its journal there");
			return QUELL_ERR_IO;
		}
		if (flock(s->lock, LOCK_EX | LOCK_NB) != 0)
			return lock_fault(s);
		if (same_file(s->lock, s->lock_path))
			break;
		close(s->lock);
	}
	char host[64] = "this host", text[128];
	gethostname(host, sizeof host - 1);
	int n = snprintf(text, sizeof text, "process %ld on %s\n", (long)getpid(), host);
	if (ftruncate(s->lock, 0) != 0 || pwrite(s->lock, text, (size_t)n, 0) != n) {
		/* Nobody will be named to those who wait; the lock itself holds. */
	}
	return QUELL_OK;
}

static void release_lock(struct ql_store *s)
{
	if (s->lock < 0)
		return;
	if (s->db == NULL && flock(s->lock, LOCK_EX | LOCK_NB) == 0 && same_file(s->lock, s->lock_path))
		unlink(s->lock_path);
	close(s->lock);
	s->lock = -1;
}

/* --- opening --- */

static enum quell_status number_of(struct ql_store *s, const char *pragma, int *out)
{
	sqlite3_stmt *q = NULL;
	int rc = sqlite3_prepare_v2(s->db, pragma, -1, &q, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(q);
	*out = rc == SQLITE_ROW ? sqlite3_column_int(q, 0) : 0;
	enum quell_status status = rc == SQLITE_ROW ? QUELL_OK : ql_store_fault(s, "open the store");
	sqlite3_finalize(q);
	return status;
}

static enum quell_status wrong_kind(struct ql_store *s, int application, int version)
{
	struct ql_diag *d;
	if (application != QL_STORE_APPLICATION) {
		d = ql_diag_add(s->ds, QL_E1203, place(s), "this SQLite database is not a store of quell");
		ql_diag_help(d, "give the path of a store, or of a file that does not exist yet");
	} else if (version > QL_STORE_VERSION) {
		d = ql_diag_add(s->ds, QL_E1203, place(s), "the store has layout %d; this quell (%s) knows layouts up to %d",
				version, quell_version(), QL_STORE_VERSION);
		ql_diag_help(d, "use the newer quell that wrote it");
	} else {
		d = ql_diag_add(s->ds, QL_E1203, place(s), "the store has the older layout %d, %d is needed", version,
				QL_STORE_VERSION);
		ql_diag_help(d, "open it once for writing to bring it up to date: `quell resume --store %s`", s->path);
	}
	return QUELL_ERR_INPUT;
}

static enum quell_status upgrade(struct ql_store *s, int version)
{
	struct ql_buf sql = {0};
	ql_buf_puts(&sql, "BEGIN IMMEDIATE;\n");
	for (int v = version; v < QL_STORE_VERSION; v++)
		ql_buf_puts(&sql, ql_store_upgrade[v]);
	ql_buf_printf(&sql, "PRAGMA application_id = %d;\nPRAGMA user_version = %d;\nCOMMIT;\n", QL_STORE_APPLICATION,
		      QL_STORE_VERSION);
	enum quell_status status = ql_store_exec(s, sql.data, version ? "bring the store up to date" : "make the store");
	if (status != QUELL_OK)
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	ql_buf_free(&sql);
	return status;
}

/* Before anything is changed: another program's file stays as it is. */
static enum quell_status check_kind(struct ql_store *s, int *version)
{
	int application, tables;
	enum quell_status status = number_of(s, "PRAGMA application_id", &application);
	if (status == QUELL_OK)
		status = number_of(s, "PRAGMA user_version", version);
	if (status == QUELL_OK)
		status = number_of(s, "SELECT count(*) FROM sqlite_schema", &tables);
	if (status != QUELL_OK)
		return status;
	bool blank = tables == 0 && application == 0 && *version == 0 && s->mode == QL_STORE_CREATE;
	bool known = application == QL_STORE_APPLICATION && *version >= 1 && *version <= QL_STORE_VERSION;
	bool old = *version < QL_STORE_VERSION && s->mode == QL_STORE_READ;
	return blank || (known && !old) ? QUELL_OK : wrong_kind(s, application, *version);
}

static bool exists(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0;
}

/* A store in a folder that may only be read has no journal to share with a writer: it is read as it lies. */
static const char *uri_of(struct ql_store *s)
{
	struct ql_buf b = {0};
	ql_buf_puts(&b, "file:");
	for (const char *p = s->path; *p; p++)
		ql_buf_printf(&b, strchr("?#%", *p) ? "%%%02x" : "%c", (unsigned char)*p);
	const char *slash = strrchr(s->path, '/');
	const char *folder = slash ? ql_arena_strndup(&s->arena, s->path, (size_t)(slash - s->path + 1)) : ".";
	if (s->mode == QL_STORE_READ && access(folder, W_OK) != 0 &&
	    !exists(ql_arena_printf(&s->arena, "%s-wal", s->path)))
		ql_buf_puts(&b, "?immutable=1");
	const char *uri = ql_arena_strdup(&s->arena, b.data);
	ql_buf_free(&b);
	return uri;
}

static enum quell_status open_db(struct ql_store *s)
{
	static const int flags[] = {SQLITE_OPEN_READONLY, SQLITE_OPEN_READWRITE, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE};
	if (s->mode != QL_STORE_CREATE && !exists(s->path)) {
		struct ql_diag *d = ql_diag_add(s->ds, QL_E1201, place(s), "there is no such store: %s", strerror(errno));
		ql_diag_help(d, "`quell compare ... --store %s` would make it", s->path);
		return QUELL_ERR_IO;
	}
	if (sqlite3_open_v2(uri_of(s), &s->db, flags[s->mode] | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		return ql_store_fault(s, "open the store");
	sqlite3_extended_result_codes(s->db, 1);
	sqlite3_busy_timeout(s->db, WAIT_MS);
	int version;
	enum quell_status status = check_kind(s, &version);
	if (status == QUELL_OK && s->mode != QL_STORE_READ)
		status = ql_store_exec(s, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON",
				       "open the store for writing");
	if (status == QUELL_OK && version < QL_STORE_VERSION)
		status = upgrade(s, version);
	return status;
}

struct opening {
	const char *path;
	enum ql_store_mode mode;
	struct ql_diags *ds;
	struct ql_store *s;
};

static enum quell_status open_store(void *arg)
{
	struct opening *o = arg;
	struct ql_store *s = o->s = ql_realloc(NULL, 1, sizeof *s);
	*s = (struct ql_store){.mode = o->mode, .ds = o->ds, .lock = -1};
	s->path = ql_arena_strdup(&s->arena, o->path);
	s->lock_path = ql_arena_printf(&s->arena, "%s-lock", o->path);
	enum quell_status status = QUELL_OK;
	if (s->mode != QL_STORE_READ && (s->mode == QL_STORE_CREATE || exists(s->path)))
		status = take_lock(s);
	return status == QUELL_OK ? open_db(s) : status;
}

enum quell_status ql_store_open(const char *path, enum ql_store_mode mode, struct ql_diags *ds, struct ql_store **out)
{
	struct opening o = {path, mode, ds, NULL};
	enum quell_status status = ql_protect(open_store, &o);
	*out = o.s;
	return status;
}

void ql_store_close(struct ql_store *s)
{
	if (!s)
		return;
	for (int i = 0; i < s->n_statement; i++)
		sqlite3_finalize(s->statement[i]);
	if (sqlite3_close(s->db) == SQLITE_OK)
		s->db = NULL;
	release_lock(s);
	ql_arena_free(&s->arena);
	ql_free(s);
}
