/* SPDX-License-Identifier: ISC */
#ifndef WEIR_QUEUE_H
#define WEIR_QUEUE_H

/*
 * The messages that wait in an MTA's queue, as plain data, and what can be
 * done with them; each MTA is a table of functions. All of it goes through
 * the MTA's own tools: weir never changes a file of a queue. One thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue_message {
	char *id;
	bool is_held;	     /* nothing is tried with it until it is released */
	uint64_t arrived_ms; /* since the epoch, to the second */
	uint64_t bytes;
	char *sender; /* as the MTA has it, "" for the null sender */
	char **recipients;
	size_t recipient_count;
	char *client; /* its address; NULL until queue_ask_clients() or where
			 it is not known */
	char *login;  /* the same of the login; only Postfix knows it */
};

void queue_message_clear(struct queue_message *message);

/* Are both the same message? A queue id alone may have been given again. */
bool queue_message_is_same(const struct queue_message *a,
			   const struct queue_message *b);

/* Letters and digits, at most QUEUE_ID_MAX, and not "ALL": only such an id is
 * ever handed to a tool. */
#define QUEUE_ID_MAX 64
bool queue_id_is_valid(const char *id);

struct queue_list {
	struct queue_message *messages;
	size_t count, room;
	size_t total;	   /* in the queue, listed here or not */
	size_t unreadable; /* lines of the MTA that could not be parsed */
	bool is_cut;	   /* more than QUEUE_MAX: the rest was left out */
};

#define QUEUE_MAX 500000u

/* Takes over what message owns, and leaves {0}. */
void queue_list_add(struct queue_list *list, struct queue_message *message);
void queue_list_clear(struct queue_list *list);

enum queue_act {
	QUEUE_HOLD,
	QUEUE_RELEASE,
	QUEUE_DELETE
};

struct queue_backend;

#define QUEUE_PLACES_MAX 64

struct queue {
	const struct queue_backend *backend;
	const char *tools;  /* a directory with the MTA's programs, or NULL */
	const char *config; /* of Postfix, or NULL */
	const char *reason; /* why a message is held, for the MTA; never NULL */
	char error[400];    /* of what failed last */
	char warning[400];  /* what a tool that did not fail complained about */
	/* Of Sendmail, the directories that messages were found in, those of
	 * the daemon first. */
	char places[QUEUE_PLACES_MAX][300];
	size_t place_count, daemon_places;
};

/* Is the message worth a place in the list? */
typedef bool queue_keep(void *context, const struct queue_message *message);

struct queue_keeper {
	queue_keep *keep; /* NULL: all are */
	void *context;
};

/* What each MTA does; queue.error is set where the answer is false. */
/* A line without its newline. */
typedef void queue_take(void *context, const char *line, size_t length);

struct queue_backend {
	const char *name;
	bool (*is_usable)(struct queue *queue);
	/* list_r is {0} before, and the caller's to clear in both cases. */
	bool (*list)(struct queue *queue, const struct queue_keeper *keeper,
		     struct queue_list *list_r);
	bool (*act)(struct queue *queue, enum queue_act act,
		    const char *const *ids, size_t count, uint64_t *done_r);
	/* Fills in the clients that are not known; NULL: they stay unknown. */
	bool (*ask_clients)(struct queue *queue, struct queue_list *list);
	/* Tries to deliver now what was released; NULL: it does so anyway. */
	bool (*deliver)(struct queue *queue, const char *const *ids,
			size_t count);
	/* NULL: no tool of it shows them. */
	bool (*read_headers)(struct queue *queue, const char *id,
			     queue_take *take, void *context);
};

extern const struct queue_backend queue_postfix;
extern const struct queue_backend queue_sendmail;

/* "postfix" and "sendmail"; NULL at the end. */
extern const char *const queue_names[];

/*
 * Takes the MTA with this index of queue_names, or with -1 the first that can
 * be used. False, and queue->error, when there is none. tools, config and
 * reason are set before.
 */
bool queue_open(struct queue *queue, int index);

/* Each of these returns false when a tool failed; queue->error says how. */

bool queue_ask_clients(struct queue *queue, struct queue_list *list);

/*
 * *done_r: with how many it was done. Those that were delivered or removed
 * meanwhile are no failure.
 */
bool queue_act(struct queue *queue, enum queue_act act, const char *const *ids,
	       size_t count, uint64_t *done_r);

bool queue_deliver(struct queue *queue, const char *const *ids, size_t count);

/* The lines of the header section of one message. */
bool queue_read_headers(struct queue *queue, const char *id, queue_take *take,
			void *context);

/* for the backends */

/* Runs a tool of the MTA; what it says on standard output goes line by line to
 * take (or nowhere), what it complains about into error or warning. False when
 * it could not be started or failed. */
struct queue_tool {
	const char *const *words;
	const char *input; /* or NULL */
	size_t input_length;
	queue_take *take;
	/* Lines of standard error that are no complaint; may be NULL. True:
	 * taken. */
	bool (*take_error)(void *context, const char *line);
	void *context;
};

bool queue_run(struct queue *queue, const struct queue_tool *tool);

#endif
