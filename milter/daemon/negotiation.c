/* SPDX-License-Identifier: ISC */

/*
 * Over TCP each stage with macros costs Sendmail 44 ms (two small writes, and
 * the acknowledgement of the first is late), and it has nothing to say after
 * MAIL that it did not say there. A negotiation does not reveal which MTA it is
 * with, so the connections before it decide.
 */
#include <ctype.h>
#include <stdatomic.h>

#include <libmilter/mfdef.h>

#include "lib/base/log.h"
#include "negotiation.h"

static atomic_bool has_met_sendmail, has_met_another;

void negotiation_note_mta(SMFICTX *context)
{
	const char *version = smfi_getsymval(context, (char[]){ "v" });

	if (version != NULL && isdigit((unsigned char)version[0]))
		has_met_sendmail = true;
	else
		has_met_another = true;
}

unsigned long negotiation_steps(const struct policy_needs *needs,
				bool is_stream, bool asks_data)
{
	unsigned long steps = SMFIP_NOUNKNOWN;

	if (!needs->helo)
		steps |= SMFIP_NOHELO;
	if (!needs->content)
		steps |= SMFIP_NOEOH | SMFIP_NOBODY;
	if (!needs->content && !needs->headers)
		steps |= SMFIP_NOHDRS;
	/*
	 * Over TCP a stage without an answer makes the next one wait 40 ms for
	 * the peer's delayed acknowledgement, and so do the macros of a DATA
	 * stage that was not wanted: there each stage is answered.
	 */
	if (is_stream)
		return steps;
	if (!needs->data && !asks_data)
		steps |= SMFIP_NODATA;
	steps |= SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_HDR | SMFIP_NR_EOH |
		 SMFIP_NR_BODY;
	if (!needs->rcpt_answer)
		steps |= SMFIP_NR_RCPT;
	return steps;
}

void negotiation_ask_for_macros(SMFICTX *context, bool is_stream)
{
	static const struct {
		const char *names;
		int stage;
		bool is_for_postfix;
	} lists[] = {
		{ "{daemon_name} v", SMFIM_CONNECT, false },
		{ "i {auth_authen} {mail_addr}", SMFIM_ENVFROM, false },
		{ "i {rcpt_addr}", SMFIM_ENVRCPT, true },
		{ "i", SMFIM_EOM, true },
	};
	bool is_sparing = is_stream && has_met_sendmail && !has_met_another;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const char *names = lists[i].is_for_postfix && is_sparing
					    ? ""
					    : lists[i].names;

		if (smfi_setsymlist(context, lists[i].stage,
				    (char *)(uintptr_t)names) != MI_SUCCESS)
			log_warning("the MTA did not accept the macros \"%s\"",
				    names);
	}
}
