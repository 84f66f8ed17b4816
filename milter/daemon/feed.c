/* SPDX-License-Identifier: ISC */

/* An array that is filled by the callbacks and taken away as a whole. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "milter/common/clock.h"
#include "feed.h"

#define FEED_MOST 1000 /* sightings between two rounds */

struct feed {
	char *host;
	atomic_bool is_watched;
	pthread_mutex_t lock;
	struct sighting *sightings; /* under lock; NULL: not needed yet */
	size_t count;		    /* under lock */
	uint64_t left_out;	    /* under lock */
};

struct feed *feed_new(const char *host)
{
	struct feed *feed = alloc_zero(sizeof(*feed));

	feed->host = alloc_text(host);
	pthread_mutex_init(&feed->lock, NULL);
	return feed;
}

bool feed_is_watched(const struct feed *feed)
{
	return atomic_load_explicit(&feed->is_watched, memory_order_relaxed);
}

void feed_add(struct feed *feed, const char *queue_id,
	      const struct message *message,
	      const struct message_recipient *recipient,
	      const struct verdict *verdict)
{
	struct sighting sighting;
	bool is_taken;

	sighting_make(&sighting, message, recipient, verdict);
	sighting.when_ms = clock_wall_ms();
	sighting.host = alloc_text(feed->host);
	sighting.queue_id = alloc_text(queue_id == NULL ? "" : queue_id);
	pthread_mutex_lock(&feed->lock);
	if (feed->sightings == NULL)
		feed->sightings = alloc_array(FEED_MOST,
					      sizeof(*feed->sightings));
	is_taken = feed->count < FEED_MOST;
	if (is_taken)
		feed->sightings[feed->count++] = sighting;
	else
		feed->left_out++;
	pthread_mutex_unlock(&feed->lock);
	if (!is_taken)
		sighting_clear(&sighting);
}

/* Who watches next has missed nothing. */
static void forget_left_out(struct feed *feed)
{
	pthread_mutex_lock(&feed->lock);
	feed->left_out = 0;
	pthread_mutex_unlock(&feed->lock);
}

bool feed_look(struct feed *feed, struct redis_client *redis,
	       const char *prefix)
{
	bool is_watched;

	if (!sighting_is_watched(redis, prefix, &is_watched))
		return false;
	atomic_store(&feed->is_watched, is_watched);
	if (!is_watched)
		forget_left_out(feed);
	return true;
}

/* They did not arrive, as far as is known: with the next ones it is said. */
static void feed_leave_out(struct feed *feed, uint64_t count)
{
	pthread_mutex_lock(&feed->lock);
	feed->left_out += count;
	pthread_mutex_unlock(&feed->lock);
}

bool feed_tell(struct feed *feed, struct redis_client *redis,
	       const char *prefix)
{
	struct sighting *sightings;
	uint64_t left_out;
	bool is_told;
	size_t count;

	pthread_mutex_lock(&feed->lock);
	sightings = feed->sightings;
	count = feed->count;
	left_out = feed->left_out;
	if (count != 0) {
		feed->sightings = NULL;
		feed->count = 0;
		feed->left_out = 0;
	}
	pthread_mutex_unlock(&feed->lock);
	if (count == 0)
		return true;
	is_told = sighting_publish(redis, prefix, sightings, count, left_out);
	if (!is_told)
		feed_leave_out(feed, count + left_out);
	for (size_t i = 0; i < count; i++)
		sighting_clear(&sightings[i]);
	free(sightings);
	return is_told;
}
