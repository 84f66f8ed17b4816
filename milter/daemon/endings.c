/* SPDX-License-Identifier: ISC */

/* A short array that only grows, under one lock. */
#include <pthread.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "lib/base/pattern.h"
#include "endings.h"

#define REST_NAME "*"

/* A listener is in doubt when at least DOUBT_MIN of its last messages, and
 * one of DOUBT_SHARE, were given up and may have reached DATA. */
#define DOUBT_MIN    5
#define DOUBT_SHARE  5
#define DOUBT_MEMORY 200

struct tally {
	uint64_t whole, given_up;
};

struct endings_listener {
	char *name;
	struct tally tallies[2]; /* without and with a queue id */
	unsigned int recent, doubtful;
	bool is_reported;
};

struct endings {
	pthread_mutex_t lock;
	size_t count;
	struct endings_listener listeners[MILTER_LISTENERS_MAX];
};

struct endings *endings_new(void)
{
	struct endings *endings = alloc_zero(sizeof(*endings));

	pthread_mutex_init(&endings->lock, NULL);
	return endings;
}

static struct endings_listener *find_or_add(struct endings *endings,
					    const char *name)
{
	struct endings_listener *listener;

	for (size_t i = 0; i < endings->count; i++)
		if (strcmp(endings->listeners[i].name, name) == 0)
			return &endings->listeners[i];
	if (endings->count == MILTER_LISTENERS_MAX)
		return &endings->listeners[MILTER_LISTENERS_MAX - 1];
	listener = &endings->listeners[endings->count++];
	listener->name = alloc_text(
		endings->count == MILTER_LISTENERS_MAX ? REST_NAME : name);
	return listener;
}

struct endings_listener *endings_find(struct endings *endings, const char *name)
{
	struct endings_listener *listener;

	pthread_mutex_lock(&endings->lock);
	listener = find_or_add(endings, name);
	pthread_mutex_unlock(&endings->lock);
	return listener;
}

void endings_note(struct endings *endings, struct endings_listener *listener,
		  enum ending ending, bool has_queue_id)
{
	struct tally *tally = &listener->tallies[has_queue_id];

	pthread_mutex_lock(&endings->lock);
	tally->whole += ending == ENDING_WHOLE;
	tally->given_up += ending == ENDING_AT_DATA;
	listener->recent++;
	listener->doubtful += ending == ENDING_AT_DATA ||
			      ending == ENDING_UNKNOWN;
	if (listener->recent >= DOUBT_MEMORY) {
		listener->recent /= 2;
		listener->doubtful /= 2;
	}
	pthread_mutex_unlock(&endings->lock);
}

static bool is_doubtful_listener(const struct endings_listener *listener)
{
	/* nothing has ever ended there: now and then libmilter does not read
	 * what comes before a connection is closed, so do not wait for more */
	if (listener->tallies[0].whole == 0 && listener->tallies[1].whole == 0)
		return true;
	return listener->doubtful >= DOUBT_MIN &&
	       listener->doubtful * DOUBT_SHARE >= listener->recent;
}

bool endings_are_doubtful(struct endings *endings)
{
	bool is_doubtful;

	pthread_mutex_lock(&endings->lock);
	is_doubtful = endings->count == 0;
	for (size_t i = 0; i < endings->count && !is_doubtful; i++)
		is_doubtful = is_doubtful_listener(&endings->listeners[i]);
	pthread_mutex_unlock(&endings->lock);
	return is_doubtful;
}

/* Messages that no limit has counted; 0 when all is well. */
static uint64_t uncounted(const struct endings_listener *listener)
{
	uint64_t all = 0;

	for (size_t i = 0; i < 2; i++) {
		const struct tally *tally = &listener->tallies[i];

		if (tally->given_up >= ENDINGS_MIN && tally->whole == 0)
			all += tally->given_up;
	}
	return all;
}

static bool is_cured(const struct settings *settings, const char *name)
{
	return settings->charge_at_data != NULL &&
	       pattern_list_matches(settings->charge_at_data, name,
				    strlen(name));
}

/* A listener without a name is in the list by the glob alone. */
static const char *name_to_write(const struct endings_listener *listener)
{
	return listener->name[0] == '\0' ? REST_NAME : listener->name;
}

static void look_at(struct endings_listener *listener,
		    const struct settings *settings)
{
	uint64_t messages = uncounted(listener);
	bool must_report = messages != 0 && !is_cured(settings, listener->name);

	if (must_report && !listener->is_reported)
		log_warning(
			"listener \"%s\": %llu messages reached DATA, but "
			"the MTA never reported the end of one, so no "
			"limit counts them. Behind a before-queue content "
			"filter, set charge_at_data = [ \"%s\" ]; in %s: see "
			"weir-milter(8), ATTACHING",
			listener->name, (unsigned long long)messages,
			name_to_write(listener), settings->path);
	listener->is_reported = must_report;
}

void endings_tick(struct endings *endings, const struct settings *settings)
{
	pthread_mutex_lock(&endings->lock);
	for (size_t i = 0; i < endings->count; i++)
		look_at(&endings->listeners[i], settings);
	pthread_mutex_unlock(&endings->lock);
}

size_t endings_report(struct endings *endings,
		      struct milter_listener listeners_r[MILTER_LISTENERS_MAX])
{
	size_t reported = 0;

	pthread_mutex_lock(&endings->lock);
	for (size_t i = 0; i < endings->count; i++) {
		const struct endings_listener *listener =
			&endings->listeners[i];

		if (listener->is_reported)
			listeners_r[reported++] = (struct milter_listener){
				.name = alloc_text(name_to_write(listener)),
				.messages = uncounted(listener),
			};
	}
	pthread_mutex_unlock(&endings->lock);
	return reported;
}
