/* SPDX-License-Identifier: ISC */

/*
 * hiredis's blocking interface. A context that had an error is never used
 * again: the next answer on it could be that of another question. So each
 * failure of the connection ends in redis_client_close(), and the next command
 * makes a new one, with login and database, which a reconnect would forget.
 */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "lib/base/alloc.h"
#include "lib/base/pulse.h"
#include "lib/base/text.h"
#include "redis_connect.h"
#include "redis_client.h"
#include "redis_guard.h"
#include "redis_refusal.h"

#define ERROR_SIZE    400
#define ERROR_MAX     250 /* bytes of what Redis says */
#define ASKED_SHOWN   120 /* bytes of what was asked */
#define SAY_WORDS_MAX 32
#define ASKED_MAX     32 /* questions on their way that are remembered */

struct redis_client {
	struct redis_login login;
	unsigned int timeout_ms;
	redisContext *redis; /* NULL: not connected */
	bool was_refused, is_denied;
	char error[ERROR_SIZE];
	/* "GET key" of the newest questions, so that a refusal names its own */
	char *asked[ASKED_MAX];
	size_t sent,
		taken; /* over this connection; taken is what was asked for */
};

struct redis_client *
redis_client_new(const struct redis_client_options *options)
{
	struct redis_client *client = alloc_zero(sizeof(*client));

	redis_login_init(&client->login, options->server, options->user,
			 options->password, options->database);
	client->timeout_ms = options->timeout_ms;
	return client;
}

void redis_client_close(struct redis_client *client)
{
	if (client->redis != NULL)
		redisFree(client->redis);
	client->redis = NULL;
	client->sent = client->taken = 0;
}

bool redis_client_is_open(const struct redis_client *client)
{
	return client->redis != NULL;
}

void redis_client_free(struct redis_client **client_r)
{
	struct redis_client *client = *client_r;

	if (client == NULL)
		return;
	redis_client_close(client);
	for (size_t i = 0; i < ASKED_MAX; i++)
		free(client->asked[i]);
	redis_login_clear(&client->login);
	free(client);
	*client_r = NULL;
}

const char *redis_client_error(const struct redis_client *client)
{
	return client->error;
}

bool redis_client_was_refused(const struct redis_client *client)
{
	return client->was_refused;
}

bool redis_client_is_denied(const struct redis_client *client)
{
	return client->was_refused && client->is_denied;
}

/* failures */

/* What Redis or the system says may be anything: printable, and not long. */
static void client_complain(struct redis_client *client, const char *what)
{
	struct text text;

	text_init(&text, client->error, sizeof(client->error));
	text_add_format(&text, "redis %s: ", client->login.server);
	for (size_t i = 0; i < ERROR_MAX && what[i] != '\0'; i++)
		text_add(&text,
			 what[i] >= ' ' && what[i] <= '~' ? &what[i] : "?", 1);
}

static bool client_break(struct redis_client *client, const char *what)
{
	client->was_refused = false;
	client_complain(client, what);
	redis_client_close(client);
	return false;
}

/* A time-out of a blocking context is an EAGAIN to hiredis. */
static bool client_break_by_context(struct redis_client *client)
{
	char reason[REDIS_GUARD_REASON_SIZE];
	bool is_late = client->redis->err == REDIS_ERR_IO &&
		       (errno == EAGAIN || errno == EWOULDBLOCK);

	if (is_late)
		return client_break(client, "no answer in time");
	redis_guard_reason(client->redis, reason);
	return client_break(client, reason);
}

/* connecting */

void redis_client_set_timeout(struct redis_client *client,
			      unsigned int timeout_ms)
{
	if (client->timeout_ms == timeout_ms)
		return;
	client->timeout_ms = timeout_ms;
	if (client->redis != NULL)
		redisSetTimeout(client->redis, redis_timeval(timeout_ms));
}

/* One command of the greeting; Redis must not refuse it. */
static bool client_greet(void *context, int count, const char **words)
{
	struct redis_client *client = context;
	redisReply *reply = redisCommandArgv(client->redis, count, words, NULL);
	bool is_good;

	if (reply == NULL)
		return client_break_by_context(client);
	is_good = reply->type != REDIS_REPLY_ERROR;
	if (!is_good)
		client_break(client, reply->str);
	freeReplyObject(reply);
	return is_good;
}

void redis_client_set_password(struct redis_client *client,
			       const char *password)
{
	redis_login_set_password(&client->login, password);
}

bool redis_client_connect(struct redis_client *client)
{
	char reason[REDIS_GUARD_REASON_SIZE];

	if (client->redis != NULL)
		return true;
	client->redis = redis_connect(&client->login, client->timeout_ms,
				      reason);
	if (client->redis == NULL)
		return client_break(client, reason);
	return redis_greet(&client->login, client_greet, client);
}

/* asking */

/* As much of a word as is shown, and a byte more, which tells that it was cut.
 * Nothing stands behind a word that has a length: it may be no string. */
static int word_shown(const char *const *words, const size_t *lengths,
		      size_t index)
{
	size_t most = ASKED_SHOWN + 1;

	if (lengths != NULL && lengths[index] < most)
		most = lengths[index];
	return (int)strnlen(words[index], most);
}

/* EVAL has the script and the number of keys before its first key. */
static void note_asked(struct redis_client *client, size_t count,
		       const char *const *words, const size_t *lengths)
{
	char **asked = &client->asked[client->sent++ % ASKED_MAX];
	int length = word_shown(words, lengths, 0);
	size_t key = length == 4 && memcmp(words[0], "EVAL", 4) == 0 ? 3 : 1;

	free(*asked);
	if (key < count)
		*asked = alloc_format("%.*s %.*s", length, words[0],
				      word_shown(words, lengths, key),
				      words[key]);
	else
		*asked = alloc_format("%.*s", length, words[0]);
}

/* The question that this answer belongs to; "" where that is not known. */
static const char *take_asked(struct redis_client *client)
{
	size_t at = client->taken;

	if (at == client->sent)
		return "";
	client->taken++;
	return client->sent - at > ASKED_MAX ? ""
					     : client->asked[at % ASKED_MAX];
}

static void client_refuse(struct redis_client *client, const char *asked,
			  const char *answer)
{
	char *what = alloc_format("%.*s%s%s%s", ASKED_SHOWN, asked,
				  strlen(asked) > ASKED_SHOWN ? "..." : "",
				  asked[0] == '\0' ? "" : ": ", answer);

	client->was_refused = true;
	client->is_denied = redis_refusal_is_of_account(answer);
	client_complain(client, what);
	free(what);
	if (redis_refusal_is_of_server(answer))
		redis_client_close(client);
}

bool redis_client_send(struct redis_client *client, size_t count,
		       const char *const *words, const size_t *lengths)
{
	if (!redis_client_connect(client))
		return false;
	if (redisAppendCommandArgv(client->redis, (int)count,
				   (const char **)(uintptr_t)words,
				   lengths) != REDIS_OK)
		return client_break_by_context(client);
	note_asked(client, count, words, lengths);
	return true;
}

struct redis_value *redis_client_take(struct redis_client *client)
{
	void *reply = NULL;
	const redisReply *answer;
	const char *asked;

	pulse_beat();
	if (client->redis == NULL)
		return NULL; /* the error of before stands */
	errno = 0;
	if (redisGetReply(client->redis, &reply) != REDIS_OK) {
		client_break_by_context(client);
		return NULL;
	}
	answer = reply;
	asked = take_asked(client);
	client->error[0] = '\0';
	if (answer->type != REDIS_REPLY_ERROR)
		return reply;
	client_refuse(client, asked, answer->str);
	freeReplyObject(reply);
	return NULL;
}

void redis_client_skip(struct redis_client *client)
{
	while (client->taken != client->sent) {
		void *reply = NULL;

		client->taken++;
		if (redisGetReply(client->redis, &reply) != REDIS_OK)
			redis_client_close(client);
		else
			freeReplyObject(reply);
	}
}

struct redis_value *redis_client_ask(struct redis_client *client, size_t count,
				     const char *const *words,
				     const size_t *lengths)
{
	if (!redis_client_send(client, count, words, lengths))
		return NULL;
	return redis_client_take(client);
}

struct redis_value *redis_client_say(struct redis_client *client, ...)
{
	const char *words[SAY_WORDS_MAX];
	size_t count = 0;
	va_list arguments;

	va_start(arguments, client);
	while (count < SAY_WORDS_MAX &&
	       (words[count] = va_arg(arguments, const char *)) != NULL)
		count++;
	va_end(arguments);
	return redis_client_ask(client, count, words, NULL);
}

/* hiredis writes it as it goes to Redis, "*2\r\n$3\r\nGET\r\n$1\r\nx\r\n". */
static bool send_format(struct redis_client *client, const char *format,
			va_list arguments)
{
	const char *words[SAY_WORDS_MAX] = { 0 };
	size_t lengths[SAY_WORDS_MAX] = { 0 }, count;
	char *command, *at;
	bool is_sent;

	if (redisvFormatCommand(&command, format, arguments) < 0)
		alloc_fail();
	count = strtoul(command + 1, &at, 10);
	if (count > SAY_WORDS_MAX)
		count = SAY_WORDS_MAX;
	for (size_t i = 0; i < count; i++) {
		lengths[i] = strtoul(at + strlen("\r\n$"), &at, 10);
		words[i] = at + strlen("\r\n");
		at += strlen("\r\n") + lengths[i];
	}
	is_sent = redis_client_send(client, count, words, lengths);
	redisFreeCommand(command);
	return is_sent;
}

bool redis_client_send_command(struct redis_client *client, const char *format,
			       ...)
{
	va_list arguments;
	bool is_sent;

	va_start(arguments, format);
	is_sent = send_format(client, format, arguments);
	va_end(arguments);
	return is_sent;
}

struct redis_value *redis_client_command(struct redis_client *client,
					 const char *format, ...)
{
	va_list arguments;
	bool is_sent;

	va_start(arguments, format);
	is_sent = send_format(client, format, arguments);
	va_end(arguments);
	return is_sent ? redis_client_take(client) : NULL;
}

bool redis_client_time(struct redis_client *client, uint64_t *now_ms_r)
{
	struct redis_value *time = redis_client_say(client, "TIME", NULL);

	*now_ms_r = redis_value_time_ms(time);
	return redis_value_drop(time);
}

struct redis_value *redis_client_listen(struct redis_client *client,
					unsigned int wait_ms)
{
	struct pollfd socket = { .events = POLLIN };
	void *reply = NULL;

	if (!redis_client_connect(client))
		return NULL;
	client->error[0] = '\0';
	if (redisGetReplyFromReader(client->redis, &reply) != REDIS_OK) {
		client_break_by_context(client);
		return NULL;
	}
	if (reply != NULL)
		return reply;
	socket.fd = client->redis->fd;
	if (poll(&socket, 1, (int)wait_ms) <= 0)
		return NULL;
	return redis_client_take(client);
}
