/* SPDX-License-Identifier: ISC */
#ifndef WEIR_JOURNAL_LINE_H
#define WEIR_JOURNAL_LINE_H

/*
 * One record of the journal as a line of its file:
 *
 *   {"n":4711,"t":"2026-11-25T10:44:00.001Z","kind":"order", members ...,
 *    "sum":"0123456789abcdef","prev":"64 hex digits"}
 *
 * n counts the lines of a file from 0. prev is the SHA-256 of the line before,
 * without its newline; that of line 0 is the hash of the last whole line of
 * the file that the record `begin` names as `after`, or zeros. sum is the
 * first 16 hex digits of the SHA-256 of the line itself without
 * `"sum":"...",`: a damaged line is known by itself, also the last one. All of
 * it is ASCII. Pure, thread-safe.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/base/sha256.h"

#define JOURNAL_LINE_MAX  8192 /* bytes, with the newline */
#define JOURNAL_NAME_SIZE 160  /* of a file, with the NUL */
#define JOURNAL_SUM_SIZE  17

/* What `begin` and `end` say of the file, `gap` of what was lost, `pruned` of
 * files that were removed, `witness` of the journal of another milter; the
 * others what has happened. */
enum journal_kind {
	JOURNAL_BEGIN,
	JOURNAL_INCIDENT, /* opened, serious, quiet ... */
	JOURNAL_MESSAGE,  /* one sampled message */
	JOURNAL_MINUTE,	  /* counts of one minute of an incident */
	JOURNAL_ORDER,	  /* laid, lifted, a window was reset */
	JOURNAL_QUEUE,	  /* held, released, deleted */
	JOURNAL_ALERT,	  /* sent or failed */
	JOURNAL_PROCESS,  /* settings were read, Redis went or came */
	JOURNAL_WITNESS,
	JOURNAL_GAP,
	JOURNAL_PRUNED,
	JOURNAL_END,
	JOURNAL_KINDS
};

/* "begin", "incident" ... */
const char *journal_kind_name(enum journal_kind kind);

/* False when there is none of that name. */
bool journal_kind_find(const char *name, enum journal_kind *kind_r);

/* Where a journal ends: the file, without its directory and ".jsonl", the
 * number of its last whole line, and the SHA-256 of that. */
struct journal_head {
	char name[JOURNAL_NAME_SIZE]; /* "": there is none */
	uint64_t n;
	char hash[SHA256_TEXT_SIZE];
};

/* "journal NAME n=N head=HASH": as it is logged. Freed with free(). */
char *journal_head_text(const struct journal_head *head);

/* Finds that in a line of a log: alone, or behind the tag of a program of weir
 * ("weir-milter[4711]: "), and there also at the end of an incident's line.
 * What other programs log may have a stranger's text in it. */
bool journal_head_parse(const char *line, struct journal_head *head_r);

/* A name of that form: HOST.PID.YYYYMMDDTHHMMSSZ? */
bool journal_name_is_good(const char *name);

/* What a file is called behind its name. */
#define JOURNAL_SUFFIX ".jsonl"

/* The name in that of a file; false: it is none of a journal. */
bool journal_name_of_file(const char *file_name,
			  char name_r[JOURNAL_NAME_SIZE]);

/* The start of the file of that name, as "YYYYMMDDTHHMMSSZ", within name. */
const char *journal_name_time(const char *name);

/* "gw1.example.com" of "gw1.example.com.4711.20261125T104400Z"; of a name of
 * another form all before its first dot. Freed with free(). */
char *journal_name_host(const char *name);

/* Do both names begin with the same host? */
bool journal_name_same_host(const char *a, const char *b);

/* Are both of the same process: the same but for the time? */
bool journal_name_same_process(const char *a, const char *b);

struct journal_record {
	uint64_t n;
	uint64_t when_ms; /* since the epoch */
	enum journal_kind kind;
	const char *members; /* of an object, without braces; "": none */
};

/*
 * The record as a line behind head, with its newline; head becomes that of
 * this line. members that are too long for a line are the caller's fault, see
 * journal_members(). Returns the length of line_r.
 */
size_t journal_line_make(const struct journal_record *record,
			 struct journal_head *head,
			 char line_r[JOURNAL_LINE_MAX]);

/*
 * The members of an object as text, for a record; freed with free(). Gives up
 * the reference. What is too long for a line goes, the longest member first,
 * and `"cut":{NAME:BYTES}` says so. Names of each line (n, t, kind, sum, prev)
 * are not for others.
 */
char *journal_members(json_t *object);

/* A line that was read. */
struct journal_line {
	uint64_t n;
	const char *kind; /* of json: of another version, perhaps */
	const char *when; /* of json */
	char prev[SHA256_TEXT_SIZE];
	char hash[SHA256_TEXT_SIZE];
	json_t *json; /* the whole record */
};

/* False when it is no record or its sum is wrong: then *line_r has only its
 * hash. line is without its newline. */
bool journal_line_read(const char *line, size_t length,
		       struct journal_line *line_r);
void journal_line_clear(struct journal_line *line);

#endif
