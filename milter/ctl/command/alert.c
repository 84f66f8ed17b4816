/* SPDX-License-Identifier: ISC */

/* weirctl alert --test: does an alert reach those whom it must? */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/json.h"
#include "lib/fleet/alert_test.h"
#include "lib/fleet/keepers.h"
#include "lib/base/clock.h"
#include "milter/ctl/arguments.h"
#include "milter/ctl/context.h"
#include "milter/ctl/output.h"
#include "milter/ctl/terminal.h"

#define LOOK_MS	  50
#define TAKEN_MS  5000	/* a keeper looks four times a second */
#define ANSWER_MS 60000 /* the longest try is that of a command, 30 s */

struct alert_options {
	const char *channel; /* "": all */
	bool is_test;
};

static bool is_told(const struct alert_test_result *result)
{
	return strcmp(result->result, "told") == 0;
}

static size_t count_told(const struct alert_test *test)
{
	size_t told = 0;

	for (size_t i = 0; i < test->count; i++)
		told += is_told(&test->results[i]);
	return told;
}

/* The results */

static void print_json(const struct alert_test *test)
{
	json_t *array = json_array();

	for (size_t i = 0; i < test->count; i++) {
		const struct alert_test_result *result = &test->results[i];

		json_array_append_new(
			array,
			document_make(
				"channel:s result:s took_ms:n tries:n answer:s",
				result->channel, result->result,
				result->took_ms, result->tries,
				result->detail));
	}
	document_print(document_make("channels:n told:n results:o",
				     (uint64_t)test->channels,
				     (uint64_t)count_told(test), array),
		       stdout);
}

static void print_table(const struct alert_test *test)
{
	struct output *output = output_new(false, NULL);

	for (size_t i = 0; i < test->count; i++) {
		const struct alert_test_result *result = &test->results[i];

		output_row(output);
		output_text(output, NULL, "CHANNEL", result->channel);
		if (is_told(result))
			output_cell(output, "RESULT", OUTPUT_LONG,
				    "told in %.2f s: %s",
				    (double)result->took_ms / 1000,
				    result->detail);
		else
			output_cell(output, "RESULT", OUTPUT_LONG,
				    "failed: %s; tried once", result->detail);
	}
	output_print(output, stdout);
	output_free(&output);
}

static void complain_of_missing(const struct alert_options *options,
				const struct alert_test *test)
{
	if (test->channels == 0 && options->channel[0] != '\0')
		terminal_error(
			"weirctl alert: weir-keeper has no channel \"%s\"",
			options->channel);
	else if (test->channels == 0)
		terminal_error("weirctl alert: weir-keeper has no channel; see "
			       "keeper.alerts in weir.conf(5)");
	else if (test->count < test->channels)
		terminal_error(
			"weirctl alert: no answer of %zu channel%s within %d "
			"s",
			test->channels - test->count,
			test->channels - test->count == 1 ? "" : "s",
			ANSWER_MS / 1000);
}

/* The test */

static int complain_of_keeper(const char *why)
{
	terminal_error("weirctl alert: no weir-keeper runs: %s", why);
	return EX_UNAVAILABLE;
}

/* Until all channels are done, or the time is over. False when Redis did not
 * answer. */
static bool wait_for_results(struct context *context, const char *id,
			     struct alert_test *test_r)
{
	uint64_t began_ms = clock_steady_ms();

	for (;;) {
		uint64_t waited_ms = clock_steady_ms() - began_ms;

		if (!alert_test_read(context->redis, context->prefix, id,
				     test_r))
			return false;
		if (test_r->is_taken ? test_r->count >= test_r->channels ||
					       waited_ms >= ANSWER_MS
				     : waited_ms >= TAKEN_MS)
			return true;
		alert_test_clear(test_r);
		poll(NULL, 0, LOOK_MS);
	}
}

static int report(const struct globals *globals,
		  const struct alert_options *options,
		  const struct alert_test *test)
{
	if (globals->is_json)
		print_json(test);
	else
		print_table(test);
	complain_of_missing(options, test);
	return test->channels > 0 && count_told(test) == test->channels
		       ? EX_OK
		       : COMMAND_NOTHING;
}

static int test_channels(const struct globals *globals, struct context *context,
			 void *user_data)
{
	const struct alert_options *options = user_data;
	char id[ALERT_TEST_ID_SIZE];
	struct alert_test test;
	bool is_there;
	int code;

	if (!keepers_are_there(context->redis, context->prefix, &is_there))
		return context_fail(context);
	if (!is_there)
		return complain_of_keeper("none has announced itself for a "
					  "minute, so nothing was sent");
	if (!alert_test_begin(context->redis, context->prefix, options->channel,
			      context->now_ms, id) ||
	    !wait_for_results(context, id, &test))
		return context_fail(context);
	if (test.is_taken)
		code = report(globals, options, &test);
	else if (!alert_test_withdraw(context->redis, context->prefix, id))
		code = context_fail(context);
	else
		code = complain_of_keeper("none has taken the test within 5 s, "
					  "so it was withdrawn");
	alert_test_clear(&test);
	return code;
}

static int run(const struct globals *globals, int argc, char **argv)
{
	struct alert_options options = { .channel = "" };
	const struct argument arguments[] = {
		ARGUMENT(FLAG, "test", &options.is_test, .is_required = true),
	};

	if (ARGUMENTS_READ(argc, argv, arguments, 0, 1) == 0)
		return EX_USAGE;
	if (argv[1] != NULL)
		options.channel = argv[1];
	return context_use(globals, test_channels, &options);
}

const struct command command_alert = {
	.name = "alert",
	.arguments = "--test [CHANNEL]",
	.purpose = "send a test through the channels of alerts",
	.help = "Sends a test alert through each channel of keeper.alerts, or through one, by the\n"
		"running weir-keeper, and shows the results. Exits with 0 if all took it, with 1\n"
		"if one did not, and with 69 if no weir-keeper runs. A channel tries it once.\n\n"
		"  --test  needed, so that nobody is called by mistake\n\n"
		"example:\n"
		"  weirctl alert --test noc\n",
	.run = run,
};
