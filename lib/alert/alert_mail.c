/* SPDX-License-Identifier: ISC */

/* Text that is not ASCII is written as RFC 2045 (quoted-printable) and RFC 2047
 * (Q) want it; so is what only looks like that. */
#include "alert_mail.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/moment.h"
#include "lib/base/text.h"
#include "alert_text.h"

#define MAIL_SIZE      (128 * 1024) /* bytes, of a text of 16 KB at its worst */
#define QUOTED_MAX     75	    /* columns before the "=" at the end */
#define WORD_MAX       66 /* of one encoded word: a line has 76 with "Subject: " */
#define WORD_BEGIN     "=?utf-8?q?"
#define ADDRESS_MAX    320
#define DOMAIN_UNKNOWN "weir.invalid"

static bool is_ascii(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text >= 0x7f)
			return false;
	return true;
}

/* the subject */

static bool is_plain_in_word(unsigned char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9');
}

/* Whole characters, as many as one encoded word can have. */
static size_t add_word(struct text *text, const char *data, size_t length)
{
	size_t done = 0, columns = strlen(WORD_BEGIN) + strlen("?=");

	text_add_string(text, WORD_BEGIN);
	while (done < length) {
		bool is_plain = is_plain_in_word((unsigned char)data[done]);
		size_t bytes = text_utf8_length(data + done, length - done);

		bytes = bytes == 0 ? 1 : bytes;
		columns += is_plain ? 1 : 3 * bytes;
		if (columns > WORD_MAX)
			break;
		for (size_t i = 0; i < bytes; i++, done++)
			text_add_format(text, is_plain ? "%c" : "=%02X",
					(unsigned char)data[done]);
	}
	text_add_string(text, "?=");
	return done;
}

static void add_subject(struct text *text, const char *subject)
{
	size_t length = strlen(subject);

	text_add_string(text, "Subject: ");
	if (is_ascii(subject) && strstr(subject, "=?") == NULL) {
		text_add_format(text, "%s\r\n", subject);
		return;
	}
	while (length > 0) {
		size_t done = add_word(text, subject, length);

		subject += done;
		length -= done;
		text_add_string(text, length > 0 ? "\r\n " : "\r\n");
	}
}

/* the other headers */

/* What an address or an id may have in a header; all else is left out. */
static void add_atom(struct text *text, const char *from, const char *but)
{
	size_t length = strlen(from);

	for (size_t i = 0; i < length && i < ADDRESS_MAX; i++)
		if (from[i] > ' ' && from[i] < 0x7f &&
		    strchr(but, from[i]) == NULL)
			text_add(text, &from[i], 1);
}

static void add_addresses(struct text *text, const struct alert_mail *mail)
{
	static const char ends_it[] = "<>,;:\\\"()";

	text_add_string(text, "From: weir <");
	add_atom(text, mail->from, ends_it);
	text_add_string(text, ">\r\nTo: ");
	for (size_t i = 0; i < mail->to_count; i++) {
		text_add_string(text, i == 0 ? "<" : ",\r\n <");
		add_atom(text, mail->to[i], ends_it);
		text_add_string(text, ">");
	}
	text_add_string(text, "\r\n");
}

/* The domain of the first recipient, so that it is the same whichever keeper
 * sends it. */
static void add_id(struct text *text, const struct alert *alert,
		   const struct alert_mail *mail, bool is_root)
{
	static const char ends_it[] = "<>@,;:\\\"()[]";
	const char *at = strrchr(mail->to[0], '@');

	text_add_string(text, "<weir.");
	add_atom(text, alert->prefix, ends_it);
	text_add_string(text, ".");
	add_atom(text, alert->uid, ends_it);
	if (!is_root) {
		text_add_string(text, ".");
		add_atom(text, alert_act_name(alert->act), ends_it);
		text_add_format(text, ".%llu",
				(unsigned long long)alert->when_ms);
	}
	text_add_string(text, "@");
	add_atom(text, at == NULL ? DOMAIN_UNKNOWN : at + 1, ends_it);
	text_add_string(text, ">\r\n");
}

/* Does it begin a thread? */
static bool is_first(enum alert_act act)
{
	return act == ALERT_OPENED || act == ALERT_REDIS_AWAY ||
	       act == ALERT_MILTER_SILENT || act == ALERT_CHANNEL_FAILING ||
	       act == ALERT_DIGEST || act == ALERT_TEST;
}

static void add_thread(struct text *text, const struct alert *alert,
		       const struct alert_mail *mail)
{
	bool begins = is_first(alert->act);

	text_add_string(text, "Message-ID: ");
	add_id(text, alert, mail, begins);
	if (begins)
		return;
	text_add_string(text, "In-Reply-To: ");
	add_id(text, alert, mail, true);
	text_add_string(text, "References: ");
	add_id(text, alert, mail, true);
}

/* the body */

static void add_plain(struct text *text, const char *body)
{
	for (; *body != '\0'; body++)
		if (*body == '\n')
			text_add_string(text, "\r\n");
		else
			text_add(text, body, 1);
}

static bool is_quoted(const char *at)
{
	unsigned char byte = (unsigned char)*at;

	return byte >= 0x7f || byte == '=' || byte < ' ' ||
	       (byte == ' ' && at[1] == '\n');
}

static void add_quoted(struct text *text, const char *body)
{
	size_t column = 0;

	for (; *body != '\0'; body++) {
		size_t width = *body != '\n' && is_quoted(body) ? 3 : 1;

		if (*body == '\n') {
			text_add_string(text, "\r\n");
			column = 0;
			continue;
		}
		if (column + width > QUOTED_MAX) {
			text_add_string(text, "=\r\n");
			column = 0;
		}
		text_add_format(text, width == 3 ? "=%02X" : "%c",
				(unsigned char)*body);
		column += width;
	}
}

char *alert_mail_make(const struct alert *alert, const struct alert_mail *mail)
{
	char *buffer = alloc_array(MAIL_SIZE, 1);
	char *subject = alert_subject(alert), *body = alert_text(alert);
	char date[MOMENT_TEXT_SIZE];
	bool is_7bit = is_ascii(body);
	struct text text;

	text_init(&text, buffer, MAIL_SIZE);
	text_add_format(&text, "Date: %s +0000\r\n",
			moment_format_date(mail->now_ms, date));
	add_addresses(&text, mail);
	add_subject(&text, subject);
	add_thread(&text, alert, mail);
	text_add_format(&text,
			"Auto-Submitted: auto-generated\r\n"
			"X-Weir-Act: %s\r\n"
			"X-Weir-Level: %s\r\n"
			"MIME-Version: 1.0\r\n"
			"Content-Type: text/plain; charset=utf-8\r\n"
			"Content-Transfer-Encoding: %s\r\n\r\n",
			alert_act_name(alert->act),
			incident_level_name(alert->level),
			is_7bit ? "7bit" : "quoted-printable");
	if (is_7bit)
		add_plain(&text, body);
	else
		add_quoted(&text, body);
	free(subject);
	free(body);
	return buffer;
}
