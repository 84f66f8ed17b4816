/* SPDX-License-Identifier: ISC */

/* What a configuration says, for people. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/units.h"
#include "lib/lint/lint.h"
#include "lib/settings/alert_rules.h"
#include "lib/settings/settings.h"
#include "service_access.h"
#include "settings_print.h"

#define DEFAULT_IPV6_PREFIX 64

static void print_errors(struct settings_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		fprintf(stderr, "%s\n", errors->lines[i]);
	settings_errors_clear(errors);
}

struct settings *settings_read_or_report(const char *path)
{
	struct settings_errors errors;
	struct settings *settings = settings_read(path, &errors);

	print_errors(&errors);
	return settings;
}

struct settings *settings_check(const char *path, unsigned int programs,
				struct settings_errors *errors_r,
				struct lint_list *advice_r)
{
	struct settings *settings = settings_read(path, errors_r);

	*advice_r = (struct lint_list){ 0 };
	if (settings == NULL)
		return NULL;
	lint_collect(settings, advice_r);
	service_access_check(settings, programs, errors_r, advice_r);
	if (errors_r->count > 0) {
		lint_clear(advice_r);
		settings_release(&settings);
	}
	return settings;
}

static void print_limits(const struct settings *settings)
{
	for (size_t i = 0; i < settings->limit_count; i++) {
		char *sentence = limit_describe(&settings->limits[i]);

		printf("  %s\n", sentence);
		free(sentence);
	}
}

static void print_exemptions(const struct settings *settings)
{
	for (size_t i = 0; i < settings->exempt_count; i++) {
		char *words = match_describe(&settings->exempt[i]);

		printf("  exempt: %s\n", words);
		free(words);
	}
}

static void print_charge(const struct settings *settings)
{
	if (settings_charge_at_data(settings))
		puts("  charged at DATA: mail of listed listeners; bytes are the "
		     "SIZE that the client declares, quarantine becomes "
		     "tempfail, discard becomes reject");
}

static void print_channel(const struct settings_alert *alert)
{
	printf("  alerts from %s: %s, ", incident_level_name(alert->from),
	       alert->name);
	if (alert->command != NULL)
		printf("command %s\n", alert->command[0]);
	else if (alert->mail == NULL)
		printf("%s to %.*s\n", alert_format_name(alert->format),
		       (int)strcspn(alert->url + strlen("https://"), "/?#") +
			       (int)strlen("https://"),
		       alert->url);
	else
		printf("mail to %s%s through %s\n", alert->mail[0],
		       alert->mail[1] != NULL ? " and others" : "",
		       alert->server);
}

static void print_keeper(const struct settings_keeper *keeper)
{
	for (size_t i = 0; i < keeper->alert_count; i++)
		print_channel(&keeper->alerts[i]);
	if (keeper->page[0] != '\0')
		printf("  status page: %s\n", keeper->page);
}

static void print_redis(const struct settings_redis *redis)
{
	static const char *const on_failure[] = {
		[ON_FAILURE_LOCAL] = "each process counts by itself",
		[ON_FAILURE_ACCEPT] = "mail is accepted without counting",
		[ON_FAILURE_TEMPFAIL] = "mail gets a tempfail",
	};
	char timeout[UNITS_TEXT_SIZE];

	printf("  redis: %s, timeout %s; when it is down, %s\n", redis->server,
	       units_format_span(redis->timeout_ms, timeout),
	       on_failure[redis->on_failure]);
}

/* Only the rules that differ from the defaults: "identity: batv = false". */
static void print_identity(const struct settings *settings)
{
	const struct address_rules *rules = &settings->identity;
	const struct address_rules *default_value = &address_rules_default;
	const struct {
		const char *name;
		bool value, default_value;
	} rows[] = {
		{ "batv", rules->batv, default_value->batv },
		{ "srs", rules->srs, default_value->srs },
		{ "verp", rules->verp, default_value->verp },
		{ "lowercase", rules->lowercase, default_value->lowercase },
		{ "alabel", rules->alabel, default_value->alabel },
		{ "routes", rules->routes, default_value->routes },
		{ "quotes", rules->quotes, default_value->quotes },
	};
	const char *separator = "  identity: ";

	if (strcmp(rules->tag, default_value->tag) != 0) {
		printf("%stag = \"%s\"", separator, rules->tag);
		separator = ", ";
	}
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].value != rows[i].default_value) {
			printf("%s%s = %s", separator, rows[i].name,
			       rows[i].value ? "true" : "false");
			separator = ", ";
		}
	if (settings->ipv6_prefix != DEFAULT_IPV6_PREFIX) {
		printf("%sipv6_prefix = %u", separator, settings->ipv6_prefix);
		separator = ", ";
	}
	if (separator[0] == ',')
		putchar('\n');
}

static void print_note(const struct settings *settings)
{
	if (strncmp(settings->listen, "inet", strlen("inet")) == 0)
		printf("note: listen is %s: over TCP an MTA waits longer for "
		       "each message than over a unix socket, see "
		       "weir-milter(8)\n",
		       settings->listen);
}

static void print_advice(const struct lint_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		printf("%s:%u: advice: %s\n", list->entries[i].file,
		       list->entries[i].line, list->entries[i].text);
}

int settings_print(const char *path, unsigned int programs)
{
	struct settings_errors errors;
	struct lint_list advice;
	struct settings *settings = settings_check(path, programs, &errors,
						   &advice);

	print_errors(&errors);
	if (settings == NULL)
		return EX_CONFIG;
	printf("%s: good, limits: %zu", settings->path, settings->limit_count);
	if (advice.count > 0)
		printf(", advice: %zu, see below", advice.count);
	putchar('\n');
	print_limits(settings);
	print_exemptions(settings);
	print_charge(settings);
	print_redis(&settings->redis);
	print_identity(settings);
	print_keeper(&settings->keeper);
	print_note(settings);
	print_advice(&advice);
	lint_clear(&advice);
	settings_release(&settings);
	return EX_OK;
}
