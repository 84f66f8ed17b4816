/* SPDX-License-Identifier: ISC */
/*
 * The tables of weir.conf, and the way from a path to a snapshot: the files
 * are looked through for what libconfig misreads, libconfig parses them, the
 * tables read the tree. One that finds an error does not stop the others.
 */
#include "settings.h"

#include <stdlib.h>
#include <string.h>

#include <libconfig.h>

#include "lib/base/alloc.h"
#include "lib/base/letter.h"
#include "lib/base/text.h"
#include "errors.h"
#include "endpoint.h"
#include "list_read.h"
#include "groups.h"
#include "match_read.h"
#include "libconfig_fix.h"
#include "reader.h"
#include "source.h"
#include "text_list.h"

#define EXEMPT_MAX 256

static bool check_ascii(const char *value, struct text *hint)
{
	(void)hint;
	return letter_all_ascii(value, ' ');
}

static bool read_mode(struct reader *reader, const struct field *field,
		      const config_setting_t *setting, void *target)
{
	const char *value = config_setting_get_string(setting);
	size_t length = value == NULL ? 0 : strlen(value);

	(void)reader;
	if (length < 3 || length > 4 || strspn(value, "01234567") != length ||
	    strtoul(value, NULL, 8) > field->max)
		return false;
	field_store(field, target, strtoul(value, NULL, 8));
	return true;
}

static void allow_mode(const struct field *field, struct text *text)
{
	text_add_format(text, "an octal mode in quotes, \"000\" to \"%04llo\"",
			(unsigned long long)field->max);
}

static const struct field_kind field_mode = { .read = read_mode,
					      .allow = allow_mode };

/* What may start a tag: punctuation of an atom (RFC 5322, 3.2.3). */
static bool read_tag(struct reader *reader, const struct field *field,
		     const config_setting_t *setting, void *target)
{
	struct settings *settings = target;
	const char *value = config_setting_get_string(setting);
	size_t length = value == NULL ? 0 : strlen(value);

	(void)reader;
	(void)field;
	if (value == NULL || length >= sizeof(settings->identity.tag) ||
	    strspn(value, "!#$%&'*+-/=?^_`{|}~") != length)
		return false;
	memcpy(settings->identity.tag, value, length + 1);
	return true;
}

static void allow_tag(const struct field *field, struct text *text)
{
	(void)field;
	text_add_format(text,
			"at most %d of ! # $ %% & ' * + - / = ? ^ _ ` { | } ~",
			ADDRESS_TAG_SIZE - 1);
}

static const struct field_kind field_tag = { .read = read_tag,
					     .allow = allow_tag };

#define GROUP_ROW(member, table) \
	FIELD(group, #member, settings, member, .members = table)
#define RULE_ROW(rule) \
	FIELD(bool, #rule, settings, identity.rule, .default_value = 0)

/* Their defaults are those of address_rules_default. */
static const struct field identity_fields[] = {
	{ .name = "tag", .kind = &field_tag, FIELD_AT(settings, identity.tag) },
	RULE_ROW(batv),
	RULE_ROW(srs),
	RULE_ROW(verp),
	RULE_ROW(lowercase),
	RULE_ROW(alabel),
	RULE_ROW(routes),
	RULE_ROW(quotes),
	FIELD(number, "ipv6_prefix", settings, ipv6_prefix, .min = 16,
	      .max = 128, .default_value = 64),
	{ .name = NULL },
};

#define MINUTE UINT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static const struct field journal_fields[] = {
	FIELD(text, "directory", settings, journal.directory, .max = 4000,
	      .check = field_check_path, .allowed = field_path_allowed,
	      .default_text = "/var/lib/weir/journal"),
	FIELD(span, "keep", settings, journal.keep_ms, .min = DAY,
	      .max = 3660 * DAY, .default_value = 90 * DAY),
	{ .name = "anchor",
	  .kind = &field_command,
	  FIELD_AT(settings, journal.anchor) },
	{ .name = NULL },
};

/* All thresholds of incidents; they are judgement. */
#define SPAN_ROW(words, member, from, to, otherwise)                          \
	FIELD(span, words, settings_incident, member, .min = from, .max = to, \
	      .default_value = otherwise)
#define NUMBER_ROW(member, otherwise)                               \
	FIELD(number, #member, settings_incident, member, .min = 1, \
	      .max = 1000000, .default_value = otherwise)

static const struct field incident_fields[] = {
	SPAN_ROW("quiet", quiet_ms, 1000, DAY, 15 * MINUTE),
	SPAN_ROW("over", over_ms, 1000, 30 * DAY, DAY),
	FIELD(clients, "shared", settings_incident, shared,
	      .list = &entry_network),
	NUMBER_ROW(serious_times, 10),
	NUMBER_ROW(serious_windows, 5),
	SPAN_ROW("serious_after", serious_after_ms, 1000, 30 * DAY, HOUR),
	NUMBER_ROW(critical_times, 100),
	NUMBER_ROW(critical_others, 100),
	{ .name = NULL },
};

static const char *const headers_names[] = { "near", "always", "never", NULL };
static const char *const subjects_names[] = { "keep", "fold", "no", NULL };
static const char *const recipients_names[] = { "keep", "hash", NULL };

static const struct field evidence_fields[] = {
	FIELD(choice, "headers", settings_evidence, headers,
	      .choices = headers_names, .default_value = HEADERS_NEAR),
	FIELD(choice, "subjects", settings_evidence, subjects,
	      .choices = subjects_names, .default_value = SUBJECTS_KEEP),
	FIELD(choice, "recipients", settings_evidence, hashes_recipients,
	      .choices = recipients_names, .default_value = false),
	{ .name = NULL },
};

static bool read_networks(struct reader *reader, const struct field *field,
			  const config_setting_t *setting, void *target)
{
	(void)field;
	(void)target;
	return match_read_networks(reader, setting);
}

static const struct field_kind field_networks = { .read = read_networks,
						  .words = "a group { }" };

static void read_exemption(struct reader *reader, const config_setting_t *group,
			   struct match *match)
{
	if (match_read(reader, group, match) &&
	    config_setting_length(group) == 0)
		reader_error(reader, group,
			     "found an empty group, which would exempt all "
			     "mail, allowed is one with members");
}

static bool read_exempt(struct reader *reader, const struct field *field,
			const config_setting_t *setting, void *target)
{
	struct settings *settings = target;
	unsigned int count = reader_count(setting);

	if (count > field->max) {
		reader_error(reader, setting,
			     "found %u groups, allowed are at most %d", count,
			     (int)field->max);
		return true;
	}
	settings->exempt = alloc_array(count, sizeof(*settings->exempt));
	settings->exempt_count = count;
	for (unsigned int i = 0; i < count; i++)
		read_exemption(reader, reader_element(setting, i),
			       &settings->exempt[i]);
	return true;
}

static const struct field_kind field_exempt = {
	.read = read_exempt, .words = "a list ( ) of groups { }"
};

static bool read_limits(struct reader *reader, const struct field *field,
			const config_setting_t *setting, void *target)
{
	struct settings *settings = target;

	(void)field;
	limit_read_all(reader, setting, &settings->limits,
		       &settings->limit_count);
	return true;
}

static const struct field_kind field_limits = {
	.read = read_limits, .words = "a list ( ) of at least one limit { }"
};

/* identity and networks come before what is read with them. */
const struct field settings_fields[] = {
	FIELD(text, "listen", settings, listen, .max = ENDPOINT_MAX,
	      .check = endpoint_check_listen,
	      .allowed = endpoint_listen_allowed,
	      .default_text = "unix:/run/weir/milter.sock"),
	FIELD(mode, "listen_mode", settings, listen_mode, .max = 0777,
	      .default_value = 0660),
	FIELD(text, "listen_group", settings, listen_group, .max = 32,
	      .check = field_check_name,
	      .allowed = "the name of a group, or \"\"", .default_text = ""),
	FIELD(text, "user", settings, user, .max = 32,
	      .check = field_check_name,
	      .allowed = "the name of a user, or \"\"", .default_text = ""),
	FIELD(text, "contact", settings, contact, .min = 1, .max = 200,
	      .check = check_ascii,
	      .allowed = "1 to 200 bytes of printable ASCII",
	      .default_text = "the postmaster"),
	FIELD(text, "pid_file", settings, pid_file, .max = 4095,
	      .check = field_check_path, .allowed = field_path_allowed,
	      .default_text = ""),
	FIELD(span, "cache", settings, cache_ms, .max = 1000,
	      .default_value = 1000),
	FIELD(number, "memory_subjects", settings, memory_subjects, .min = 1000,
	      .max = 10000000, .default_value = 100000),
	FIELD(patterns, "charge_at_data", settings, charge_at_data,
	      .list = &entry_listener),
	{ .name = "redis",
	  .kind = &field_redis,
	  FIELD_AT(settings, redis),
	  .members = redis_fields },
	{ .name = "journal", .kind = &field_group, .members = journal_fields },
	{ .name = "identity",
	  .kind = &field_group,
	  .members = identity_fields },
	{ .name = "networks", .kind = &field_networks },
	GROUP_ROW(incident, incident_fields),
	GROUP_ROW(evidence, evidence_fields),
	GROUP_ROW(keeper, keeper_fields),
	FIELD(text, "metrics", settings, metrics, .max = ENDPOINT_MAX,
	      .check = endpoint_check_metrics,
	      .allowed = endpoint_metrics_allowed, .default_text = ""),
	{ .name = "exempt",
	  .kind = &field_exempt,
	  FIELD_AT(settings, exempt),
	  .max = EXEMPT_MAX },
	{ .name = "limits",
	  .kind = &field_limits,
	  FIELD_AT(settings, limits),
	  .is_required = true },
	{ .name = NULL },
};

/* libconfig stops at the first. */
static void report_syntax(const struct reader *reader, const config_t *config)
{
	const char *file = config_error_file(config);
	char *path;

	if (config_error_type(config) == CONFIG_ERR_FILE_IO || file == NULL) {
		errors_add(reader->errors, reader->path, 0,
			   "settings: found no readable file, allowed is "
			   "one");
		return;
	}
	path = reader_file_name(reader, file);
	errors_add(reader->errors, path,
		   (unsigned int)config_error_line(config),
		   "syntax: found %s here or just before, allowed is "
		   "\"name = value;\" with each name once in its group",
		   config_error_text(config));
	free(path);
}

static void parse(struct reader *reader, const char *include_directory,
		  struct settings *settings)
{
	char *absolute = NULL;
	config_t config;

	config_init(&config);
	if (include_directory != NULL) {
		absolute = source_absolute(include_directory);
		reader->include_directory = absolute;
		config_set_include_dir(&config, absolute);
	}
	if (config_read_file(&config, reader->path))
		reader_read_group(reader, settings_fields,
				  config_root_setting(&config), settings);
	else
		report_syntax(reader, &config);
	match_forget_networks(reader);
	config_destroy(&config);
	free(absolute);
}

struct settings *settings_read(const char *path,
			       struct settings_errors *errors_r)
{
	struct settings *settings = settings_new(path);
	struct errors errors = { 0 };
	char *directory = source_directory(path);
	struct reader reader = { .path = path,
				 .directory = directory,
				 .errors = &errors,
				 .files = &settings->files,
				 .rules = &settings->identity };
	struct libconfig_fix fix = { .files = &settings->files };

	errors_name_file(&errors, path);
	libconfig_fix_file(path, directory, &errors, &fix);
	if (fix.may_parse)
		parse(&reader, fix.include_directory, settings);
	errors_finish(&errors, errors_r);
	if (errors_r->count > 0)
		settings_release(&settings);
	free(directory);
	return settings;
}
