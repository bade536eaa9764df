/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "base/io.h"
#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum quell_status read_fault(struct ql_diags *ds, const char *path, const char *why)
{
	struct ql_diag *d = ql_diag_add(ds, QL_E0901, (struct ql_span){path, 0, 0, 0}, "cannot read `%s`: %s", path, why);
	ql_diag_help(d, "check the path; quell reads regular files only");
	return QUELL_ERR_IO;
}

/* `text` is malloc'ed; the caller frees it whatever happens. */
static enum quell_status slurp(FILE *f, size_t size, char **text, size_t *len)
{
	*text = malloc(size + 1);
	if (!*text)
		return ql_memory_failed();
	*len = fread(*text, 1, size, f);
	return ferror(f) ? QUELL_ERR_IO : QUELL_OK;
}

struct keeping {
	struct ql_diags *ds;
	const char *path, *text;
	size_t len;
};

static enum quell_status keep(void *arg)
{
	struct keeping *k = arg;
	ql_diags_add_source(k->ds, k->path, k->text, k->len);
	return QUELL_OK;
}

enum quell_status ql_read_source(struct ql_diags *ds, const char *path, const struct ql_source **out)
{
	FILE *f = fopen(path, "rb");
	if (!f)
		return read_fault(ds, path, strerror(errno));
	struct stat st;
	char *text = NULL;
	size_t len = 0;
	enum quell_status s = fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode) ? QUELL_OK : QUELL_ERR_IO;
	bool regular = s == QUELL_OK;
	bool large = regular && (uint64_t)st.st_size > QL_READ_LIMIT;
	if (regular && !large)
		s = slurp(f, (size_t)st.st_size, &text, &len);
	fclose(f);
	if (!regular)
		return read_fault(ds, path, "not a regular file");
	if (large) {
		ql_diag_add(ds, QL_E0902, (struct ql_span){path, 0, 0, 0}, "`%s` is larger than %zu MiB", path,
			    QL_READ_LIMIT >> 20);
		return QUELL_ERR_IO;
	}
	if (s != QUELL_OK) {
		free(text);
		return s == QUELL_ERR_IO ? read_fault(ds, path, "read error") : s;
	}
	struct keeping k = {ds, path, text, len};
	s = ql_protect(keep, &k); /* `text` must be freed whatever happens */
	free(text);
	if (s != QUELL_OK)
		ql_out_of_memory();
	*out = &ds->source[ds->n_source - 1];
	return QUELL_OK;
}

static enum quell_status write_fault(const char *path, int err, struct ql_diags *ds)
{
	struct ql_diag *d =
		ql_diag_add(ds, QL_E0903, (struct ql_span){path, 0, 0, 0}, "cannot write `%s`: %s", path, strerror(err));
	ql_diag_help(d, "%s", err == ENOSPC || err == EDQUOT ? "the disk is full; free some space or choose another place"
			      : err == EFBIG		     ? "a limit on file sizes was reached (`ulimit -f`)"
			      : err == ENOENT		     ? "the directory does not exist; create it first"
							     : "choose a directory that you may write to");
	return QUELL_ERR_IO;
}

enum quell_status ql_out_open(struct ql_out_file *o, const char *path, struct ql_diags *ds)
{
	*o = (struct ql_out_file){0};
	if (asprintf(&o->temp, "%s.part-%ld", path, (long)getpid()) < 0 || !(o->path = strdup(path))) {
		free(o->temp);
		*o = (struct ql_out_file){0};
		return ql_memory_failed();
	}
	o->f = fopen(o->temp, "wb");
	if (o->f)
		return QUELL_OK;
	int err = errno;
	ql_out_abandon(o);
	return write_fault(path, err, ds);
}

void ql_out_write(struct ql_out_file *o, const void *data, size_t n)
{
	errno = 0;
	if (n && fwrite(data, 1, n, o->f) != n && !o->err)
		o->err = errno ? errno : EIO;
}

enum quell_status ql_out_commit(struct ql_out_file *o, struct ql_diags *ds)
{
	int err = o->err;
	errno = 0;
	if (!err && (fflush(o->f) != 0 || ferror(o->f) || fsync(fileno(o->f)) != 0))
		err = errno ? errno : EIO;
	if (fclose(o->f) != 0 && !err)
		err = errno;
	o->f = NULL;
	if (!err && rename(o->temp, o->path) != 0)
		err = errno;
	enum quell_status s = err ? write_fault(o->path, err, ds) : QUELL_OK;
	ql_out_abandon(o);
	return s;
}

void ql_out_abandon(struct ql_out_file *o)
{
	if (o->f)
		fclose(o->f);
	if (o->temp)
		unlink(o->temp);
	free(o->temp);
	free(o->path);
	*o = (struct ql_out_file){0};
}

enum quell_status ql_out_file(const char *path, const struct ql_buf *text, struct ql_diags *ds)
{
	struct ql_out_file f;
	enum quell_status s = ql_out_open(&f, path, ds);
	if (s != QUELL_OK)
		return s;
	ql_out_write(&f, text->data ? text->data : "", text->len);
	return ql_out_commit(&f, ds);
}

uint64_t ql_hash(uint64_t h, const void *data, size_t n)
{
	const unsigned char *p = data;
	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 0x100000001b3ull;
	return h;
}

uint64_t ql_hash_str(const char *s) { return ql_hash(QL_HASH_SEED, s, strlen(s)); }

static locale_t c_locale(void)
{
	static _Thread_local locale_t loc;
	if (!loc)
		loc = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	return loc;
}

const char *ql_format_double(double x, char *buf)
{
	if (isnan(x))
		return strcpy(buf, "nan");
	if (isinf(x))
		return strcpy(buf, x < 0 ? "-inf" : "inf");
	locale_t old = uselocale(c_locale());
	/* Fifteen digits hold every shorter decimal exactly, but for the smallest numbers; zeros at the end are dropped. */
	for (int digits = fabs(x) < 1e-300 ? 1 : 15; digits <= 17; digits++) {
		snprintf(buf, 32, "%.*g", digits, x);
		if (strtod(buf, NULL) == x)
			break;
	}
	if (fabs(x) >= 10 && fabs(x) < 1e15 && strchr(buf, 'e')) /* "100", not "1e+02" */
		snprintf(buf, 32, "%.0f", x);
	uselocale(old);
	return buf;
}

bool ql_parse_double(const char *s, size_t n, double *out)
{
	char text[128], *end;
	if (n == 0 || n >= sizeof text)
		return false;
	memcpy(text, s, n);
	text[n] = 0;
	if (text[0] == ' ' || strpbrk(text, "xX")) /* no blanks, no hexadecimal */
		return false;
	*out = strtod_l(text, &end, c_locale());
	return end == text + n && strlen(text) == n;
}
