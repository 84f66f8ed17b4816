/* SPDX-License-Identifier: ISC */
#ifndef WEIR_HEADERS_H
#define WEIR_HEADERS_H

/*
 * Which script sent it stands in the headers of a message and nowhere else
 * that a milter can see. Of one message those that an incident handler asks
 * for, each cut to HEADER_VALUE_MAX bytes, and the shape: the names of all of
 * them in order. Bounded, whatever a stranger writes. One thread.
 */
#include <stddef.h>

#include <jansson.h>

#include "lib/settings/settings.h"
#include "fingerprint.h"

#define HEADER_VALUE_MAX  500
#define HEADERS_SHAPE_MAX 2000

/* In the order in which they are shown. */
enum header {
	HEADER_FROM,
	HEADER_TO, /* only how many addresses */
	HEADER_SUBJECT,
	HEADER_MESSAGE_ID,
	HEADER_DATE,
	HEADER_MAILER,		 /* X-Mailer or User-Agent, the first of them */
	HEADER_PHP_SCRIPT,	 /* X-PHP-Originating-Script */
	HEADER_PHP_URL,		 /* X-PHP-Script */
	HEADER_SOURCE_ARGS,	 /* X-Source-Args (cPanel) */
	HEADER_SOURCE_DIRECTORY, /* X-Source-Dir */
	HEADER_ORIGINATING_IP,	 /* X-Originating-IP */
	HEADER_LIST_ID,
	HEADER_AUTO_SUBMITTED,
	/* of all Received the last two: those of the first hops */
	HEADER_RECEIVED,
	HEADER_RECEIVED_FIRST,
	HEADERS
};

struct headers {
	char *values[HEADERS]; /* any bytes but NUL; NULL: absent */
	size_t to_count;       /* addresses in To */
	size_t cut; /* values that were longer than HEADER_VALUE_MAX */
	char shape[HEADERS_SHAPE_MAX + 1]; /* "from to subject" */
	size_t shape_length;
};

/* {0} are none. Takes the next header of a message. */
void headers_add(struct headers *headers, const char *name, const char *value);

/* Frees the values, leaves {0}. */
void headers_clear(struct headers *headers);

/* The folded subject (see fingerprint.h). Returns folded_r. */
const char *headers_fold(const struct headers *headers,
			 char folded_r[FINGERPRINT_FOLD_MAX + 1]);

/* Returns text_r; "" where no header was seen, or neither a subject nor a
 * script: then there is nothing to know it by. */
const char *headers_fingerprint(const struct headers *headers,
				char text_r[FINGERPRINT_SIZE]);

/*
 * An object: "from", "to" (a number), "subject", "message_id", "date",
 * "mailer", "php_script", "php_url", "source_args", "source_directory",
 * "originating_ip", "list_id", "auto_submitted", "received" (an array, the
 * first hop last), "cut" (how many values were too long); what is absent is left
 * out. The caller's.
 */
json_t *headers_json(const struct headers *headers,
		     enum settings_subjects subject);

#endif
