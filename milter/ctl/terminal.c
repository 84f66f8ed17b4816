/* SPDX-License-Identifier: ISC */

/* Width is counted in code points: what is printed here are addresses and
 * names, and a wide letter in one of them only moves its own line. */
#include <inttypes.h>
#include <langinfo.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/base/clock.h"
#include "terminal.h"

#define WIDTH_USUAL 80
#define WIDTH_MIN   40

unsigned int terminal_width(FILE *out)
{
	const char *columns = getenv("COLUMNS");
	unsigned long width = 0;
	struct winsize size;

	if (isatty(fileno(out)) == 0)
		return UINT_MAX;
	if (columns != NULL)
		width = strtoul(columns, NULL, 10);
	else if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0)
		width = size.ws_col;
	if (width == 0 || width > 1000)
		return WIDTH_USUAL;
	return width < WIDTH_MIN ? WIDTH_MIN : (unsigned int)width;
}

bool terminal_has_colour(FILE *out)
{
	const char *forbidden = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	return (forbidden == NULL || forbidden[0] == '\0') && term != NULL &&
	       strcmp(term, "dumb") != 0 && isatty(fileno(out)) != 0;
}

bool terminal_has_blocks(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

const char *terminal_code(enum terminal_colour colour)
{
	static const char *const codes[] = {
		[TERMINAL_PLAIN] = "",	      [TERMINAL_GOOD] = "\033[32m",
		[TERMINAL_WARN] = "\033[33m", [TERMINAL_BAD] = "\033[31m",
		[TERMINAL_FAINT] = "\033[2m", [TERMINAL_HEAD] = "\033[1m",
	};

	return codes[colour];
}

void terminal_begin(FILE *out, enum terminal_colour colour)
{
	if (colour != TERMINAL_PLAIN && terminal_has_colour(out))
		fputs(terminal_code(colour), out);
}

void terminal_end(FILE *out, enum terminal_colour colour)
{
	if (colour != TERMINAL_PLAIN && terminal_has_colour(out))
		fputs("\033[0m", out);
}

/* Where the locale cannot show it, a letter that is not ASCII is escaped, too.
 */
static char *escape_letters(char *shown, bool is_subject)
{
	size_t size = 4 * strlen(shown) + 1;
	char *made = alloc_array(size, 1);
	struct text text;

	text_init(&text, made, size);
	for (const char *at = shown; *at != '\0'; at++)
		if ((unsigned char)*at < 0x80)
			text_add(&text, at, 1);
		else if (is_subject)
			text_add_format(&text, "%%%02X", (unsigned char)*at);
		else
			text_add_format(&text, "\\x%02x", (unsigned char)*at);
	free(shown);
	return made;
}

char *terminal_printable(const char *data, size_t length, bool is_subject)
{
	size_t size = 4 * length + 1;
	char *made = alloc_array(size, 1);
	struct text text;

	text_init(&text, made, size);
	if (is_subject)
		text_add_subject(&text, data, length, length);
	else
		text_add_line(&text, data, length, length);
	return terminal_has_blocks() ? made : escape_letters(made, is_subject);
}

static void put(FILE *out, const char *data, size_t length, bool is_subject)
{
	char *printable = terminal_printable(data, length, is_subject);

	fputs(printable, out);
	free(printable);
}

void terminal_put(FILE *out, const char *data, size_t length)
{
	put(out, data, length, false);
}

void terminal_put_subject(FILE *out, const char *subject)
{
	put(out, subject, strlen(subject), true);
}

__attribute__((format(printf, 2, 0))) static void
put_format(FILE *out, const char *format, va_list arguments)
{
	size_t length = strlen(format);
	bool is_line = length != 0 && format[length - 1] == '\n';
	char *text;

	if (vasprintf(&text, format, arguments) < 0)
		alloc_fail();
	terminal_put(out, text, strlen(text) - is_line);
	if (is_line)
		fputc('\n', out);
	free(text);
}

void terminal_print_to(FILE *out, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	put_format(out, format, arguments);
	va_end(arguments);
}

bool terminal_error(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	put_format(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return false;
}

/* charts */

/* 0 to 8; what is there at all is seen. */
static unsigned int height_of(uint64_t number, uint64_t max)
{
	double height;

	if (number == 0)
		return 0;
	if (number >= max)
		return 8;
	height = 8.0 * (double)number / (double)max;
	return height < 1 ? 1 : (unsigned int)height;
}

char *terminal_chart(const uint64_t *numbers, size_t count, uint64_t max)
{
	static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄",
					      "▅", "▆", "▇", "█" };
	static const char *const letters[] = { " ", ".", ":", "-", "=",
					       "+", "*", "%", "#" };
	const char *const *heights = terminal_has_blocks() ? blocks : letters;
	size_t size = count * 4 + 1;
	char *chart = alloc_array(size, 1);
	struct text text;

	if (max == 0)
		for (size_t i = 0; i < count; i++)
			max = numbers[i] > max ? numbers[i] : max;
	text_init(&text, chart, size);
	for (size_t i = 0; i < count; i++)
		text_add_string(&text, heights[height_of(numbers[i], max)]);
	return chart;
}

/* progress */

#define PROGRESS_EVERY_MS 100
#define PROGRESS_BAR	  30

void progress_begin(struct progress *progress, const char *what, uint64_t total)
{
	*progress = (struct progress){
		.what = what,
		.total = total,
		.began_ms = clock_steady_ms(),
		.is_shown = isatty(STDERR_FILENO) != 0,
	};
}

static void draw_bar(const struct progress *progress, uint64_t done)
{
	double part = done < progress->total
			      ? (double)done / (double)progress->total
			      : 1;
	int full = (int)(part * PROGRESS_BAR);

	fprintf(stderr, "\r[%.*s%*s] %3d%%  %" PRIu64 " of %" PRIu64 " %s ",
		full, "##############################", PROGRESS_BAR - full, "",
		(int)(part * 100), done, progress->total, progress->what);
}

void progress_set(struct progress *progress, uint64_t done)
{
	uint64_t now_ms;

	if (!progress->is_shown)
		return;
	now_ms = clock_steady_ms();
	if (progress->drawn_ms != 0 &&
	    now_ms - progress->drawn_ms < PROGRESS_EVERY_MS)
		return;
	progress->drawn_ms = now_ms;
	if (progress->total != 0)
		draw_bar(progress, done);
	else
		fprintf(stderr, "\r%" PRIu64 " %s ", done, progress->what);
	fflush(stderr);
}

void progress_end(struct progress *progress)
{
	if (progress->is_shown && progress->drawn_ms != 0)
		fputs("\r\033[K", stderr);
	progress->is_shown = false;
}
