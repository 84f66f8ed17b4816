/* SPDX-License-Identifier: ISC */

/* fork, exec, and a connection that is tried until it answers. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

#include "redis_server.h"

#define TRIES 1000 /* 10 ms apart */

static void die(const char *what)
{
	fprintf(stderr, "redis_server: %s: %s\n", what, strerror(errno));
	abort();
}

static void pause_briefly(void)
{
	struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };

	nanosleep(&pause, NULL);
}

/* The program: that of REDIS_SERVER in the environment, as in t/lib/servers.sh.
 */
static const char *program(void)
{
	const char *name = getenv("REDIS_SERVER");

	return name != NULL ? name : "redis-server";
}

static void run_server(const struct redis_server *server,
		       const char *const *extra)
{
	const char *arguments[64] = {
		program(),
		"--port",
		"0",
		"--unixsocket",
		"redis.sock",
		"--save",
		"",
		"--appendonly",
		"no",
		"--daemonize",
		"no",
		"--logfile",
		"redis.log",
		"--dir",
		server->directory,
	};
	size_t count = 15;

	while (extra != NULL && *extra != NULL && count < 62)
		arguments[count++] = *extra++;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (chdir(server->directory) != 0)
		_exit(126);
	execvp(arguments[0], (char **)(void *)arguments);
	_exit(127);
}

static void wait_until_it_answers(const struct redis_server *server)
{
	for (int i = 0; i < TRIES; i++) {
		redisContext *redis = redisConnectUnix(server->address + 5);
		redisReply *reply = NULL;
		int is_good = 0;

		if (redis != NULL && redis->err == 0)
			reply = redisCommand(redis, "PING");
		/* an error (NOAUTH) is an answer too */
		is_good = reply != NULL && (reply->type == REDIS_REPLY_STATUS ||
					    reply->type == REDIS_REPLY_ERROR);
		if (reply != NULL)
			freeReplyObject(reply);
		if (redis != NULL)
			redisFree(redis);
		if (is_good)
			return;
		pause_briefly();
	}
	die("no answer");
}

void redis_server_start_again(struct redis_server *server,
			      const char *const *extra)
{
	server->pid = fork();
	if (server->pid < 0)
		die("fork");
	if (server->pid == 0)
		run_server(server, extra);
	wait_until_it_answers(server);
}

void redis_server_start(struct redis_server *server, const char *const *extra)
{
	strcpy(server->directory, "/tmp/weir-test-redis-XXXXXX");
	if (mkdtemp(server->directory) == NULL)
		die("mkdtemp");
	snprintf(server->address, sizeof(server->address), "unix:%s/redis.sock",
		 server->directory);
	redis_server_start_again(server, extra);
}

void redis_server_kill(struct redis_server *server)
{
	if (server->pid == 0)
		return;
	kill(server->pid, SIGKILL);
	waitpid(server->pid, NULL, 0);
	server->pid = 0;
}

void redis_server_freeze(struct redis_server *server)
{
	kill(server->pid, SIGSTOP);
}

void redis_server_thaw(struct redis_server *server)
{
	kill(server->pid, SIGCONT);
}

void redis_server_remove(struct redis_server *server)
{
	static const char *const files[] = { "redis.sock", "redis.log",
					     "dump.rdb" };
	char path[160];

	redis_server_kill(server);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", server->directory,
			 files[i]);
		unlink(path);
	}
	rmdir(server->directory);
}

static redisReply *command_va(const struct redis_server *server,
			      const char *format, va_list arguments)
{
	redisContext *redis = redisConnectUnix(server->address + 5);
	redisReply *reply;

	if (redis == NULL || redis->err != 0)
		die("cannot connect");
	reply = redisvCommand(redis, format, arguments);
	redisFree(redis);
	if (reply == NULL)
		die("no reply");
	return reply;
}

redisReply *redis_server_command(const struct redis_server *server,
				 const char *format, ...)
{
	va_list arguments;
	redisReply *reply;

	va_start(arguments, format);
	reply = command_va(server, format, arguments);
	va_end(arguments);
	return reply;
}

long long redis_server_integer(const struct redis_server *server,
			       const char *format, ...)
{
	va_list arguments;
	redisReply *reply;
	long long integer;

	va_start(arguments, format);
	reply = command_va(server, format, arguments);
	va_end(arguments);
	if (reply->type != REDIS_REPLY_INTEGER)
		die(reply->type == REDIS_REPLY_ERROR ? reply->str
						     : "no integer");
	integer = reply->integer;
	freeReplyObject(reply);
	return integer;
}

static int version_of(const struct redis_server *server)
{
	redisReply *reply = redis_server_command(server, "INFO server");
	const char *at = strstr(reply->str, "redis_version:");
	int version = at == NULL ? 0 : atoi(at + strlen("redis_version:"));

	freeReplyObject(reply);
	return version;
}

bool redis_server_has(const struct redis_server *server, int version,
		      const char *what)
{
	bool is_new = version_of(server) >= version;

	if (!is_new)
		dprintf(STDOUT_FILENO, "# skipped: %s: since Redis %d\n", what,
			version);
	return is_new;
}
