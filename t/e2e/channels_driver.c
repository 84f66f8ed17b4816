/* SPDX-License-Identifier: ISC */

/*
 * The channels of weir-keeper without the rest of it, and in a hurry: an alert
 * for each line of standard input, "ACT LEVEL UID [CHANNEL]", and a line of
 * standard output for each outcome. "state" prints that of the channels,
 * "reload" reads the settings again.
 *
 * usage: channels_driver FILE
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "milter/common/settings_print.h"
#include "milter/keeper/channel_kind.h"
#include "milter/keeper/channels.h"
#include "t/alert/sample_alert.h"

static const struct channel_times hurry = {
	.pauses_ms = { 100, 200, 1000 },
	.give_up_ms = 600000,
	.failing_ms = 400,
	.hold_most_ms = 2000,
	.connect_ms = 4000,
	.try_ms = 4000,
	.command_ms = 4000,
};

static void print_outcome(void *context, const struct channel_outcome *outcome)
{
	(void)context;
	printf("%s %s %" PRIu64 " %s %s tries=%u last=%d again=%" PRIu64
	       " %s\n",
	       outcome->channel, channel_result_name(outcome->result),
	       outcome->token, alert_act_name(outcome->act), outcome->uid,
	       outcome->tries, outcome->is_last, outcome->again_ms,
	       outcome->detail);
	fflush(stdout);
}

static void print_state(struct channels *channels)
{
	struct channels_state state;

	channels_read(channels, &state);
	for (size_t i = 0; i < state.count; i++)
		printf("state %s %s told=%" PRIu64 " failed=%" PRIu64
		       " dropped=%" PRIu64 " waiting=%zu failing=%d %s\n",
		       state.list[i].name, state.list[i].kind,
		       state.list[i].told, state.list[i].failed,
		       state.list[i].dropped, state.list[i].waiting,
		       state.list[i].is_failing, state.list[i].fault);
	printf("state all_failing=%d\n", state.all_failing);
	fflush(stdout);
	channels_state_clear(&state);
}

static void give(struct channels *channels, const struct settings *settings,
		 char *line, uint64_t token)
{
	struct sample_alert sample;
	char *rest = line, *act = strsep(&rest, " ");
	char *level = strsep(&rest, " "), *uid = strsep(&rest, " ");
	size_t count;

	sample_alert_make(&sample, settings);
	if (uid == NULL || !alert_act_parse(act, &sample.alert.act) ||
	    !incident_level_parse(level, &sample.alert.level)) {
		fprintf(stderr, "channels_driver: %s: what is it?\n", line);
		exit(1);
	}
	if (sample.alert.act >= ALERT_DIGEST)
		sample.alert.detail = NULL;
	sample.alert.uid = uid;
	count = channels_give(channels, rest, &sample.alert, token);
	printf("given %" PRIu64 " to %zu\n", token, count);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct settings *settings;
	struct channels *channels;
	char line[200];
	uint64_t token = 0;

	log_open_stderr("channels_driver");
	log_set_threshold(LOG_GRAVITY_DEBUG);
	settings = argc == 2 ? settings_read_or_report(argv[1]) : NULL;
	if (settings == NULL)
		return 1;
	channels = channels_new(
		&(struct channels_options){ .settings = settings,
					    .host = "gw1.example.net",
					    .times = &hurry,
					    .outcome = print_outcome });
	while (fgets(line, sizeof(line), stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strcmp(line, "state") == 0) {
			print_state(channels);
		} else if (strcmp(line, "reload") == 0) {
			settings_release(&settings);
			settings = settings_read_or_report(argv[1]);
			channels_set_settings(channels, settings);
		} else {
			give(channels, settings, line, ++token);
		}
	}
	channels_free(&channels);
	settings_release(&settings);
	fflush(stdout);
	/* as weir-keeper does: handlers of exit(3) would free what the thread
	 * of a channel, which may still be in libcurl, works with */
	_exit(0);
}
