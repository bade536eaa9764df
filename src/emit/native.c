/* SPDX-License-Identifier: Apache-2.0 */
/* Compiles a plan's C text, loads what the compiler made, and remembers it. */
#define _GNU_SOURCE
#include "emit/native.h"
#include "base/io.h"
#include "emit/code.h"
#include "emit/machine.h"
#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern const char ql_text_kernel_h[], ql_text_lanes_h[]; /* cmake/embed.cmake */
extern char **environ;

static const char *const options[] = {"-std=c17", "-O2", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math",
				      "-fno-stack-protector", "-shared", "-fPIC", "-w"};
enum { N_OPTIONS = sizeof options / sizeof *options, MAX_WORDS = 12, SAID = 1500 };

struct job {
	const struct ql_plan *p;
	int width;
	const char *isa;
	struct ql_arena arena;
	struct ql_buf text;
	char symbol[64];
	const char *folder;
	const char *lib, *temp[4]; /* the library; source, part, log and lock beside it */
	char why[PATH_MAX + 128], said[SAID];
	int fd; /* of the lock */
};

/* --- what is loaded --- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct loaded {
	const struct ql_kernel *kernel;
	struct loaded *next;
} * loaded;

static const struct ql_kernel *find_loaded(uint64_t hash, int width)
{
	for (const struct loaded *l = loaded; l; l = l->next)
		if (l->kernel->plan_hash == hash && l->kernel->width == width)
			return l->kernel;
	return NULL;
}

static bool fits(const struct ql_kernel *k, const struct job *j)
{
	return k && k->plan_hash == j->p->hash && k->width == j->width && k->n_state == j->p->n_state && k->n_p == j->p->n_p &&
	       k->n_k == j->p->n_k && k->n_out == j->p->n_out && k->n_trig == j->p->n_trig && k->n_lu == j->p->code->n_lu &&
	       strcmp(k->isa, j->isa) == 0 && k->rhs && k->jac && k->factor && k->solve && k->out && k->trig;
}

/* NULL, with j->why, if the file may not be used. */
static const struct ql_kernel *load(struct job *j)
{
	if (!ql_native_is_safe(j->lib, j->why, sizeof j->why))
		return NULL;
	struct loaded *l = malloc(sizeof *l);
	void *handle = l ? dlopen(j->lib, RTLD_NOW | RTLD_LOCAL) : NULL;
	const struct ql_kernel *k = handle ? dlsym(handle, j->symbol) : NULL;
	if (!fits(k, j)) {
		const char *error = handle ? NULL : dlerror();
		snprintf(j->why, sizeof j->why, "%s", error ? error : "it is not the kernel that its name promises");
		if (handle)
			dlclose(handle);
		free(l);
		return NULL;
	}
	*l = (struct loaded){k, loaded};
	loaded = l;
	return k;
}

/* --- the compiler --- */

static bool write_whole(const char *path, const char *text, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return false;
	bool good = true;
	for (size_t at = 0; good && at < n;) {
		ssize_t k = write(fd, text + at, n - at);
		good = k > 0 || (k < 0 && errno == EINTR);
		at += k > 0 ? (size_t)k : 0;
	}
	return close(fd) == 0 && good;
}

static void read_said(struct job *j, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, j->said, sizeof j->said - 1);
	j->said[n > 0 ? n : 0] = 0;
	if (fd >= 0)
		close(fd);
}

/* Exit status of the compiler, -1 if there is none of that name. */
static int call_compiler(char *const *word, const char *log)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int status;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_adddup2(&actions, 1, 2);
	int failed = posix_spawnp(&pid, word[0], &actions, NULL, word, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (failed)
		return failed == ENOENT || failed == EACCES ? -1 : 127;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 127;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* $CC may hold a command with arguments ("ccache gcc"). */
static int split_words(char *text, char **word)
{
	int n = 0;
	for (char *save = NULL, *w = strtok_r(text, " \t", &save); w && n < MAX_WORDS; w = strtok_r(NULL, " \t", &save))
		word[n++] = w;
	return n;
}

static int compile_with(struct job *j, const char *compiler, const char *source, const char *lib, const char *log)
{
	char command[1024], march[64], *word[MAX_WORDS + N_OPTIONS + 8];
	snprintf(command, sizeof command, "%s", compiler);
	int n = split_words(command, word);
	if (n == 0)
		return -1;
	for (int i = 0; i < N_OPTIONS; i++)
		word[n++] = (char *)options[i];
	if (strcmp(j->isa, "generic") != 0) {
		snprintf(march, sizeof march, "-march=%s", j->isa);
		word[n++] = march;
	}
	word[n++] = "-o";
	word[n++] = (char *)lib;
	word[n++] = (char *)source;
	word[n] = NULL;
	return call_compiler(word, log);
}

static int compile_all(struct job *j, const char *source, const char *lib, const char *log)
{
	const char *cc = getenv("CC"), *const usual[] = {cc && *cc ? cc : "cc", "gcc", "clang"};
	int status = -1;
	for (int i = 0; status < 0 && i < (cc && *cc ? 1 : 3); i++)
		status = compile_with(j, usual[i], source, lib, log);
	return status;
}

/* Compiles beside the final name; 0 or what compile_all says. */
static int compile(struct job *j)
{
	const char *source = j->temp[0], *lib = j->temp[1], *log = j->temp[2];
	int status = 127;
	if (write_whole(source, j->text.data, j->text.len))
		status = compile_all(j, source, lib, log);
	else
		snprintf(j->said, sizeof j->said, "%s", strerror(errno));
	if (status > 0 && !*j->said)
		read_said(j, log);
	/* the compiler follows the umask, which may let a group write */
	if (status == 0 && (chmod(lib, 0700) != 0 || rename(lib, j->lib) != 0)) {
		snprintf(j->said, sizeof j->said, "%s", strerror(errno));
		status = 127;
	}
	unlink(source);
	unlink(lib);
	unlink(log);
	return status;
}

/* One compiler per kernel: others wait, then find it done. The lock file goes with its last holder. */
static bool take_lock(struct job *j, const char *path)
{
	for (;;) {
		struct stat mine, there;
		j->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (j->fd < 0)
			return false;
		while (flock(j->fd, LOCK_EX) != 0)
			if (errno != EINTR) {
				close(j->fd);
				return false;
			}
		if (fstat(j->fd, &mine) == 0 && stat(path, &there) == 0 && mine.st_ino == there.st_ino)
			return true;
		close(j->fd); /* its holder removed it while we waited */
	}
}

/* --- one kernel --- */

static const char *best_isa(void)
{
	return ql_machine_has("x86-64-v4") ? "x86-64-v4" : ql_machine_has("x86-64-v3") ? "x86-64-v3" : "generic";
}

static int natural_width(const char *isa) { return strcmp(isa, "x86-64-v4") == 0 ? 8 : 4; }

/* The text with the headers' contents in place of their names: nothing but the text decides what is compiled. */
static enum quell_status prepare(struct job *j)
{
	struct ql_buf body = {0};
	struct ql_plan nameless = *j->p; /* what a plan is called is no part of what is compiled */
	nameless.name = "native";
	enum quell_status s = ql_emit_c(&nameless, j->width, j->isa, &body);
	if (s == QUELL_OK) {
		const char *includes = "#include \"base/kernel.h\"\n#include \"base/lanes.h\"\n";
		char *at = strstr(body.data, includes);
		if (!at)
			s = QUELL_ERR_INTERNAL;
		else {
			ql_buf_add(&j->text, body.data, (size_t)(at - body.data));
			ql_buf_puts(&j->text, ql_text_kernel_h);
			ql_buf_puts(&j->text, ql_text_lanes_h);
			ql_buf_puts(&j->text, at + strlen(includes));
		}
	}
	ql_buf_free(&body);
	if (s != QUELL_OK)
		return s;
	uint64_t hash = ql_hash(QL_HASH_SEED, j->text.data, j->text.len);
	for (int i = 0; i < N_OPTIONS; i++)
		hash = ql_hash(hash, options[i], strlen(options[i]) + 1);
	int n = snprintf(j->symbol, sizeof j->symbol, "ql_k_native_%s_w%d", j->isa, j->width);
	for (int i = 0; i < n; i++)
		if (!isalnum((unsigned char)j->symbol[i]))
			j->symbol[i] = '_';
	j->lib = ql_arena_printf(&j->arena, "%s/%016llx.so", j->folder, (unsigned long long)hash);
	static const char *const end[] = {"c", "part", "log"};
	for (int i = 0; i < 3; i++)
		j->temp[i] = ql_arena_printf(&j->arena, "%s.%ld.%s", j->lib, (long)getpid(), end[i]);
	j->temp[3] = ql_arena_printf(&j->arena, "%s.lock", j->lib);
	return QUELL_OK;
}

static enum quell_status build(struct job *j, struct ql_diags *ds, const struct ql_kernel **out)
{
	if (!take_lock(j, j->temp[3])) {
		struct ql_span at = {j->folder, 0, 0, 0};
		ql_diag_help(ql_diag_add(ds, QL_E0853, at, "the cache cannot be locked: %s", strerror(errno)),
			     "set XDG_CACHE_HOME to a folder of your own");
		return QUELL_ERR_IO;
	}
	*out = load(j);
	int status = *out ? 0 : compile(j);
	if (!*out && status == 0)
		*out = load(j);
	unlink(j->temp[3]);
	close(j->fd);
	if (*out)
		return QUELL_OK;
	struct ql_span at = {j->p->name, 0, 0, 0};
	if (status < 0) {
		const char *cc = getenv("CC");
		struct ql_diag *d = ql_diag_add(ds, QL_E0851, at, "no C compiler: `%.100s` cannot be run", cc && *cc ? cc : "cc");
		ql_diag_help(d, "install one, set CC, or leave the work to the interpreter");
		return QUELL_ERR_UNSUPPORTED;
	}
	struct ql_diag *d = ql_diag_add(ds, QL_E0852, at, "the kernel `%.100s` does not compile", j->p->name);
	ql_diag_note(d, (struct ql_span){0}, "%s", *j->said ? j->said : j->why);
	ql_diag_help(d, "`--native off` uses the interpreter");
	return QUELL_ERR_UNSUPPORTED;
}

static enum quell_status get(struct job *j, enum ql_native how, struct ql_diags *ds, const struct ql_kernel **out)
{
	j->folder = ql_native_folder(&j->arena, how == QL_NATIVE_BUILD, how == QL_NATIVE_BUILD ? ds : NULL);
	if (!j->folder)
		return how == QL_NATIVE_BUILD ? QUELL_ERR_IO : QUELL_OK;
	enum quell_status s = prepare(j);
	if (s != QUELL_OK)
		return s;
	if (how == QL_NATIVE_BUILD)
		return build(j, ds, out);
	if (access(j->lib, F_OK) != 0)
		return QUELL_OK;
	*out = load(j);
	if (!*out)
		ql_diag_help(ql_diag_add(ds, QL_E0854, (struct ql_span){j->lib, 0, 0, 0}, "the compiled kernel is not used: %s", j->why),
			     "the interpreter gave the same results; `quell model build` writes it anew");
	return QUELL_OK;
}

struct call {
	struct job *j;
	enum ql_native how;
	struct ql_diags *ds;
	const struct ql_kernel **out;
};

static enum quell_status protected_get(void *arg)
{
	struct call *c = arg;
	return get(c->j, c->how, c->ds, c->out);
}

enum quell_status ql_native_kernel(const struct ql_plan *p, int width, enum ql_native how, struct ql_diags *ds,
				   const struct ql_kernel **out)
{
	*out = NULL;
	if (how == QL_NATIVE_OFF)
		return QUELL_OK;
	struct job *j = ql_realloc(NULL, 1, sizeof *j);
	*j = (struct job){.p = p, .isa = best_isa(), .fd = -1};
	j->width = width ? width : natural_width(j->isa);
	pthread_mutex_lock(&lock);
	enum quell_status s = QUELL_OK;
	*out = find_loaded(p->hash, j->width);
	if (!*out) {
		struct call c = {j, how, ds, out};
		s = ql_protect(protected_get, &c);
	}
	pthread_mutex_unlock(&lock);
	ql_buf_free(&j->text);
	ql_arena_free(&j->arena);
	ql_free(j);
	if (s == QUELL_ERR_MEMORY)
		ql_out_of_memory();
	return s;
}
