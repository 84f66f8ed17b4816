/* SPDX-License-Identifier: ISC */

/* Channels of alerts that the flood itself may keep silent, and such that
 * cannot work as they are. */
#include "lint_question.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/network.h"
#include "lib/base/pattern.h"
#include "lib/base/text.h"
#include "lib/settings/settings.h"

#define HOST_SIZE 256

/* "smtp://mx.example.net:25" is mx.example.net. */
static char *host_of(const char *server)
{
	const char *host = strstr(server, "://");
	size_t length;

	host = host == NULL ? server : host + 3;
	if (host[0] == '[')
		return alloc_copy(host + 1, strcspn(host + 1, "]"));
	length = strcspn(host, ":/");
	return alloc_copy(host, length);
}

static bool is_this_host(const char *host)
{
	struct network_address address;
	char own[HOST_SIZE];

	if (strcasecmp(host, "localhost") == 0)
		return true;
	if (network_parse(host, &address))
		return network_is_loopback(&address);
	return gethostname(own, sizeof(own)) == 0 && strcasecmp(host, own) == 0;
}

static bool is_exempt(const struct settings *settings, const char *sender)
{
	for (size_t i = 0; i < settings->exempt_count; i++) {
		const struct pattern_list *senders =
			settings->exempt[i].in.sender;

		if (senders != NULL &&
		    pattern_list_matches(senders, sender, strlen(sender)))
			return true;
	}
	return false;
}

/* The MTA of this host asks a weir that reads this file, as it seems. */
static void ask_mail(const struct settings *settings, size_t index,
		     struct text *text)
{
	const struct settings_alert *alert = &settings->keeper.alerts[index];
	char *host;

	if (alert->mail == NULL)
		return;
	host = host_of(alert->server);
	if (is_this_host(host)) {
		text_add_format(text,
				"%s is this host, whose queue a flood fills: "
				"name the server where the mail is read",
				alert->server);
		if (alert->sender[0] == '\0')
			text_add_string(text, ", or set sender, and exempt it "
					      "with client = [ \"127.0.0.0/8\" "
					      "]");
		else if (!is_exempt(settings, alert->sender))
			text_add_format(text,
					", or exempt sender = [ \"%s\" ] with "
					"client = [ \"127.0.0.0/8\" ], so that "
					"no limit refuses it",
					alert->sender);
	}
	free(host);
}

static void ask_http(const struct settings *settings, size_t index,
		     struct text *text)
{
	const struct settings_alert *alert = &settings->keeper.alerts[index];

	if (strncasecmp(alert->url, "http://", strlen("http://")) == 0)
		text_add_string(text,
				"http: does not prove who answers, and while "
				"the receiver is down any account of this host "
				"can listen there; use https, with ca_file for "
				"a certificate of your own");
}

static void ask_command(const struct settings *settings, size_t index,
			struct text *text)
{
	const struct settings_alert *alert = &settings->keeper.alerts[index];
	const char *path = alert->command == NULL ? NULL : alert->command[0];
	struct stat stat_of;

	if (path == NULL)
		return;
	if (stat(path, &stat_of) != 0)
		text_add_format(text, "cannot run %s on this host: %s", path,
				strerror(errno));
	else if (!S_ISREG(stat_of.st_mode) || (stat_of.st_mode & 0111) == 0)
		text_add_format(text, "%s is not executable", path);
}

/* Asked of the first: a site with no channel has no alerts, and knows. */
static void ask_level(const struct settings *settings, size_t index,
		      struct text *text)
{
	const struct settings_keeper *keeper = &settings->keeper;
	enum incident_level least = INCIDENT_CRITICAL;

	for (size_t i = 0; i < keeper->alert_count; i++)
		if (keeper->alerts[i].from < least)
			least = keeper->alerts[i].from;
	if (index == 0 && least > INCIDENT_WARNING)
		text_add_format(text,
				"no channel has from = \"warning\", so nobody "
				"hears of a flood before it is %s; add one",
				incident_level_name(least));
}

const struct lint_question lint_channel_questions[] = {
	{ ask_level, false },	{ ask_mail, false }, { ask_http, false },
	{ ask_command, false }, { NULL, false },
};
