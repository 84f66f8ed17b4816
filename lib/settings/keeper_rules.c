/* SPDX-License-Identifier: ISC */

#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "alert_rules.h"
#include "endpoint.h"
#include "groups.h"
#include "reader.h"
#include "settings.h"
#include "text_list.h"

#define SECOND UINT64_C(1000)
#define HOUR   (3600 * SECOND)
#define DAY    (24 * HOUR)

static bool read_alerts(struct reader *reader, const struct field *field,
			const config_setting_t *setting, void *target)
{
	(void)field;
	alert_rules_read(reader, setting, target);
	return true;
}

static const struct field_kind field_alerts = {
	.read = read_alerts, .words = "a list ( ) of groups { }"
};

const struct field keeper_fields[] = {
	FIELD(text, "user", settings_keeper, user, .max = 32,
	      .check = field_check_name,
	      .allowed = "the name of a user, or \"\"",
	      .default_text = "weir-keeper"),
	FIELD(text, "pid_file", settings_keeper, pid_file, .max = 4095,
	      .check = field_check_path, .allowed = field_path_allowed,
	      .default_text = ""),
	FIELD(text, "page", settings_keeper, page, .max = ENDPOINT_MAX,
	      .check = endpoint_check_page, .allowed = endpoint_page_allowed,
	      .default_text = ""),
	FIELD(text_list, "names", settings_keeper, names,
	      .check = endpoint_check_host,
	      .allowed = "names of hosts, such as \"weir.example.com\""),
	FIELD(span, "remind", settings_keeper, remind_ms, .min = SECOND,
	      .max = 30 * DAY, .default_value = 4 * HOUR),
	FIELD(text, "reports", settings_keeper, reports, .max = 4000,
	      .check = field_check_path, .allowed = field_path_allowed,
	      .default_text = "/var/lib/weir/reports"),
	{ .name = "alerts", .kind = &field_alerts },
	{ .name = NULL },
};
