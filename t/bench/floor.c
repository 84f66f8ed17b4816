/* SPDX-License-Identifier: ISC */
/*
 * The milters that weir is measured against: what any milter on libmilter
 * costs (empty), what it costs when it does without the stages that a rate
 * limit does not need (lean), and either of them with one synchronous EVALSHA
 * at the end of each message (evalsha, lean-evalsha), as plain a way to count
 * in Redis as there is: one blocking connection for each worker thread that
 * is busy.
 *
 * smfi_main runs in a second thread: a signal for the process goes to the
 * main thread first, which ends all at once instead of after the five
 * seconds that libmilter takes.
 */
#include <hiredis/hiredis.h>
#include <libmilter/mfapi.h>

#include <err.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

static const char script[] = "return redis.call('INCR', KEYS[1])";

/* libmilter has no bound on its threads; neither has this. */
struct link {
	redisContext *redis;
	struct link *next;
};

static struct {
	const char *path;
	char *sha;
	pthread_mutex_t lock;
	struct link *idle;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER };

struct session {
	char key[512];
};

static void link_free(struct link *link)
{
	if (link->redis != NULL)
		redisFree(link->redis);
	free(link);
}

static struct link *link_new(void)
{
	struct link *link = calloc(1, sizeof(*link));

	if (link == NULL)
		return NULL;
	link->redis = redisConnectUnix(pool.path);
	if (link->redis == NULL || link->redis->err != 0) {
		warnx("redis unix:%s: %s", pool.path,
		      link->redis != NULL ? link->redis->errstr : "no memory");
		link_free(link);
		return NULL;
	}
	return link;
}

static struct link *link_take(void)
{
	struct link *link;

	pthread_mutex_lock(&pool.lock);
	link = pool.idle;
	if (link != NULL)
		pool.idle = link->next;
	pthread_mutex_unlock(&pool.lock);
	return link != NULL ? link : link_new();
}

static void link_return(struct link *link)
{
	pthread_mutex_lock(&pool.lock);
	link->next = pool.idle;
	pool.idle = link;
	pthread_mutex_unlock(&pool.lock);
}

static void load_script(void)
{
	struct link *link = link_take();
	redisReply *reply;

	if (link == NULL)
		exit(EX_UNAVAILABLE);
	reply = redisCommand(link->redis, "SCRIPT LOAD %s", script);
	if (reply == NULL || reply->type != REDIS_REPLY_STRING)
		errx(EX_UNAVAILABLE, "redis unix:%s: SCRIPT LOAD: %s",
		     pool.path, reply != NULL ? reply->str : "no answer");
	pool.sha = strdup(reply->str);
	freeReplyObject(reply);
	link_return(link);
}

/* A failed connection is not used again: its answers could be another's. */
static bool count(const char *key)
{
	const char *arguments[] = { "EVALSHA", pool.sha, "1", key };
	struct link *link = link_take();
	redisReply *reply;
	bool is_counted;

	if (link == NULL)
		return false;
	reply = redisCommandArgv(link->redis, 4, arguments, NULL);
	is_counted = reply != NULL && reply->type == REDIS_REPLY_INTEGER;
	if (!is_counted)
		warnx("EVALSHA: %s",
		      reply != NULL ? reply->str : link->redis->errstr);
	if (reply != NULL)
		link_return(link);
	else
		link_free(link);
	freeReplyObject(reply);
	return is_counted;
}

static sfsistat on_connect(SMFICTX *ctx, char *host, _SOCK_ADDR *address)
{
	(void)ctx;
	(void)host;
	(void)address;
	return SMFIS_CONTINUE;
}

static sfsistat on_string(SMFICTX *ctx, char *argument)
{
	(void)ctx;
	(void)argument;
	return SMFIS_CONTINUE;
}

static sfsistat on_unknown(SMFICTX *ctx, const char *command)
{
	(void)ctx;
	(void)command;
	return SMFIS_CONTINUE;
}

static sfsistat on_arguments(SMFICTX *ctx, char **arguments)
{
	(void)ctx;
	(void)arguments;
	return SMFIS_CONTINUE;
}

static sfsistat on_header(SMFICTX *ctx, char *name, char *value)
{
	(void)ctx;
	(void)name;
	(void)value;
	return SMFIS_CONTINUE;
}

static sfsistat on_body(SMFICTX *ctx, unsigned char *data, size_t length)
{
	(void)ctx;
	(void)data;
	(void)length;
	return SMFIS_CONTINUE;
}

static sfsistat on_any(SMFICTX *ctx)
{
	(void)ctx;
	return SMFIS_CONTINUE;
}

static sfsistat on_envfrom_key(SMFICTX *ctx, char **arguments)
{
	struct session *session = smfi_getpriv(ctx);

	if (session == NULL) {
		session = malloc(sizeof(*session));
		if (session == NULL ||
		    smfi_setpriv(ctx, session) != MI_SUCCESS) {
			free(session);
			return SMFIS_TEMPFAIL;
		}
	}
	snprintf(session->key, sizeof(session->key), "floor:{sender:%s}",
		 arguments[0]);
	return SMFIS_CONTINUE;
}

static sfsistat on_eom_count(SMFICTX *ctx)
{
	const struct session *session = smfi_getpriv(ctx);

	if (session == NULL || !count(session->key))
		return SMFIS_TEMPFAIL;
	return SMFIS_CONTINUE;
}

static sfsistat on_close_key(SMFICTX *ctx)
{
	free(smfi_getpriv(ctx));
	smfi_setpriv(ctx, NULL);
	return SMFIS_CONTINUE;
}

static sfsistat on_negotiate_lean(SMFICTX *ctx, unsigned long actions,
				  unsigned long steps, unsigned long f2,
				  unsigned long f3, unsigned long *actions_r,
				  unsigned long *steps_r, unsigned long *f2_r,
				  unsigned long *f3_r)
{
	(void)ctx;
	(void)actions;
	(void)f2;
	(void)f3;
	*actions_r = 0;
	*steps_r = steps & (SMFIP_NOHELO | SMFIP_NODATA | SMFIP_NOHDRS |
			    SMFIP_NOEOH | SMFIP_NOBODY | SMFIP_NOUNKNOWN);
	*f2_r = 0;
	*f3_r = 0;
	return SMFIS_CONTINUE;
}

static const struct kind {
	const char *name;
	bool is_lean;
	bool has_redis;
} kinds[] = {
	{ "empty", false, false },
	{ "lean", true, false },
	{ "evalsha", false, true },
	{ "lean-evalsha", true, true },
};
enum {
	KINDS = sizeof(kinds) / sizeof(kinds[0])
};

static char milter_name[] = "floor";

static struct smfiDesc describe(const struct kind *kind)
{
	struct smfiDesc milter = {
		.xxfi_name = milter_name,
		.xxfi_version = SMFI_VERSION,
		.xxfi_connect = on_connect,
		.xxfi_helo = on_string,
		.xxfi_envfrom = on_arguments,
		.xxfi_envrcpt = on_arguments,
		.xxfi_header = on_header,
		.xxfi_eoh = on_any,
		.xxfi_body = on_body,
		.xxfi_eom = on_any,
		.xxfi_abort = on_any,
		.xxfi_close = on_any,
		.xxfi_unknown = on_unknown,
		.xxfi_data = on_any,
	};

	if (kind->is_lean)
		milter.xxfi_negotiate = on_negotiate_lean;
	if (kind->has_redis) {
		milter.xxfi_envfrom = on_envfrom_key;
		milter.xxfi_eom = on_eom_count;
		milter.xxfi_close = on_close_key;
	}
	return milter;
}

static void end_at_once(int signal_number)
{
	(void)signal_number;
	_exit(EX_OK);
}

static void take_signals(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = end_at_once;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
}

static void *run_milter(void *unused)
{
	(void)unused;
	_exit(smfi_main() == MI_SUCCESS ? EX_OK : EX_SOFTWARE);
}

static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void usage(void)
{
	size_t n;

	fprintf(stderr, "usage: floor -S SOCKET [-R REDIS-SOCKET] KIND\nKIND:");
	for (n = 0; n < KINDS; n++)
		fprintf(stderr, " %s%s", kinds[n].name,
			kinds[n].has_redis ? " (needs -R)" : "");
	fprintf(stderr, "\n");
	exit(EX_USAGE);
}

static const struct kind *find_kind(const char *name)
{
	size_t n;

	for (n = 0; n < KINDS; n++) {
		if (name != NULL && strcmp(kinds[n].name, name) == 0)
			return &kinds[n];
	}
	usage();
	return NULL;
}

static void start_milter(const struct kind *kind, char *socket)
{
	struct smfiDesc milter = describe(kind);
	pthread_t thread;

	if (smfi_register(milter) != MI_SUCCESS ||
	    smfi_setconn(socket) != MI_SUCCESS ||
	    smfi_opensocket(false) != MI_SUCCESS)
		errx(EX_UNAVAILABLE, "%s: cannot listen", socket);
	if (pthread_create(&thread, NULL, run_milter, NULL) != 0)
		errx(EX_OSERR, "cannot start a thread");
}

int main(int argc, char **argv)
{
	const struct kind *kind;
	char *socket = NULL;
	int letter;

	while ((letter = getopt(argc, argv, "S:R:")) != -1) {
		if (letter == 'S')
			socket = optarg;
		else if (letter == 'R')
			pool.path = optarg;
		else
			usage();
	}
	kind = find_kind(argv[optind]);
	if (socket == NULL || (kind->has_redis && pool.path == NULL))
		usage();
	raise_file_limit();
	take_signals();
	if (kind->has_redis)
		load_script();
	start_milter(kind, socket);
	for (;;)
		pause();
}
