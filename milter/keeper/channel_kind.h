/* SPDX-License-Identifier: ISC */
#ifndef WEIR_CHANNEL_KIND_H
#define WEIR_CHANNEL_KIND_H

/*
 * One try to tell one alert: by a command, a webhook or a mail server. Each is
 * bounded in time and in what it reads, and ends early when must_stop is set.
 * Thread-safe: a try is of one thread.
 */
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/alert/alert.h"
#include "lib/settings/settings.h"

#define CHANNEL_DETAIL_SIZE 240

/* How long things take; tests have others. */
#define CHANNEL_PAUSES 8

struct channel_times {
	/* Between tries; the last one again and again. Up to 0. */
	uint64_t pauses_ms[CHANNEL_PAUSES];
	uint64_t give_up_ms;		 /* after the first try */
	uint64_t failing_ms;		 /* for so long, and others are told */
	uint64_t hold_most_ms;		 /* of what Retry-After may ask for */
	unsigned int connect_ms, try_ms; /* of a request, or a mail */
	unsigned int command_ms;	 /* then it is killed */
};

extern const struct channel_times channel_times_usual;

/* What a channel sends of an alert, written when it was given. */
struct channel_load {
	char *body; /* JSON, or a mail */
	size_t length;
	char **environment; /* of a command, NULL behind the last; else NULL */
	char **recipients;  /* of a mail, NULL behind the last; else NULL */
	/* Bits of those that the server has taken, or refused for good. */
	uint64_t done, refused;
	char refusal[CHANNEL_DETAIL_SIZE]; /* the last reply that refused one */
};

void channel_load_clear(struct channel_load *load);

enum channel_verdict {
	CHANNEL_DONE,
	CHANNEL_LATER, /* it may work another time */
	CHANNEL_NEVER
};

struct channel_try {
	const struct settings *settings;
	const struct settings_alert *rules; /* of them */
	const char *secret;		    /* NULL: none */
	const char *host;		    /* of this keeper */
	const struct channel_times *times;
	const atomic_bool *must_stop;
	struct channel_load *load;

	/* what came of it */
	enum channel_verdict verdict;
	uint64_t hold_ms; /* it wants no other try before; 0: it did not say */
	char detail[CHANNEL_DETAIL_SIZE]; /* one clean line, without secrets */
};

struct channel_kind {
	const char *name; /* "command", "webhook", "mail" */
	void (*write)(const struct channel_try *way, const struct alert *alert,
		      struct channel_load *load_r);
	void (*run)(struct channel_try *way);
};

const struct channel_kind *channel_kind_of(const struct settings_alert *rules);

/* The rows of its table. */
void channel_command_write(const struct channel_try *way,
			   const struct alert *alert,
			   struct channel_load *load_r);
void channel_command_run(struct channel_try *way);
void channel_webhook_write(const struct channel_try *way,
			   const struct alert *alert,
			   struct channel_load *load_r);
void channel_webhook_run(struct channel_try *way);
void channel_mail_write(const struct channel_try *way,
			const struct alert *alert, struct channel_load *load_r);
void channel_mail_run(struct channel_try *way);

/* Sets verdict and detail. */
void channel_conclude(struct channel_try *way, enum channel_verdict verdict,
		      const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
