/* SPDX-License-Identifier: ISC */
/*
 * The command line: each number is a row of a table with its range.
 */
#include "load.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

enum number {
	NUMBER_CONNECTIONS,
	NUMBER_MESSAGES,
	NUMBER_PER_CONNECTION,
	NUMBER_SENDERS,
	NUMBER_FIRST_SENDER,
	NUMBER_RCPTS_PER_MESSAGE,
	NUMBER_RECIPIENTS,
	NUMBER_CLIENTS,
	NUMBER_BODY,
	NUMBER_HEADERS,
	NUMBER_IDLE,
	NUMBERS
};

static const struct row {
	char letter;
	unsigned long min;
	unsigned long max;
	unsigned long normally;
	const char *meaning;
} rows[NUMBERS] = {
	[NUMBER_CONNECTIONS] = { 'c', 0, 20000, 1, "connections at once" },
	[NUMBER_MESSAGES] = { 'm', 0, 1000000000, 0, "messages in all" },
	[NUMBER_PER_CONNECTION] = { 'p', 1, 1000000, 20,
				    "messages per connection" },
	[NUMBER_SENDERS] = { 's', 1, 100000000, 1000, "distinct senders" },
	[NUMBER_FIRST_SENDER] = { 'f', 0, 100000000, 0,
				  "number of the first sender" },
	[NUMBER_RCPTS_PER_MESSAGE] = { 'r', 1, 100000, 1,
				       "recipients per message" },
	[NUMBER_RECIPIENTS] = { 'R', 1, 100000000, 1000,
				"distinct recipients" },
	[NUMBER_CLIENTS] = { 'C', 1, 1 << 24, 1, "distinct client addresses" },
	[NUMBER_BODY] = { 'b', 0, 100000000, 512, "bytes of body" },
	[NUMBER_HEADERS] = { 'H', 0, 10000, 4, "headers" },
	[NUMBER_IDLE] = { 'i', 0, 20000, 0, "idle connections to hold open" },
};

static void usage(void)
{
	const struct row *row;

	fprintf(stderr, "usage: load -S unix:PATH|inet:PORT@ADDRESS [-j] "
			"[-t SECONDS] [-LETTER NUMBER]...\n"
			"  -j        one line of JSON\n"
			"  -t        seconds to go on (default: no end)\n");
	for (row = rows; row < rows + NUMBERS; row++)
		fprintf(stderr, "  -%c        %s (default: %lu)\n", row->letter,
			row->meaning, row->normally);
	exit(EX_USAGE);
}

static void read_unix(const char *path, struct options *options)
{
	struct sockaddr_un *address = (struct sockaddr_un *)&options->address;

	if (strlen(path) >= sizeof(address->sun_path))
		errx(EX_USAGE, "-S unix:%s: longer than %zu bytes", path,
		     sizeof(address->sun_path) - 1);
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, strlen(path) + 1);
	options->address_length = sizeof(*address);
}

static void read_inet(const char *text, struct options *options)
{
	struct sockaddr_in *address = (struct sockaddr_in *)&options->address;
	char *end;
	unsigned long port = strtoul(text, &end, 10);

	if (port == 0 || port > UINT16_MAX || *end != '@' ||
	    inet_pton(AF_INET, end + 1, &address->sin_addr) != 1)
		errx(EX_USAGE, "-S inet:%s: not PORT@ADDRESS", text);
	address->sin_family = AF_INET;
	address->sin_port = htons((uint16_t)port);
	options->address_length = sizeof(*address);
}

static const struct {
	const char *prefix;
	void (*read)(const char *text, struct options *options);
} families[] = {
	{ "unix:", read_unix },
	{ "inet:", read_inet },
};
enum {
	FAMILIES = sizeof(families) / sizeof(families[0])
};

static void read_socket(const char *text, struct options *options)
{
	size_t n;

	options->socket = text;
	for (n = 0; n < FAMILIES; n++) {
		size_t length = strlen(families[n].prefix);

		if (strncmp(text, families[n].prefix, length) == 0) {
			families[n].read(text + length, options);
			return;
		}
	}
	errx(EX_USAGE, "-S %s: neither unix: nor inet:", text);
}

static bool read_number(int letter, const char *text, unsigned long *numbers)
{
	enum number n = 0;
	char *end;

	while (n < NUMBERS && rows[n].letter != letter)
		n++;
	if (n == NUMBERS)
		return false;
	errno = 0;
	numbers[n] = strtoul(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' ||
	    numbers[n] < rows[n].min || numbers[n] > rows[n].max)
		errx(EX_USAGE, "-%c %s: %s are a number from %lu to %lu",
		     letter, text, rows[n].meaning, rows[n].min,
		     rows[n].max);
	return true;
}

static double read_seconds(const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end != '\0' || !(seconds > 0 && seconds < 1e6))
		errx(EX_USAGE, "-t %s: not a number of seconds", text);
	return seconds;
}

static void take_numbers(const unsigned long *numbers, struct options *options)
{
	options->connections = (unsigned)numbers[NUMBER_CONNECTIONS];
	options->idle = (unsigned)numbers[NUMBER_IDLE];
	options->messages = numbers[NUMBER_MESSAGES];
	options->messages_per_connection =
		(unsigned)numbers[NUMBER_PER_CONNECTION];
	options->senders = (unsigned)numbers[NUMBER_SENDERS];
	options->first_sender = (unsigned)numbers[NUMBER_FIRST_SENDER];
	options->recipients_per_message =
		(unsigned)numbers[NUMBER_RCPTS_PER_MESSAGE];
	options->recipients = (unsigned)numbers[NUMBER_RECIPIENTS];
	options->clients = (unsigned)numbers[NUMBER_CLIENTS];
	options->headers = (unsigned)numbers[NUMBER_HEADERS];
	options->body_bytes = numbers[NUMBER_BODY];
}

static void read_letter(int letter, struct options *options,
			unsigned long *numbers)
{
	switch (letter) {
	case 'S':
		read_socket(optarg, options);
		break;
	case 'j':
		options->is_json = true;
		break;
	case 't':
		options->seconds = read_seconds(optarg);
		break;
	default:
		if (!read_number(letter, optarg, numbers))
			usage();
	}
}

void options_read(int argc, char **argv, struct options *options_r)
{
	unsigned long numbers[NUMBERS];
	enum number n;
	int letter;

	memset(options_r, 0, sizeof(*options_r));
	for (n = 0; n < NUMBERS; n++)
		numbers[n] = rows[n].normally;
	while ((letter = getopt(argc, argv, "S:jt:c:m:p:s:f:r:R:C:b:H:i:")) !=
	       -1)
		read_letter(letter, options_r, numbers);
	if (options_r->socket == NULL || optind != argc)
		usage();
	take_numbers(numbers, options_r);
	if (options_r->connections > 0 && options_r->messages == 0 &&
	    options_r->seconds == 0)
		errx(EX_USAGE, "neither -m nor -t: it would never end");
}
