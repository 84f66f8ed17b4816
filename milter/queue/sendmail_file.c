/* SPDX-License-Identifier: ISC */

/*
 * A line each, known by its first letter: "V8", "T1795873824" (arrival),
 * "$_host [192.0.2.1]" (the client; sendmail(1) has "root@localhost"),
 * "S<a@x.test>", "RPFD:<b@y.test>" (flags before the colon), and
 * "H?D?Date: ..." with its continuations behind a tab; "." ends it. The body
 * is a file of its own, "df" and the queue id, in the same directory or, where
 * queues have subdirectories, in "../df".
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "sendmail_file.h"

#define RECIPIENTS_MAX 100000u

/* While a line is read. */
struct reading {
	struct queue_message message;
	bool is_header; /* of a kind that goes out; its continuations, too */
	bool is_whole;	/* "." was there */
};

static char *copy_address(const char *text)
{
	return alloc_text(strcmp(text, "<>") == 0 ? "" : text);
}

static void read_sender(struct reading *reading, const char *text)
{
	free(reading->message.sender);
	reading->message.sender = copy_address(text);
}

static void read_recipient(struct reading *reading, const char *text)
{
	struct queue_message *message = &reading->message;
	const char *colon = strchr(text, ':');

	if (colon == NULL || message->recipient_count == RECIPIENTS_MAX)
		return;
	message->recipients = alloc_resize(message->recipients,
					   message->recipient_count + 1,
					   sizeof(char *));
	message->recipients[message->recipient_count++] = copy_address(colon +
								       1);
}

static void read_arrival(struct reading *reading, const char *text)
{
	reading->message.arrived_ms = strtoull(text, NULL, 10) * 1000;
}

/* "_h.test [192.0.2.1] (may be forged)", "_[IPv6:2001:db8::1]" */
static void read_macro(struct reading *reading, const char *text)
{
	const char *start = text[0] == '_' ? strrchr(text, '[') : NULL;
	size_t length;

	if (start == NULL || reading->message.client != NULL)
		return;
	start += strncmp(start, "[IPv6:", 6) == 0 ? 6 : 1;
	length = strcspn(start, "]");
	if (start[length] == ']')
		reading->message.client = alloc_copy(start, length);
}

/* "?D?Date: ...", "??Subject: ..."; Return-Path is made at delivery. */
static void read_header(struct reading *reading, const char *text)
{
	const char *flags_end = text[0] == '?' ? strchr(text + 1, '?') : NULL;

	reading->is_header = text[1] != 'P';
	if (!reading->is_header)
		return;
	text = flags_end != NULL ? flags_end + 1 : text;
	reading->message.bytes += strlen(text) + 1;
}

static void read_line(struct reading *reading, const char *line)
{
	static void (*const readers[])(struct reading * reading,
				       const char *text) = {
		['$'] = read_macro,	['H'] = read_header,
		['R'] = read_recipient, ['S'] = read_sender,
		['T'] = read_arrival,
	};
	unsigned char letter = (unsigned char)line[0];

	if (letter == '\t' || letter == ' ') {
		if (reading->is_header)
			reading->message.bytes += strlen(line) + 1;
		return;
	}
	reading->is_header = false;
	if (strcmp(line, ".") == 0)
		reading->is_whole = true;
	else if (letter < sizeof(readers) / sizeof(readers[0]) &&
		 readers[letter] != NULL)
		readers[letter](reading, line + 1);
}

static void read_lines(struct reading *reading, FILE *file)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t length;

	while (!reading->is_whole &&
	       (length = getline(&line, &room, file)) >= 0) {
		if (length > 0 && line[length - 1] == '\n')
			line[length - 1] = '\0';
		read_line(reading, line);
	}
	free(line);
}

static FILE *open_control(const char *directory,
			  const struct queue_message *message)
{
	char path[PATH_MAX];
	FILE *file;
	int fd;

	snprintf(path, sizeof(path), "%s/%cf%s", directory,
		 message->is_held ? 'h' : 'q', message->id);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	file = fdopen(fd, "r");
	if (file == NULL)
		close(fd);
	return file;
}

/* And the empty line before it. */
static uint64_t body_bytes(const char *directory, const char *id)
{
	static const char *const places[] = { "", "/../df" };
	char path[PATH_MAX];
	struct stat info;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s%s/df%s", directory, places[i],
			 id);
		if (stat(path, &info) == 0 && info.st_size >= 0)
			return (uint64_t)info.st_size + 1;
	}
	return 0;
}

static void take_over(struct queue_message *message, struct reading *reading)
{
	struct queue_message *read = &reading->message;

	read->id = message->id;
	read->is_held = message->is_held;
	message->id = NULL;
	queue_message_clear(message);
	*message = *read;
	memset(read, 0, sizeof(*read));
}

bool sendmail_file_read(const char *directory, struct queue_message *message)
{
	FILE *file = open_control(directory, message);
	struct reading reading = { 0 };
	bool is_read;

	if (file == NULL)
		return false;
	read_lines(&reading, file);
	fclose(file);
	is_read = reading.is_whole && reading.message.sender != NULL;
	if (is_read) {
		reading.message.bytes += body_bytes(directory, message->id);
		take_over(message, &reading);
	}
	queue_message_clear(&reading.message);
	return is_read;
}
