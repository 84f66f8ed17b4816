/* SPDX-License-Identifier: ISC */
/*
 * A whole mail log, as it would be replayed: each message that comes out of it
 * is bounded and dated, and is counted.
 */
#include "lib/replay/assembly.h"
#include "lib/replay/log_feed.h"
#include "lib/replay/log_file.h"
#include "lib/replay/replay.h"
#include "lib/settings/settings.h"
#include "t/lib/fuzz.h"
#include "t/lib/fuzz_memory_file.h"

#define NOW_MS	    UINT64_C(1777651200250) /* 2026-05-01T16:00:00.250Z */
#define HORIZON_MS  UINT64_C(86400000)
#define MESSAGES    20
#define WINDOWS_MAX 100

static const char limits[] =
	"limits = ("
	"  { name = \"sender\"; key = \"sender\"; max = 2; per = \"1m\";"
	"    action = \"tempfail\"; },"
	"  { name = \"pair\"; key = \"sender+recipient\"; max = 1; per = "
	"\"1h\";"
	"    action = \"reject\"; },"
	"  { name = \"bytes\"; key = \"client\"; unit = \"bytes\";"
	"    max = \"1 MB\"; per = \"1d\"; action = \"monitor\"; }"
	");";

/* Read once, kept to the end. */
static const struct settings *settings(void)
{
	static struct settings *settings;
	struct settings_errors errors;
	char path[MEMORY_FILE_PATH];
	int file;

	if (settings != NULL)
		return settings;
	file = memory_file(limits, strlen(limits), path);
	settings = settings_read(path, &errors);
	close(file);
	HOLDS(settings != NULL);
	settings_errors_clear(&errors);
	return settings;
}

static void check_word(const char *word)
{
	HOLDS(word == NULL || strlen(word) <= LOG_WORD_MAX);
}

static void take(void *context, const struct log_message *message)
{
	HOLDS(message->time_ms > 0);
	check_word(message->client);
	check_word(message->login);
	check_word(message->helo);
	check_word(message->sender);
	for (size_t i = 0; i < message->recipient_count; i++)
		check_word(message->recipients[i].address);
	replay_take(context, message);
}

static void check_totals(const struct replay *replay, uint64_t messages)
{
	struct replay_totals totals;

	replay_totals(replay, &totals);
	HOLDS(totals.messages <= messages);
}

static void read_log(const char *path, struct replay *replay)
{
	const struct assembly_options options = { .horizon_ms = HORIZON_MS,
						  .max = MESSAGES,
						  .with_local = true,
						  .with_recipients = true,
						  .take = take,
						  .context = replay };
	struct log_feed feed = { .assembly = assembly_new(&options),
				 .now_ms = NOW_MS };
	struct log_file *file = log_file_open(path);

	HOLDS(file != NULL);
	if (!log_feed_read(&feed, file))
		HOLDS(log_file_error(file)[0] != '\0');
	log_file_close(&file);
	assembly_finish(feed.assembly);
	HOLDS(feed.events <= feed.lines);
	check_totals(replay, assembly_counts(feed.assembly)->messages);
	assembly_free(&feed.assembly);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct replay *replay = replay_new(settings(), WINDOWS_MAX);
	char path[MEMORY_FILE_PATH];
	int file = memory_file(data, size, path);

	read_log(path, replay);
	close(file);
	replay_free(&replay);
	return 0;
}
