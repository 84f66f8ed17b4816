/* SPDX-License-Identifier: ISC */
/*
 * What a Redis answers to a charge: exactly the numbers that were asked for,
 * or the store is not available. A Redis of one connection greets well, and
 * then says what the input says.
 */
#include <err.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

#include "lib/base/log.h"
#include "lib/store/store_redis.h"
#include "t/lib/fuzz.h"

#define CHARGES	   2
#define INTEGERS   (1 + 3 * CHARGES)
#define HEARD_SIZE 65536
#define WAIT_MS	   10000
#define UNTOUCHED  4711

/* The script is loaded, the run and the time are told, the script was tried. */
static const char greeting[] = "$4\r\nsha1\r\n"
			       "$9\r\nrun_id:ab\r\n"
			       "*2\r\n$1\r\n1\r\n$1\r\n0\r\n"
			       "*4\r\n:1\r\n:1\r\n:0\r\n:0\r\n";

struct server {
	struct sockaddr_un address;
	int socket;
	struct fuzz_input answer;
};

static void open_server(struct server *server)
{
	server->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	server->address.sun_family = AF_UNIX;
	snprintf(server->address.sun_path, sizeof(server->address.sun_path),
		 "/tmp/fuzz_charge.%ld.sock", (long)getpid());
	unlink(server->address.sun_path);
	if (server->socket < 0 ||
	    bind(server->socket,
		 (const struct sockaddr *)(const void *)&server->address,
		 sizeof(server->address)) != 0 ||
	    listen(server->socket, 1) != 0)
		err(EX_OSERR, "%s", server->address.sun_path);
}

/* Reads until so many scripts were run. */
static bool hear(int peer, char *heard, size_t *length, unsigned int runs)
{
	for (;;) {
		const char *at = heard;
		unsigned int found = 0;
		ssize_t got;

		heard[*length] = '\0';
		while ((at = strstr(at, "EVALSHA")) != NULL && ++found < runs)
			at++;
		if (found == runs)
			return true;
		got = read(peer, heard + *length, HEARD_SIZE - 1 - *length);
		if (got <= 0)
			return false;
		*length += (size_t)got;
	}
}

static void *serve(void *context)
{
	struct server *server = context;
	char *heard = malloc(HEARD_SIZE);
	size_t length = 0;
	int peer = accept(server->socket, NULL, NULL);
	bool greeted;

	HOLDS(heard != NULL && peer >= 0);
	greeted = hear(peer, heard, &length, 1);
	/* Another connection is refused from here on, not earlier: hiredis 1.2
	 * calls connect() twice for one connection. */
	unlink(server->address.sun_path);
	close(server->socket);
	if (greeted &&
	    write(peer, greeting, sizeof(greeting) - 1) > 0 &&
	    hear(peer, heard, &length, 2))
		HOLDS(write(peer, server->answer.data, server->answer.length) ==
		      (ssize_t)server->answer.length);
	close(peer);
	free(heard);
	return NULL;
}

/* The reply that the input is; NULL when it is none, or is more than one: what
 * nobody has asked for ends a program in hiredis. */
static redisReply *read_reply(struct fuzz_input input, bool *is_one)
{
	redisReader *reader = redisReaderCreate();
	void *first = NULL, *second = NULL;

	redisReaderFeed(reader, input.data, input.length);
	*is_one = redisReaderGetReply(reader, &first) != REDIS_OK ||
		  first == NULL ||
		  redisReaderGetReply(reader, &second) != REDIS_OK ||
		  second == NULL;
	if (second != NULL)
		freeReplyObject(second);
	redisReaderFree(reader);
	return first;
}

/* Zero: the question came too late, and nobody answers it again. */
static bool has_shape(const redisReply *reply)
{
	if (reply == NULL || reply->type != REDIS_REPLY_ARRAY ||
	    reply->elements != INTEGERS)
		return false;
	for (size_t i = 0; i < reply->elements; i++)
		if (reply->element[i]->type != REDIS_REPLY_INTEGER)
			return false;
	return reply->element[0]->integer != 0;
}

static void check(enum store_answer answer, const struct charge *charges,
		  const redisReply *reply)
{
	if (!has_shape(reply)) {
		HOLDS(answer == STORE_UNAVAILABLE);
		for (int i = 0; i < CHARGES; i++)
			HOLDS(charges[i].used == UNTOUCHED &&
			      charges[i].wait_ms == UNTOUCHED);
		return;
	}
	HOLDS(answer == (reply->element[0]->integer > 0 ? STORE_ADMITTED
							: STORE_REFUSED));
	for (int i = 0; i < CHARGES; i++) {
		long long used = reply->element[1 + 3 * i]->integer;

		HOLDS(charges[i].used == (uint64_t)(used < 0 ? 0 : used));
	}
}

static void check_log(void *context, enum log_gravity gravity, const char *line)
{
	(void)context;
	(void)gravity;
	HOLDS(fuzz_is_plain(line, strlen(line)));
}

static void ask(struct server *server, const redisReply *reply)
{
	char name[sizeof(server->address.sun_path) + 8];
	const struct store_redis_options options = { .server = name,
						     .prefix = "weir",
						     .timeout_ms = WAIT_MS };
	struct charge charges[CHARGES] = {
		{ .key = "{a}", .key_length = 3, .max = 1 },
		{ .key = "{b}", .key_length = 3, .max = 1 },
	};
	struct store *store;
	pthread_t thread;

	for (int i = 0; i < CHARGES; i++) {
		charges[i].shape = window_shape_of(WAIT_MS);
		charges[i].used = charges[i].wait_ms = UNTOUCHED;
	}
	snprintf(name, sizeof(name), "unix:%s", server->address.sun_path);
	HOLDS(pthread_create(&thread, NULL, serve, server) == 0);
	store = store_redis_new(&options);
	HOLDS(store_redis_wait(store, WAIT_MS));
	check(store_ask(store, STORE_CHARGE, charges, CHARGES, 1), charges,
	      reply);
	store_free(&store);
	pthread_join(thread, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct server server = { .answer = fuzz_input_of(data, size) };
	redisReply *reply;
	bool is_one;

	if (fuzz_has_huge_array(server.answer))
		return 0;
	log_open_sink(check_log, NULL);
	reply = read_reply(server.answer, &is_one);
	if (is_one) {
		open_server(&server);
		ask(&server, reply);
	}
	if (reply != NULL)
		freeReplyObject(reply);
	return 0;
}
