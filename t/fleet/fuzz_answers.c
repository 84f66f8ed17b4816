/* SPDX-License-Identifier: ISC */
/*
 * Whatever Redis answers, the desk comes back from it: the input, behind a
 * first byte that says who asks, is all that a Redis has to say.
 */
#include <err.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/fleet/top.h"
#include "lib/fleet/quarantine.h"
#include "lib/fleet/order_book.h"
#include "lib/fleet/milters.h"
#include "lib/fleet/totals.h"
#include "lib/fleet/watch_channel.h"
#include "lib/redis/redis_client.h"
#include "lib/store/window_value.h"
#include "t/lib/fuzz.h"

#define PREFIX	   "weir"
#define NOW_MS	   UINT64_C(1777651200250)
#define HOUR_MS	   UINT64_C(3600000)
#define ANSWER_MAX 65536 /* what a socket takes without a reader */

/* those who ask */

static void ask_window(struct redis_client *redis)
{
	const char *const words[] = { "HGETALL", "key" };
	struct redis_value *value = redis_client_ask(redis, 2, words, NULL);
	struct window_shape shape = window_shape_of(HOUR_MS);
	uint64_t counts[WINDOW_SLOTS_MAX], sum = 0;
	struct window window;

	if (value == NULL)
		return;
	window_value_read(value, &shape, NOW_MS, &window);
	HOLDS(window.head == NOW_MS / shape.width_ms);
	HOLDS(window_value_chart(&window, &shape, counts) == shape.slots);
	for (unsigned int i = 0; i < shape.slots; i++)
		sum += counts[i];
	HOLDS(sum == window.used && sum <= WINDOW_COUNT_MAX);
	HOLDS(window_wait(&window, &shape, NOW_MS, 1, 10) <= HOUR_MS);
	redis_value_free(&value);
}

static void ask_quarantine(struct redis_client *redis)
{
	const char *const queue_ids[] = { "4ABCD", "4ABCE" };
	struct event *records[2];

	if (!quarantine_read(redis, PREFIX, queue_ids, 2, records))
		return;
	for (int i = 0; i < 2; i++) {
		HOLDS(records[i] == NULL ||
		      records[i]->recipient_count <= EVENT_RECIPIENTS_MAX);
		free(records[i]);
	}
}

static void ask_milters(struct redis_client *redis)
{
	struct milters milters;

	if (milters_read(redis, PREFIX, &milters))
		for (size_t i = 0; i < milters.count; i++)
			HOLDS(milters.list[i].name != NULL &&
			      milters.list[i].host != NULL);
	milters_clear(&milters);
}

static void ask_totals(struct redis_client *redis)
{
	struct totals totals;

	if (!totals_read(redis, PREFIX, NOW_MS, &totals))
		return;
	for (int verdict = 0; verdict < VERDICT_KINDS; verdict++)
		for (int span = 0; span < TOTALS_SPANS; span++)
			HOLDS(totals.windows[verdict][span].used <=
			      WINDOW_COUNT_MAX);
}

static void ask_orders(struct redis_client *redis)
{
	struct order_list list = { 0 };

	if (order_book_read(redis, PREFIX, &list))
		for (size_t i = 0; i < list.count; i++)
			HOLDS(list.orders[i].subject != NULL &&
			      list.orders[i].subject[0] != '\0');
	order_list_clear(&list);
}

static void ask_log(struct redis_client *redis)
{
	struct order_act *acts = NULL;
	size_t count = 0;

	if (!order_book_log(redis, PREFIX, 10, &acts, &count))
		return;
	for (size_t i = 0; i < count; i++) {
		HOLDS(acts[i].act != NULL && acts[i].order.subject != NULL);
		order_act_clear(&acts[i]);
	}
	free(acts);
}

static void ask_top(struct redis_client *redis)
{
	struct top top = { 0 };

	if (top_read(redis, PREFIX, &top))
		for (size_t i = 0; i < top.count; i++) {
			const struct top_row *row = &top.rows[i];

			HOLDS(row->subject != NULL && row->limit != NULL);
			HOLDS(row->window.used <= WINDOW_COUNT_MAX);
		}
	top_clear(&top);
}

static void ask_top_for_one(struct redis_client *redis)
{
	uint64_t refused, since_ms, last_ms;

	top_find(redis, PREFIX, "all", "total", HOUR_MS, &refused, &since_ms,
		 &last_ms);
}

static void give_order(struct redis_client *redis)
{
	const struct order order = {
		.subject = (char[]){ "all" },
		.by = (char[]){ "root" },
		.reason = (char[]){ "" },
	};
	struct order_step step = { .verb = ORDER_GIVE,
				   .act = "block",
				   .order = &order };

	order_book_change(redis, PREFIX, &step, 1);
}

static void ask_watched(struct redis_client *redis)
{
	static struct watch_channel *channel;

	if (channel == NULL)
		channel = watch_channel_new();
	watch_channel_look(channel, redis, PREFIX);
}

static void listen_for(struct redis_client *redis)
{
	struct redis_value *value;

	while ((value = redis_client_listen(redis, 0)) != NULL)
		redis_value_free(&value);
}

static void (*const askers[])(struct redis_client *redis) = {
	ask_window, ask_quarantine, ask_milters, ask_totals,
	ask_orders, ask_log,	    ask_top,	 ask_top_for_one,
	give_order, ask_watched,    listen_for,
};

#define ASKERS (sizeof(askers) / sizeof(askers[0]))

/* the Redis */

static int open_server(struct sockaddr_un *address)
{
	int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address->sun_family = AF_UNIX;
	snprintf(address->sun_path, sizeof(address->sun_path),
		 "/tmp/fuzz_answers.%ld.sock", (long)getpid());
	unlink(address->sun_path);
	if (server < 0 ||
	    bind(server, (const struct sockaddr *)(const void *)address,
		 sizeof(*address)) != 0 ||
	    listen(server, 1) != 0)
		err(EX_OSERR, "%s", address->sun_path);
	return server;
}

/* A client whose Redis has said everything already, and is gone then: who
 * connects again is refused. */
static struct redis_client *connect_client(struct fuzz_input input, int *peer_r)
{
	struct sockaddr_un address;
	int server = open_server(&address);
	char name[sizeof(address.sun_path) + 8];
	const struct redis_client_options options = { .server = name,
						      .timeout_ms = 1000 };
	struct redis_client *client;

	snprintf(name, sizeof(name), "unix:%s", address.sun_path);
	client = redis_client_new(&options);
	HOLDS(redis_client_connect(client));
	*peer_r = accept(server, NULL, NULL);
	unlink(address.sun_path);
	close(server);
	HOLDS(*peer_r >= 0);
	HOLDS(write(*peer_r, input.data, input.length) ==
	      (ssize_t)input.length);
	shutdown(*peer_r, SHUT_WR);
	return client;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = fuzz_input_of(data, size);
	unsigned int asker = fuzz_take_byte(&input) % ASKERS;
	struct redis_client *client;
	const char *error;
	int peer;

	if (input.length > ANSWER_MAX || fuzz_has_huge_array(input))
		return 0;
	client = connect_client(input, &peer);
	askers[asker](client);
	error = redis_client_error(client);
	HOLDS(fuzz_is_plain(error, strlen(error)));
	redis_client_free(&client);
	close(peer);
	return 0;
}
