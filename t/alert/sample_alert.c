/* SPDX-License-Identifier: ISC */
#include "sample_alert.h"

#include <string.h>

#define HALF_KB                                                            \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

const char *const sample_hostile[] = {
	"a@x.test\r\nBcc: b@x.test\r\n\r\nbody",
	"\x1b[2J\x1b]0;title\x07",
	"<script>alert(1)</script>",
	"\"; rm -rf / #",
	"'; touch injected; '",
	"`touch injected`$(touch injected)",
	"\n  weirctl hold --all\n",
	"\\\" } , \"act\": \"over\"",
	"\xe2\x80\xae\xe2\x81\xa6moc.elpmaxe\xe2\x80\x8b",
	"<!channel> <!here> <@U024BE7LH> <https://evil.test|Bank> &lt;",
	"=?utf-8?q?hello?=",
	"*bold* _it_ ~no~ :boom: @here",
	"\xff\xfe\x80 \xc0\xaf",
	".\r\n.\r\nQUIT\r\n",
	HALF_KB HALF_KB HALF_KB HALF_KB HALF_KB HALF_KB HALF_KB "aaaa",
	NULL,
};

static char *literal(const char *text)
{
	return (char *)(uintptr_t)text; /* that nobody frees */
}

static void make_incident(struct sample_alert *sample)
{
	sample->before[0] = 5;
	sample->before[1] = 2;
	sample->earlier[0] = (struct alert_earlier){
		5, SAMPLE_OPENED_MS - UINT64_C(5 * 86400000)
	};
	sample->earlier[1] = (struct alert_earlier){
		2, SAMPLE_OPENED_MS - UINT64_C(7 * 86400000)
	};
	sample->detail.incident = (struct incident){
		.number = 17,
		.uid = literal("1795603449000-17"),
		.state = INCIDENT_OPEN,
		.level = INCIDENT_WARNING,
		.opened_ms = SAMPLE_OPENED_MS,
		.last_ms = SAMPLE_OPENED_MS + 12000,
		.limit = literal("own-sender"),
		.subject = literal("sender:script@dev.example"),
		.per_ms = 60000,
		.max = 100,
		.source = literal("sender:script@dev.example"),
		.stopped = 352,
		.let_in = 100,
		.bytes = 36864,
		.windows = 1,
		.peak = 352,
		.taken_by = literal(""),
		.before = { sample->before, 2 },
	};
}

static void make_detail(struct sample_alert *sample)
{
	struct incident_detail *detail = &sample->detail;

	sample->windows[0] = (struct incident_window){
		.name = literal("own-sender:60000:sender:script@dev.example"),
		.limit = literal("own-sender"),
		.subject = literal("sender:script@dev.example"),
		.stopped = 352,
		.last_ms = SAMPLE_OPENED_MS + 12000,
		.max = 100,
	};
	detail->windows = sample->windows;
	detail->window_count = 1;
	sample->who[0] = (struct incident_who){ FLOOD_SENDER,
						literal("script@dev.example"),
						352 };
	sample->who[1] = (struct incident_who){ FLOOD_CLIENT,
						literal("10.20.0.7"), 352 };
	sample->who[2] = (struct incident_who){ FLOOD_RECIPIENT,
						literal("jake@example.com"),
						352 };
	detail->who = sample->who;
	detail->who_count = 3;
	detail->now_ms = SAMPLE_OPENED_MS + 12000;
}

static void make_rest(struct sample_alert *sample)
{
	sample->headers[0] = (struct alert_header){ "subject", "newsletter #",
						    9, 9 };
	sample->headers[1] = (struct alert_header){ "php_script",
						    "33:cdomail.php", 9, 9 };
	sample->headers[2] = (struct alert_header){ "mailer", "PHPMailer 6.8",
						    9, 9 };
	sample->milters[0] = "gw1";
	sample->milters[1] = "gw2";
	strcpy(sample->head.name, "gw1.4711.20261125T000000Z");
	sample->head.n = 4711;
	strcpy(sample->head.hash, "9f3a0c5d7b1e2f4a6c8d0e1f2a3b4c5d6e7f8091a2b3"
				  "c4d5e6f708192a3b4c5d");
}

void sample_alert_make(struct sample_alert *sample,
		       const struct settings *settings)
{
	memset(sample, 0, sizeof(*sample));
	make_incident(sample);
	make_detail(sample);
	make_rest(sample);
	sample->alert = (struct alert){
		.act = ALERT_OPENED,
		.level = INCIDENT_WARNING,
		.when_ms = SAMPLE_OPENED_MS + 12000,
		.uid = sample->detail.incident.uid,
		.prefix = "weir",
		.host = "gw1.example.net",
		.text = "",
		.settings = settings,
		.detail = &sample->detail,
		.headers = sample->headers,
		.header_count = 3,
		.before = sample->earlier,
		.before_count = 2,
		.milters = sample->milters,
		.milter_count = 2,
		.heads = &sample->head,
		.head_count = 1,
	};
}

void sample_alert_poison(struct sample_alert *sample, const char *text)
{
	sample->detail.incident.source = literal(text);
	sample->detail.incident.subject = literal(text);
	sample->detail.incident.limit = literal(text);
	sample->windows[0].subject = literal(text);
	sample->alert.text = text;
	sample->alert.milters = &sample->alert.text;
	sample->alert.milter_count = 1;
	for (size_t i = 0; i < sample->detail.who_count; i++)
		sample->who[i].value = literal(text);
	for (size_t i = 0; i < sample->alert.header_count; i++)
		sample->headers[i].value = text;
}

int sample_hostile_count(void)
{
	int count = 0;

	while (sample_hostile[count] != NULL)
		count++;
	return count;
}
