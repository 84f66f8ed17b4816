/* SPDX-License-Identifier: ISC */

/* A round sends what was written since the last one, in one go. */
#include "journal_mirror.h"
#include "redis_settings.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/base/log.h"
#include "lib/redis/redis_client.h"
#include "lib/base/clock.h"

#define RECORDS_MAX "20000" /* in the stream */
#define LINES_MAX   1000    /* between two rounds */
#define WITNESS_MS  60000
#define FORGET_MS   UINT64_C(172800000) /* heads of processes that ended */
#define SEEN_MAX    1000
#define COMPLAIN_MS UINT64_C(3600000)
#define AT_WORD	    " at="

struct line {
	char *text;
	size_t length;
	struct journal_head head;
};

/* A head that is in this journal. */
struct seen {
	char *field;
	struct journal_head head;
};

struct journal_mirror_redis {
	struct journal_mirror_link link;
	struct journal *journal;
	char *field, *records_key, *heads_key;

	pthread_mutex_t lock;
	char *password;	   /* a new one; under lock */
	bool has_password; /* under lock */

	/* the thread's own */
	struct redis_client *redis;
	unsigned int connections; /* of the link, when last looked */
	struct line lines[LINES_MAX];
	size_t line_count;
	struct journal_head head; /* the last one; name "": none */
	bool has_new_head;	  /* that is not in Redis yet */
	struct seen seen[SEEN_MAX];
	size_t seen_count;
	uint64_t looked_ms, complained_ms;
};

struct journal_mirror_redis *
journal_mirror_new(const struct journal_mirror_options *options)
{
	const struct settings_redis *settings = &options->settings->redis;
	struct journal_mirror_redis *mirror = alloc_zero(sizeof(*mirror));

	mirror->link = options->link;
	mirror->field = alloc_text(options->field);
	mirror->records_key = alloc_format("%s:{journal}:records",
					   settings->prefix);
	mirror->heads_key = alloc_format("%s:{journal}:heads",
					 settings->prefix);
	mirror->redis = redis_settings_client(settings, 0);
	pthread_mutex_init(&mirror->lock, NULL);
	return mirror;
}

void journal_mirror_use(struct journal_mirror_redis *mirror,
			struct journal *journal)
{
	mirror->journal = journal;
}

void journal_mirror_set_password(struct journal_mirror_redis *mirror,
				 const char *password)
{
	if (mirror == NULL)
		return;
	pthread_mutex_lock(&mirror->lock);
	free(mirror->password);
	mirror->password = alloc_text(password);
	mirror->has_password = true;
	pthread_mutex_unlock(&mirror->lock);
}

/* the calls of the journal */

static void do_round(void *context);

static void keep_record(void *context, const struct journal_head *head,
			const char *line, size_t length)
{
	struct journal_mirror_redis *mirror = context;

	if (!mirror->link.is_up(mirror->link.context))
		return;
	if (mirror->line_count == LINES_MAX)
		do_round(mirror);
	mirror->lines[mirror->line_count++] =
		(struct line){ alloc_copy(line, length), length, *head };
}

static void keep_head(void *context, const struct journal_head *head)
{
	struct journal_mirror_redis *mirror = context;

	mirror->head = *head;
	mirror->has_new_head = true;
}

/* Each 1 h at most: the journal itself is not touched by it. */
static void complain(struct journal_mirror_redis *mirror)
{
	uint64_t now_ms = clock_steady_ms();

	if (!redis_client_was_refused(mirror->redis) ||
	    (mirror->complained_ms != 0 &&
	     now_ms - mirror->complained_ms < COMPLAIN_MS))
		return;
	mirror->complained_ms = now_ms;
	log_warning("journal: its copy in Redis is not written: %s",
		    redis_client_error(mirror->redis));
}

/* records */

static bool send_line(struct journal_mirror_redis *mirror,
		      const struct line *line)
{
	char n[24];
	const char *words[] = { "XADD",	     mirror->records_key,
				"MAXLEN",    "~",
				RECORDS_MAX, "*",
				"file",	     line->head.name,
				"n",	     n,
				"line",	     line->text };

	(void)snprintf(n, sizeof(n), "%" PRIu64, line->head.n);
	return redis_client_send(mirror->redis,
				 sizeof(words) / sizeof(words[0]), words, NULL);
}

static void forget_lines(struct journal_mirror_redis *mirror)
{
	for (size_t i = 0; i < mirror->line_count; i++)
		free(mirror->lines[i].text);
	mirror->line_count = 0;
}

static bool send_lines(struct journal_mirror_redis *mirror)
{
	bool is_good = true;

	for (size_t i = 0; is_good && i < mirror->line_count; i++)
		is_good = send_line(mirror, &mirror->lines[i]);
	for (size_t i = 0; is_good && i < mirror->line_count; i++)
		is_good = redis_value_drop(redis_client_take(mirror->redis));
	if (!is_good)
		redis_client_skip(mirror->redis);
	return is_good;
}

/* heads */

static bool send_head(struct journal_mirror_redis *mirror)
{
	char *text, *value_text;
	bool is_sent;

	if (!mirror->has_new_head)
		return true;
	text = journal_head_text(&mirror->head);
	value_text = alloc_format("%s" AT_WORD "%" PRIu64, text,
				  clock_wall_ms());
	is_sent = redis_value_drop(
		redis_client_say(mirror->redis, "HSET", mirror->heads_key,
				 mirror->field, value_text, NULL));
	if (is_sent)
		mirror->has_new_head = false;
	free(value_text);
	free(text);
	return is_sent;
}

static struct seen *find_seen(struct journal_mirror_redis *mirror,
			      const char *field)
{
	for (size_t i = 0; i < mirror->seen_count; i++)
		if (strcmp(mirror->seen[i].field, field) == 0)
			return &mirror->seen[i];
	if (mirror->seen_count == SEEN_MAX)
		return NULL;
	mirror->seen[mirror->seen_count].field = alloc_text(field);
	return &mirror->seen[mirror->seen_count++];
}

static void add_witness(struct journal_mirror_redis *mirror,
			const struct journal_head *head)
{
	journal_add(mirror->journal, JOURNAL_WITNESS, JOURNAL_SAMPLE,
		    document_make("file:s record:n head:s", head->name, head->n,
				  head->hash));
}

static void witness(struct journal_mirror_redis *mirror, const char *field,
		    const char *text)
{
	struct journal_head head;
	struct seen *seen;

	if (strcmp(field, mirror->field) == 0 ||
	    !journal_head_parse(text, &head))
		return;
	seen = find_seen(mirror, field);
	if (seen == NULL || strcmp(seen->head.hash, head.hash) == 0)
		return;
	seen->head = head;
	add_witness(mirror, &head);
}

/* Two days after it ended nobody needs to see the head of a process again. */
static void forget_head(struct journal_mirror_redis *mirror, const char *field,
			const char *text)
{
	const char *at = strstr(text, AT_WORD);

	if (at != NULL && strtoull(at + strlen(AT_WORD), NULL, 10) + FORGET_MS >
				  clock_wall_ms())
		return;
	(void)redis_value_drop(redis_client_say(
		mirror->redis, "HDEL", mirror->heads_key, field, NULL));
}

static bool witness_all(struct journal_mirror_redis *mirror)
{
	uint64_t now_ms = clock_steady_ms();
	struct redis_value *heads;

	if (mirror->looked_ms != 0 && now_ms - mirror->looked_ms < WITNESS_MS)
		return true;
	mirror->looked_ms = now_ms;
	heads = redis_client_say(mirror->redis, "HGETALL", mirror->heads_key,
				 NULL);
	if (heads == NULL)
		return false;
	for (size_t i = 0; i + 1 < redis_value_count(heads); i += 2) {
		const char *field = redis_value_text_at(heads, i);
		const char *text = redis_value_text_at(heads, i + 1);

		witness(mirror, field, text);
		forget_head(mirror, field, text);
	}
	redis_value_free(&heads);
	return true;
}

/* the round */

static void take_password(struct journal_mirror_redis *mirror)
{
	pthread_mutex_lock(&mirror->lock);
	if (mirror->has_password)
		redis_client_set_password(mirror->redis, mirror->password);
	mirror->has_password = false;
	pthread_mutex_unlock(&mirror->lock);
}

/* The address of Redis may lead elsewhere by now, see the housekeeper: to a
 * server that does not have the head. */
static void follow_link(struct journal_mirror_redis *mirror)
{
	unsigned int connections = mirror->link.connections(
		mirror->link.context);

	if (connections == mirror->connections)
		return;
	mirror->connections = connections;
	mirror->has_new_head = mirror->head.name[0] != '\0';
	redis_client_close(mirror->redis);
}

static void do_round(void *context)
{
	struct journal_mirror_redis *mirror = context;

	take_password(mirror);
	if (mirror->link.is_up(mirror->link.context)) {
		follow_link(mirror);
		if (!send_lines(mirror) || !send_head(mirror) ||
		    !witness_all(mirror))
			complain(mirror);
	}
	forget_lines(mirror);
}

struct journal_mirror journal_mirror_calls(struct journal_mirror_redis *mirror)
{
	return (struct journal_mirror){ keep_record, keep_head, do_round,
					mirror };
}
