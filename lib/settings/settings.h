/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SETTINGS_H
#define WEIR_SETTINGS_H

/*
 * Without this a typing mistake in weir.conf would be found during a flood.
 *
 * weir.conf becomes one immutable snapshot, shared by reference: sessions
 * keep the one that they began with, a reload makes a new one. Reading it
 * opens no socket and changes nothing outside.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/address.h"
#include "incident_level.h"
#include "limit.h"
#include "source.h"

struct network_list;
struct pattern_list;

enum settings_on_failure {
	ON_FAILURE_LOCAL,
	ON_FAILURE_ACCEPT,
	ON_FAILURE_TEMPFAIL
};

struct settings_redis {
	char *server; /* "unix:/path" or "host:port", "[v6]:port" */
	unsigned int database;
	char *user;	     /* "" = the default user */
	char *password_file; /* "" = none */
	char *password;	     /* read from the file; NULL = none */
	char *prefix;	     /* of every key, [A-Za-z0-9_.-]{1,32} */
	unsigned int timeout_ms;
	enum settings_on_failure on_failure;
	char *file; /* where the group is; NULL: in the main file */
	int line;   /* 0: there is none */
};

struct settings_journal {
	char *directory;  /* absolute; "" = no journal */
	uint64_t keep_ms; /* older files are removed */
	char **anchor;	  /* command, once a day, see text_list.h; NULL: none
			   */
};

enum settings_headers {
	HEADERS_NEAR,	/* only while a window is near its max */
	HEADERS_ALWAYS, /* of every message */
	HEADERS_NEVER
};

enum settings_subjects {
	SUBJECTS_KEEP,
	SUBJECTS_FOLD,
	SUBJECTS_NONE
};

/* What is kept of the messages of a flood (see lib/watch/evidence.h). */
struct settings_evidence {
	enum settings_headers headers; /* when they are looked at */
	enum settings_subjects subjects;
	bool hashes_recipients;
};

/* When stopped mail is an incident, and how grave (see lib/fleet/incident.h).
 */
struct settings_incident {
	uint64_t quiet_ms; /* without a stopped message: it has ended */
	uint64_t over_ms;  /* so long after, new mail is another incident */
	/* Clients that many senders share; NULL: none, but for this host. */
	struct network_list *shared;
	/* Serious: so many times a limit's max was stopped, or so many windows
	 * stop mail, or it is open for so long. */
	unsigned int serious_times, serious_windows;
	uint64_t serious_after_ms;
	/* Critical: so many times a limit's max, or messages of others. */
	unsigned int critical_times, critical_others;
};

enum settings_alert_format {
	ALERT_WEIR,
	ALERT_PAGERDUTY,
	ALERT_SLACK,
	ALERT_ALERTMANAGER
};

/* A channel of alerts: a command, a webhook or a mail server. Texts that it
 * does not have are "". */
struct settings_alert {
	char *name; /* of its own; [A-Za-z0-9_.-]{1,64} */
	enum incident_level from;
	char **command; /* words, see text_list.h; NULL: no command */
	char *url;	/* of the webhook: https:, or http: to this host */
	enum settings_alert_format format;
	char **mail;	   /* recipients, NULL behind the last; NULL: no mail */
	char *server;	   /* smtp:// or smtps:// HOST[:PORT] */
	char *sender;	   /* "": weir@ and the name of this host */
	char *user;	   /* login at the server; its password is the secret */
	char *ca_file;	   /* "": the certificates of the system */
	char *secret_file; /* as in the file; only weir-keeper reads it */
	char *file;	   /* where the group is; NULL: in the main file */
	int line;
};

/* weir-keeper: alerts, reports and the status page. */
struct settings_keeper {
	char *user;	/* "" = do not change */
	char *pid_file; /* "" = none */
	char *page;	/* unix:/path, or a loopback ADDRESS:PORT; "" = none */
	char **names;	/* of hosts that the page answers for, beside this
			   one; NULL behind the last; NULL: none */
	uint64_t remind_ms; /* while an incident is open */
	char *reports;	    /* directory; "" = none */
	struct settings_alert *alerts;
	size_t alert_count;
};

struct settings {
	char *path;   /* the file it came from */
	char *listen; /* as in the file: unix:, inet:, inet6:, fd: */
	mode_t listen_mode;
	char *listen_group; /* "" = leave it */
	char *user;	    /* "" = do not change */
	char *contact;	    /* printable ASCII */
	char *pid_file;	    /* "" = none */
	struct settings_redis redis;
	struct settings_journal journal;
	struct settings_incident incident;
	struct settings_evidence evidence;
	struct settings_keeper keeper;
	char *metrics; /* of weir-milter: unix:/path or ADDRESS:PORT; "" = none
			*/
	unsigned int cache_ms;	/* 0 to 1000; 0 = no refusal cache */
	size_t memory_subjects; /* bound of every table held in this process */
	struct address_rules identity;
	unsigned int ipv6_prefix;
	/* Listeners whose messages are charged at DATA, since an end of message
	 * may never come. NULL: none. */
	struct pattern_list *charge_at_data;
	struct match *exempt;
	size_t exempt_count;
	struct limit *limits;
	size_t limit_count;
	struct source_list files; /* that it was read from */
};

/*
 * What is wrong with a file, one line each: "FILE:LINE: setting: what was
 * found, what is allowed", in the order of the lines.
 */
struct settings_errors {
	char **lines;
	size_t count;
};

void settings_errors_clear(struct settings_errors *errors);

/*
 * Reads path. NULL when anything is wrong with it; then *errors_r has at
 * least one line, and all that could be found, not only the first. On success
 * the caller holds one reference. *errors_r is the caller's to clear in both
 * cases. Not thread-safe against itself for the same *errors_r only.
 */
struct settings *settings_read(const char *path,
			       struct settings_errors *errors_r);

/* The limit of that name; NULL: there is none. */
const struct limit *settings_limit(const struct settings *settings,
				   const char *name);

/* Is there a listener whose messages are charged at DATA? */
bool settings_charge_at_data(const struct settings *settings);

/* Thread-safe. release drops one reference and sets the pointer to NULL. */
struct settings *settings_acquire(struct settings *settings);
void settings_release(struct settings **settings);

enum settings_program {
	SETTINGS_OF_MILTER = 1,
	SETTINGS_OF_KEEPER = 2
};

/* What of the own sockets and Redis needs a restart of that program to change:
 * NULL when nothing does, else the names of all such settings, with a comma and
 * a space between them. Freed with free(). */
char *settings_needs_restart(enum settings_program program,
			     const struct settings *running,
			     const struct settings *wanted);

#endif
