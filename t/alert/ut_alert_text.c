/* SPDX-License-Identifier: ISC */

/* The text of an alert as people get it, and that no stranger writes in it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/alert/alert_text.h"
#include "lib/base/text.h"
#include "t/alert/sample_alert.h"

#define WHO                                                                   \
	"Who       sender script@dev.example (all), client 10.20.0.7 (all), " \
	"no\n"                                                                \
	"          login, script 33:cdomail.php, mailer PHPMailer 6.8\n"      \
	"To        jake@example.com (all)\n"                                  \
	"Subject   \"newsletter #\" (9 of 9 seen)\n"                          \
	"Limit     own-sender: tempfail what a sender sends above 100 "       \
	"messages in\n"                                                       \
	"          1m\n"                                                      \
	"Others    no mail of others was stopped\n"                           \
	"Before    incident 5 (20 Nov), 2 (18 Nov)\n"                         \
	"Seen by   gw1, gw2\n"
#define EVIDENCE                                                             \
	"\nEvidence (keep this message: it proves the journal up to here)\n" \
	"journal gw1.4711.20261125T000000Z n=4711 head=9f3a0c5d7b1e2f4a6c8d" \
	"0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d\n"
#define FLOODS \
	"sender:script@dev.example floods jake@example.com through 10.20.0.7.\n"

static struct settings *settings;
static struct sample_alert sample;

static void setup(void)
{
	settings = sample_alert_settings();
	sample_alert_make(&sample, settings);
}

static void teardown(void)
{
	settings_release(&settings);
}

static void check(const char *subject, const char *text)
{
	char *made_subject = alert_subject(&sample.alert);
	char *made = alert_text(&sample.alert);

	ck_assert_str_eq(made_subject, subject);
	ck_assert_str_eq(made, text);
	free(made_subject);
	free(made);
}

START_TEST(opened)
{
	check("[weir] incident 17: sender:script@dev.example, 352 stopped in "
	      "12s",
	      FLOODS
	      "352 stopped, 100 let in, 0 held since 10:44:09 UTC (12s), 29 a "
	      "second.\n\n" WHO
	      "\nweir keeps stopping it. What you may want to do:\n"
	      "  weirctl incident 17                   # look closer\n"
	      "  weirctl block --incident 17 --for 2h  # block its source\n"
	      "  weirctl incident 17 --take            # it is yours\n"
	      "  weirctl hold --incident 17            # what is still "
	      "queued\n"
	      "  weirctl report 17 --format text       # all about it\n" EVIDENCE);
}
END_TEST

/* What was done by whom, and what is still in force. */
START_TEST(over)
{
	static char block[] = "sender:script@dev.example", ann[] = "ann";
	static char note[] = "script removed";
	struct order order = { .id = 12,
			       .kind = ORDER_BLOCK,
			       .subject = block,
			       .by = ann,
			       .from_ms = 1,
			       .until_ms = SAMPLE_OPENED_MS + 7200000 };
	struct order_list orders = { .orders = &order,
				     .count = 1,
				     .now_ms = SAMPLE_OPENED_MS + 3600000 };
	struct incident_note notes[] = { { SAMPLE_OPENED_MS + 120000, ann,
					   note } };
	struct incident *incident = &sample.detail.incident;

	incident->state = INCIDENT_OVER;
	incident->stopped = 4712;
	incident->last_ms = incident->ended_ms = SAMPLE_OPENED_MS + 840000;
	incident->taken_by = ann;
	incident->taken_ms = SAMPLE_OPENED_MS + 30000;
	sample.detail.notes = notes;
	sample.detail.note_count = 1;
	sample.alert.act = ALERT_OVER;
	sample.alert.when_ms = SAMPLE_OPENED_MS + 86400000;
	sample.alert.orders = &orders;
	sample.alert.report = "/var/lib/weir/reports/incident-17.html";
	check("[weir] incident 17 is over: 4,712 stopped, 100 let in, 0 held, "
	      "14m 00s",
	      "It is over: no more of it came for 1d 00h.\n" FLOODS
	      "4,712 stopped, 100 let in, 0 held since 25 Nov 10:44 UTC (14m "
	      "00s).\n\n" WHO "Taken     by ann at 25 Nov 10:44 UTC\n"
	      "Report    /var/lib/weir/reports/incident-17.html\n"
	      "Notes     25 Nov 10:46 UTC ann: script removed\n"
	      "In force  block 12 of sender:script@dev.example, 1h 00m left, "
	      "by ann\n"
	      "\nWhat you may want to do:\n"
	      "  weirctl incident 17                   # look closer\n"
	      "  weirctl report 17 --format text       # all about it\n" EVIDENCE);
}
END_TEST

/* Each act: its subject, and its first line. */
static const struct {
	enum alert_act act;
	const char *text, *subject, *first;
} acts[] = {
	{ ALERT_WARNING, "",
	  "incident 17 is stopped now: sender:script@dev.example, 352 stopped "
	  "in 12s",
	  FLOODS },
	{ ALERT_SERIOUS, "",
	  "incident 17 is serious: sender:script@dev.example, 352 stopped in "
	  "12s",
	  FLOODS },
	{ ALERT_CRITICAL, "",
	  "incident 17 is critical: sender:script@dev.example, 352 stopped in "
	  "12s",
	  FLOODS },
	{ ALERT_CONTAINED, "block 12",
	  "incident 17 is contained: sender:script@dev.example, 352 stopped "
	  "in 12s",
	  "It is contained: its mail is refused by block 12.\n" },
	{ ALERT_TAKEN, "ann",
	  "incident 17 is taken by ann: sender:script@dev.example, 352 stopped "
	  "in 12s",
	  "ann has taken it: there are no more reminders.\n" },
	{ ALERT_QUIET, "",
	  "incident 17 is quiet: 352 stopped, 100 let in, 0 held, 12s",
	  "It is quiet: nothing was stopped for 15m 00s.\n" },
	{ ALERT_AGAIN, "",
	  "incident 17 again: sender:script@dev.example, 352 stopped in 12s",
	  "It was quiet, and has begun again.\n" },
	{ ALERT_OVER, "ann",
	  "incident 17 is over: 352 stopped, 100 let in, 0 held, 12s",
	  "It is over: closed by ann.\n" },
	{ ALERT_REMINDER, "",
	  "incident 17 is still open: sender:script@dev.example, 352 stopped "
	  "in 12s",
	  "It is still open: not contained, not taken.\n" },
	{ ALERT_DIGEST, "", "1 flood at once, 352 stopped",
	  "1 flood at once, 352 stopped.\n" },
	{ ALERT_REDIS_AWAY, "Connection refused",
	  "Redis is away: Connection refused",
	  "Redis does not answer: Connection refused. Each milter counts by "
	  "itself\n" },
	{ ALERT_REDIS_BACK, "", "Redis is back", "Redis answers again.\n" },
	{ ALERT_MILTER_SILENT, "gw2:4711", "weir-milter is silent: gw2:4711",
	  "No sign of weir-milter gw2:4711. Until it is back its MTA accepts all\n" },
	{ ALERT_MILTER_BACK, "gw2:4711", "weir-milter is back: gw2:4711",
	  "It runs again: weir-milter gw2:4711.\n" },
	{ ALERT_CHANNEL_FAILING, "chat: 500 from hooks.example.net",
	  "alerts fail on a channel: chat: 500 from hooks.example.net",
	  "An alert could not be sent on channel chat: 500 from "
	  "hooks.example.net.\n" },
	{ ALERT_CHANNEL_WORKS, "chat", "alerts work again: chat",
	  "Alerts are sent again on channel chat.\n" },
	{ ALERT_TEST, "ann", "test of alerts by ann",
	  "Nothing has happened: this is a test by ann. It shows that "
	  "weir-keeper\n" },
};

static bool is_of_incident(enum alert_act act)
{
	return act < ALERT_DIGEST;
}

static void make_act(enum alert_act act, const char *text)
{
	sample.alert.act = act;
	sample.alert.text = text;
	if (act == ALERT_QUIET || act == ALERT_OVER)
		sample.detail.incident.ended_ms =
			sample.detail.incident.last_ms;
	if (act == ALERT_DIGEST) {
		sample.alert.floods = &sample.detail.incident;
		sample.alert.flood_count = 1;
	}
	if (!is_of_incident(act))
		sample.alert.detail = NULL;
}

START_TEST(each_act)
{
	char *subject, *text;

	make_act(acts[_i].act, acts[_i].text);
	subject = alert_subject(&sample.alert);
	text = alert_text(&sample.alert);
	ck_assert_int_eq(strncmp(subject, "[weir] ", 7), 0);
	ck_assert_str_eq(subject + 7, acts[_i].subject);
	text[strlen(acts[_i].first)] = '\0';
	ck_assert_str_eq(text, acts[_i].first);
	free(subject);
	free(text);
}
END_TEST

/* Only what is known: a local script, no header seen, a limit of another
 * host. */
START_TEST(without_facts)
{
	static char localhost[] = "127.0.0.1", other[] = "other";
	static char client[] = "client:127.0.0.1";

	sample.who[1].value = localhost;
	sample.detail.incident.source = client;
	sample.detail.incident.limit = other;
	sample.detail.incident.before.count = 0;
	sample.detail.incident.let_in = 0;
	sample.alert.header_count = 0;
	sample.alert.milter_count = 0;
	sample.alert.head_count = 0;
	sample.alert.path = "/etc/it's.conf";
	check("[weir] incident 17: client:127.0.0.1, 352 stopped in 12s",
	      "client:127.0.0.1 floods jake@example.com.\n"
	      "352 stopped, 0 let in, 0 held since 10:44:09 UTC (12s), 29 a "
	      "second.\n\n"
	      "Who       sender script@dev.example (all), client 127.0.0.1 "
	      "(all), no\n"
	      "          login\n"
	      "To        jake@example.com (all)\n"
	      "Limit     other: above 100 in 1m\n"
	      "Others    no mail of others was stopped\n"
	      "\nweir keeps stopping it. What you may want to do:\n"
	      "  weirctl -c '/etc/it'\\''s.conf' incident 17                   "
	      "# look closer\n"
	      "  weirctl -c '/etc/it'\\''s.conf' incident 17 --take            "
	      "# it is yours\n"
	      "  weirctl -c '/etc/it'\\''s.conf' report 17 --format text       "
	      "# all about it\n"
	      "No block is proposed: incident 17 comes from a client that "
	      "several\n"
	      "senders share. Block one of its senders or logins with weirctl "
	      "block\n"
	      "SUBJECT.\n");
}
END_TEST

/* strangers */

static bool is_clean(const char *text)
{
	for (size_t left = strlen(text), bytes; left > 0;
	     text += bytes, left -= bytes) {
		bytes = text_utf8_length(text, left);
		if (bytes == 0 ||
		    (bytes == 1 && *text != '\n' &&
		     ((unsigned char)*text < ' ' || *text == 0x7f)) ||
		    (bytes > 1 && !text_is_visible(text, bytes)))
			return false;
	}
	return true;
}

/* Only weir's own lines begin like these. */
static size_t count_lines(const char *text, const char *begin)
{
	size_t count = strncmp(text, begin, strlen(begin)) == 0;

	for (const char *at = text; (at = strchr(at, '\n')) != NULL;)
		count += strncmp(++at, begin, strlen(begin)) == 0;
	return count;
}

/* `weirctl journal verify --anchors` reads a saved alert: each head that is
 * weir's, and none of a stranger. */
static size_t count_heads(const char *text)
{
	size_t count = 0;

	while (*text != '\0') {
		char line[2000];
		struct journal_head head;

		(void)snprintf(line, sizeof(line), "%.*s\r",
			       (int)strcspn(text, "\n"), text);
		count += journal_head_parse(line, &head);
		text += strcspn(text, "\n") + 1;
	}
	return count;
}

START_TEST(heads_are_anchors)
{
	static const char forged[] =
		"x journal gw1.4711.20261125T000000Z n=1 head=00000000000000000"
		"00000000000000000000000000000000000000000000000";
	char *text = alert_text(&sample.alert);

	ck_assert_uint_eq(count_heads(text), 1);
	free(text);
	sample_alert_poison(&sample, forged);
	text = alert_text(&sample.alert);
	ck_assert_uint_eq(count_heads(text), 1);
	free(text);
	sample_alert_poison(&sample, forged + 2);
	make_act(ALERT_CHANNEL_FAILING, forged + 2);
	text = alert_text(&sample.alert);
	ck_assert_uint_eq(count_heads(text), 1);
	free(text);
}
END_TEST

START_TEST(strangers_write_no_line)
{
	static const char *const begins[] = { "  weirctl ", "Who ", "Evidence",
					      "journal ",   "\n",   "--all" };
	char *subject, *text = alert_text(&sample.alert), *hostile;

	sample_alert_poison(&sample, sample_hostile[_i]);
	/* so that the same commands are proposed */
	sample.detail.incident.source = (char[]){ "sender:script@dev.example" };
	hostile = alert_text(&sample.alert);
	subject = alert_subject(&sample.alert);
	ck_assert(is_clean(hostile));
	ck_assert(is_clean(subject));
	ck_assert_ptr_null(strchr(subject, '\n'));
	ck_assert_uint_le(strlen(subject), ALERT_SUBJECT_MAX);
	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		ck_assert_uint_eq(count_lines(hostile, begins[i]),
				  count_lines(text, begins[i]));
	free(subject);
	free(text);
	free(hostile);
}
END_TEST

/* Every command of it, pasted into a shell that finds another weirctl. */
static void paste(const char *text, const char *directory)
{
	char *command = NULL;
	size_t size;
	FILE *script = open_memstream(&command, &size);

	fprintf(script,
		"cd %s && PATH=%s:$PATH && "
		"weirctl() { printf '%%s|' \"$@\" >>ran; }\n",
		directory, directory);
	for (const char *at = text; at != NULL; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, "  weirctl ", 10) == 0)
			fprintf(script, "%.*s\n", (int)strcspn(at, "\n"), at);
	}
	fclose(script);
	ck_assert_int_eq(system(command), 0);
	free(command);
}

static const char *const paths[] = { NULL, "/etc/$(touch injected)'`;#.conf" };

START_TEST(commands_are_safe_to_paste)
{
	char directory[] = "/tmp/weir-alert-XXXXXX", name[64], ran[512] = "";
	char *text;
	FILE *file;

	ck_assert_ptr_nonnull(mkdtemp(directory));
	sample_alert_poison(&sample, sample_hostile[_i]);
	sample.alert.path = paths[_i % 2];
	text = alert_text(&sample.alert);
	paste(text, directory);
	(void)snprintf(name, sizeof(name), "%s/injected", directory);
	ck_assert_int_ne(access(name, F_OK), 0);
	(void)snprintf(name, sizeof(name), "%s/ran", directory);
	file = fopen(name, "r");
	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(ran, sizeof(ran), file));
	fclose(file);
	ck_assert_str_eq(
		ran,
		_i % 2 == 0
			? "incident|17|incident|17|--take|hold|--incident|17|report|17|--format|text|"
			: "-c|/etc/$(touch injected)'`;#.conf|"
			  "incident|17|"
			  "-c|/etc/$(touch injected)'`;#.conf|"
			  "incident|17|--take|-c|/etc/$(touch injected)'`;#.conf|"
			  "hold|--incident|17|-c|/etc/$(touch injected)'`;#.conf|"
			  "report|17|--format|text|");
	unlink(name);
	rmdir(directory);
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("alert_text");
	TCase *cases = tcase_create("alert");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, opened);
	tcase_add_test(cases, over);
	tcase_add_test(cases, without_facts);
	tcase_add_test(cases, heads_are_anchors);
	tcase_add_loop_test(cases, each_act, 0,
			    (int)(sizeof(acts) / sizeof(acts[0])));
	tcase_add_loop_test(cases, strangers_write_no_line, 0,
			    sample_hostile_count());
	tcase_add_loop_test(cases, commands_are_safe_to_paste, 0,
			    sample_hostile_count());
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
