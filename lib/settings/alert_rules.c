/* SPDX-License-Identifier: ISC */

/*
 * What a channel is follows from the one of command, url and mail that it has;
 * the other settings belong to one or two of these, as the table says.
 */
#include "alert_rules.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/alloc.h"
#include "lib/base/network.h"
#include "lib/base/text.h"
#include "endpoint.h"
#include "groups.h"
#include "password.h"
#include "reader.h"
#include "settings.h"
#include "source.h"
#include "text_list.h"

#define NAME_MAX_BYTES 64
#define URL_MAX	       2000

static const char *const format_names[] = { [ALERT_WEIR] = "weir",
					    [ALERT_PAGERDUTY] = "pagerduty",
					    [ALERT_SLACK] = "slack",
					    [ALERT_ALERTMANAGER] =
						    "alertmanager",
					    NULL };

const char *alert_format_name(enum settings_alert_format format)
{
	return format_names[format];
}

/* An address that is safe in a mail header and at SMTP: without quotes, since
 * these are the recipients of one site, and the server would judge the rest. */
static bool check_mail(const char *value, struct text *hint)
{
	const char *at = strrchr(value, '@');

	(void)hint;
	return at != NULL && at != value && strlen(value) <= 254 &&
	       strspn(value,
		      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		      "abcdefghijklmnopqrstuvwxyz"
		      "0123456789!#$%&'*+-/=?^_`{|}~.@") == strlen(value) &&
	       strchr(value, '@') == at && endpoint_check_host(at + 1, hint);
}

static bool check_sender(const char *value, struct text *hint)
{
	return value[0] == '\0' || check_mail(value, hint);
}

#define TEXT_ROW(member, longest, checked, words)                    \
	FIELD(text, #member, settings_alert, member, .max = longest, \
	      .check = checked, .allowed = words, .default_text = "")

static const struct field alert_fields[] = {
	FIELD(text, "name", settings_alert, name, .min = 1,
	      .max = NAME_MAX_BYTES, .check = field_check_name,
	      .allowed = "a name of 1 to 64 bytes of A-Z a-z 0-9 _ . -",
	      .is_required = true),
	FIELD(choice, "from", settings_alert, from,
	      .choices = incident_level_names,
	      .default_value = INCIDENT_WARNING),
	{ .name = "command",
	  .kind = &field_command,
	  FIELD_AT(settings_alert, command) },
	TEXT_ROW(url, URL_MAX, endpoint_check_url, endpoint_url_allowed),
	FIELD(choice, "format", settings_alert, format, .choices = format_names,
	      .default_value = ALERT_WEIR),
	FIELD(text_list, "mail", settings_alert, mail, .check = check_mail,
	      .allowed = "addresses, such as \"noc@example.com\""),
	TEXT_ROW(server, ENDPOINT_MAX, endpoint_check_smtp,
		 endpoint_smtp_allowed),
	TEXT_ROW(sender, 254, check_sender,
		 "an address, such as \"weir@example.com\", or \"\""),
	TEXT_ROW(user, 200, field_check_graphic,
		 "at most 200 bytes of printable ASCII without spaces"),
	TEXT_ROW(ca_file, 4095, NULL, "the path of a file, or \"\""),
	TEXT_ROW(secret_file, 4095, NULL,
		 "the path of a file, \"credential:NAME\" or \"\""),
	{ .name = NULL },
};

enum {
	COMMAND = 1,
	WEBHOOK = 2,
	MAIL = 4
};

/* Which kinds of channel a setting is for. */
static const struct {
	const char *name;
	int kinds;
} places[] = {
	{ "format", WEBHOOK },
	{ "server", MAIL },
	{ "sender", MAIL },
	{ "user", MAIL },
	{ "ca_file", WEBHOOK | MAIL },
	{ "secret_file", WEBHOOK | MAIL },
};

static int kinds_of(const config_setting_t *group)
{
	int kinds = 0;

	if (config_setting_get_member(group, "command") != NULL)
		kinds |= COMMAND;
	if (config_setting_get_member(group, "url") != NULL)
		kinds |= WEBHOOK;
	if (config_setting_get_member(group, "mail") != NULL)
		kinds |= MAIL;
	return kinds;
}

static void refuse_strays(struct reader *reader, const config_setting_t *group,
			  int kind)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const config_setting_t *member = config_setting_get_member(
			group, places[i].name);

		if (member != NULL && (places[i].kinds & kind) == 0)
			reader_error(reader, member,
				     "found it in a channel with %s, allowed "
				     "is it only with %s",
				     kind == COMMAND   ? "command"
				     : kind == WEBHOOK ? "url"
						       : "mail",
				     places[i].kinds == WEBHOOK ? "url"
				     : places[i].kinds == MAIL	? "mail"
							       : "url or mail");
	}
}

static void check_kind(struct reader *reader, const config_setting_t *group,
		       const struct settings_alert *alert)
{
	int kinds = kinds_of(group);

	if (kinds != COMMAND && kinds != WEBHOOK && kinds != MAIL) {
		reader_error(reader, group,
			     "found %s of command, url and mail, allowed is "
			     "one",
			     kinds == 0 ? "none" : "more than one");
		return;
	}
	refuse_strays(reader, group, kinds);
	if (kinds == MAIL && config_setting_get_member(group, "server") == NULL)
		reader_miss(reader, group, "server", endpoint_smtp_allowed);
	if (kinds == MAIL && alert->user[0] != '\0' &&
	    alert->secret_file[0] == '\0')
		reader_miss(reader, group, "secret_file",
			    "the file with the password of user");
	if (alert->format == ALERT_PAGERDUTY && alert->secret_file[0] == '\0')
		reader_miss(reader, group, "secret_file",
			    "the file with the routing key of PagerDuty");
}

void alert_rules_read(struct reader *reader, const config_setting_t *list,
		      struct settings_keeper *keeper)
{
	unsigned int count = reader_count(list);

	if (count > KEEPER_ALERTS_MAX) {
		reader_error(reader, list,
			     "found %u channels, allowed are at most %d", count,
			     KEEPER_ALERTS_MAX);
		return;
	}
	keeper->alerts = alloc_array(count, sizeof(*keeper->alerts));
	keeper->alert_count = count;
	for (unsigned int i = 0; i < count; i++) {
		const config_setting_t *group = reader_element(list, i);
		struct settings_alert *alert = &keeper->alerts[i];

		alert->file = reader_file(reader, group);
		alert->line = (int)config_setting_source_line(group);
		field_default(alert_fields, alert);
		if (!reader_read_group(reader, alert_fields, group, alert))
			continue;
		if (alert->name != NULL)
			reader_refuse_double(reader, list, i);
		check_kind(reader, group, alert);
	}
}

void alert_rules_clear(struct settings_alert *alert)
{
	field_clear(alert_fields, alert);
	free(alert->file);
}

char *alert_rules_secret(const struct settings *settings,
			 const struct settings_alert *alert, char **reason_r)
{
	char *directory, *path, *reason, *secret = NULL;

	*reason_r = NULL;
	if (alert->secret_file[0] == '\0')
		return NULL;
	directory = source_directory(settings->path);
	path = password_path(directory, alert->secret_file, &reason);
	if (path != NULL)
		secret = password_read(path, &reason);
	if (secret == NULL)
		*reason_r = alloc_format(
			"%s:%d: keeper.alerts.%s.secret_file: %s",
			alert->file != NULL ? alert->file : settings->path,
			alert->line, alert->name, reason);
	free(reason);
	free(path);
	free(directory);
	return secret;
}
