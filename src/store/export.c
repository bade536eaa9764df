/* SPDX-License-Identifier: Apache-2.0 */
#include "store/export.h"
#include "base/csv.h"
#include "base/io.h"
#include <math.h>
#include <sqlite3.h>
#include <string.h>
#include <zlib.h>
#ifdef QUELL_HAVE_ZSTD
#include <zstd.h>
#endif

enum { BLOCK = 1 << 18 }; /* bytes of text that are written at once */

const char *const ql_store_views[] = {"endpoints", "curves", "courses", "contrasts", "sensitivities", "patients", "patient_courses", NULL};

bool ql_store_has_zstd(void)
{
#ifdef QUELL_HAVE_ZSTD
	return true;
#else
	return false;
#endif
}

struct sink {
	struct ql_out_file file;
	enum ql_packing packing;
	z_stream gz;
	bool gz_open;
#ifdef QUELL_HAVE_ZSTD
	ZSTD_CStream *zstd;
#endif
	struct ql_buf text;
	unsigned char room[BLOCK];
};

/* A gzip member without name or time, so that the same rows give the same bytes. */
static bool open_packing(struct sink *k)
{
	if (k->packing == QL_GZIP) {
		k->gz_open = deflateInit2(&k->gz, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK;
		return k->gz_open;
	}
#ifdef QUELL_HAVE_ZSTD
	if (k->packing == QL_ZSTD) {
		k->zstd = ZSTD_createCStream();
		return k->zstd && !ZSTD_isError(ZSTD_initCStream(k->zstd, 3));
	}
#endif
	return k->packing == QL_PLAIN_CSV;
}

static bool write_gzip(struct sink *k, bool last)
{
	int rc;
	k->gz.next_in = (Bytef *)k->text.data;
	k->gz.avail_in = (uInt)k->text.len;
	do {
		k->gz.next_out = k->room;
		k->gz.avail_out = sizeof k->room;
		rc = deflate(&k->gz, last ? Z_FINISH : Z_NO_FLUSH);
		ql_out_write(&k->file, k->room, sizeof k->room - k->gz.avail_out);
	} while (rc == Z_OK && (k->gz.avail_out == 0 || last));
	return rc == Z_OK || rc == Z_STREAM_END || rc == Z_BUF_ERROR;
}

#ifdef QUELL_HAVE_ZSTD
static bool write_zstd(struct sink *k, bool last)
{
	ZSTD_inBuffer in = {k->text.data, k->text.len, 0};
	size_t left;
	do {
		ZSTD_outBuffer out = {k->room, sizeof k->room, 0};
		left = ZSTD_compressStream2(k->zstd, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left))
			return false;
		ql_out_write(&k->file, k->room, out.pos);
	} while (in.pos < in.size || (last && left > 0));
	return true;
}
#endif

static bool flush_text(struct sink *k, bool last)
{
	bool good = true;
	if (k->packing == QL_PLAIN_CSV)
		ql_out_write(&k->file, k->text.data ? k->text.data : "", k->text.len);
	else if (k->packing == QL_GZIP)
		good = write_gzip(k, last);
#ifdef QUELL_HAVE_ZSTD
	else
		good = write_zstd(k, last);
#endif
	k->text.len = 0;
	return good;
}

static void put_cell(struct ql_buf *b, sqlite3_stmt *q, int i)
{
	char text[32];
	int type = sqlite3_column_type(q, i);
	if (i)
		ql_buf_puts(b, ",");
	if (type == SQLITE_INTEGER)
		ql_buf_printf(b, "%lld", (long long)sqlite3_column_int64(q, i));
	else if (type == SQLITE_FLOAT)
		ql_buf_puts(b, ql_format_double(sqlite3_column_double(q, i), text));
	else if (type != SQLITE_NULL)
		ql_csv_write_cell(b, (const char *)sqlite3_column_text(q, i), ',');
}

static enum quell_status write_rows(struct ql_store *s, struct sink *k, sqlite3_stmt *q, uint64_t *rows)
{
	int rc, n = sqlite3_column_count(q);
	for (int i = 0; i < n; i++)
		ql_buf_printf(&k->text, "%s%s", i ? "," : "", sqlite3_column_name(q, i));
	ql_buf_puts(&k->text, "\n");
	while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		for (int i = 0; i < n; i++)
			put_cell(&k->text, q, i);
		ql_buf_puts(&k->text, "\n");
		++*rows;
		if (k->text.len > BLOCK && !flush_text(k, false))
			return QUELL_ERR_INTERNAL;
	}
	if (rc != SQLITE_DONE)
		return ql_store_fault(s, "read the rows");
	return flush_text(k, true) ? QUELL_OK : QUELL_ERR_INTERNAL;
}

struct exporting {
	struct ql_store *s;
	const char *view, *path;
	int64_t run;
	uint64_t *rows;
	struct sink *k;
	sqlite3_stmt *q;
};

static enum quell_status export_rows(void *arg)
{
	struct exporting *e = arg;
	struct ql_buf sql = {0};
	ql_buf_printf(&sql, "SELECT * FROM %s WHERE ?1 = 0 OR run = ?1", e->view); /* a name of ql_store_views */
	int rc = sqlite3_prepare_v2(ql_store_db(e->s), sql.data, -1, &e->q, NULL);
	ql_buf_free(&sql);
	if (rc != SQLITE_OK)
		return ql_store_fault(e->s, "read the rows");
	sqlite3_bind_int64(e->q, 1, e->run);
	enum quell_status status = ql_out_open(&e->k->file, e->path, ql_store_diags(e->s));
	if (status != QUELL_OK)
		return status;
	return open_packing(e->k) ? write_rows(e->s, e->k, e->q, e->rows) : QUELL_ERR_UNSUPPORTED;
}

enum quell_status ql_store_export(struct ql_store *s, const char *view, int64_t run, const char *path,
				  enum ql_packing packing, uint64_t *rows)
{
	struct exporting e = {s, view, path, run, rows, NULL, NULL};
	*rows = 0;
	e.k = ql_alloc_aligned(1, sizeof *e.k);
	e.k->packing = packing;
	enum quell_status status = ql_protect(export_rows, &e);
	sqlite3_finalize(e.q);
	if (e.k->gz_open)
		deflateEnd(&e.k->gz);
#ifdef QUELL_HAVE_ZSTD
	ZSTD_freeCStream(e.k->zstd);
#endif
	if (status == QUELL_OK)
		status = ql_out_commit(&e.k->file, ql_store_diags(s));
	else
		ql_out_abandon(&e.k->file);
	ql_buf_free(&e.k->text);
	ql_free_aligned(e.k);
	return status;
}
