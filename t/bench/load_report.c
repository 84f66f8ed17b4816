/* SPDX-License-Identifier: ISC */
/*
 * The same figures twice: as a table for people, or as one flat JSON object
 * in one line, whose keys a shell script can pick out.
 */
#include "load.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const verdict_names[VERDICTS] = {
	[VERDICT_ACCEPTED] = "accepted",
	[VERDICT_QUARANTINED] = "quarantined",
	[VERDICT_TEMPFAILED] = "tempfailed",
	[VERDICT_REJECTED] = "rejected",
	[VERDICT_DISCARDED] = "discarded",
	[VERDICT_LOST] = "lost",
};

static const char *const timing_names[TIMINGS] = {
	[TIMING_CONNECT] = "connect", [TIMING_MAIL] = "mail",
	[TIMING_RCPT] = "rcpt",	      [TIMING_DATA] = "data",
	[TIMING_CONTENT] = "content", [TIMING_EOM] = "eom",
	[TIMING_MESSAGE] = "message",
};

static const struct {
	const char *name;
	double share;
} quantiles[] = {
	{ "p50", 0.50 },
	{ "p90", 0.90 },
	{ "p99", 0.99 },
	{ "max", 1.00 },
};
enum {
	QUANTILES = sizeof(quantiles) / sizeof(quantiles[0])
};

static uint64_t messages_of(const struct tally *tally)
{
	uint64_t messages = 0;
	enum verdict verdict;

	for (verdict = 0; verdict < VERDICTS; verdict++)
		messages += tally->verdicts[verdict];
	return messages;
}

static double seconds_of(const struct tally *tally)
{
	if (tally->ended_ns <= tally->started_ns)
		return 0;
	return (double)(tally->ended_ns - tally->started_ns) / 1e9;
}

static double rate_of(const struct tally *tally)
{
	double seconds = seconds_of(tally);

	return seconds > 0 ? (double)messages_of(tally) / seconds : 0;
}

static double quantile_us(const struct tally *tally, enum timing timing,
			  size_t quantile)
{
	const struct histogram *histogram = &tally->timings[timing];

	return (double)histogram_quantile_ns(histogram,
					     quantiles[quantile].share) /
	       1e3;
}

static void print_json(const struct tally *tally)
{
	enum verdict verdict;
	enum timing timing;
	size_t q;

	printf("{\"messages\":%" PRIu64 ",\"seconds\":%.3f,"
	       "\"per_second\":%.1f,\"connections\":%" PRIu64
	       ",\"refused_recipients\":%" PRIu64,
	       messages_of(tally), seconds_of(tally), rate_of(tally),
	       tally->connections, tally->refused_recipients);
	for (verdict = 0; verdict < VERDICTS; verdict++)
		printf(",\"%s\":%" PRIu64, verdict_names[verdict],
		       tally->verdicts[verdict]);
	for (timing = 0; timing < TIMINGS; timing++) {
		printf(",\"%s_samples\":%" PRIu64, timing_names[timing],
		       tally->timings[timing].samples);
		for (q = 0; q < QUANTILES; q++)
			printf(",\"%s_%s_us\":%.1f", timing_names[timing],
			       quantiles[q].name,
			       quantile_us(tally, timing, q));
	}
	printf("}\n");
}

static void print_timing(const struct tally *tally, enum timing timing)
{
	size_t q;

	if (tally->timings[timing].samples == 0)
		return;
	printf("%-10s", timing_names[timing]);
	for (q = 0; q < QUANTILES; q++)
		printf(" %10.1f", quantile_us(tally, timing, q));
	printf(" %12" PRIu64 "\n", tally->timings[timing].samples);
}

static void print_table(const struct options *options,
			const struct tally *tally)
{
	enum verdict verdict;
	enum timing timing;
	size_t q;

	printf("%s: %" PRIu64 " messages in %.2f s: %.0f a second, "
	       "%" PRIu64 " connections\n",
	       options->socket, messages_of(tally), seconds_of(tally),
	       rate_of(tally), tally->connections);
	for (verdict = 0; verdict < VERDICTS; verdict++)
		printf("%s %" PRIu64 ", ", verdict_names[verdict],
		       tally->verdicts[verdict]);
	printf("refused recipients %" PRIu64 "\n", tally->refused_recipients);
	printf("%-10s", "us");
	for (q = 0; q < QUANTILES; q++)
		printf(" %10s", quantiles[q].name);
	printf(" %12s\n", "samples");
	for (timing = 0; timing < TIMINGS; timing++)
		print_timing(tally, timing);
}

void report_print(const struct options *options, const struct tally *tally)
{
	if (options->is_json)
		print_json(tally);
	else
		print_table(options, tally);
}
