/* SPDX-License-Identifier: ISC */
#include "sample_alert.h"
#include "t/lib/settings_text.h"

struct settings *sample_alert_settings(void)
{
	return settings_of("limits = ( { name = \"own-sender\"; key = "
			   "\"sender\"; max = 100; per = \"1m\"; action = "
			   "\"tempfail\"; } );");
}
