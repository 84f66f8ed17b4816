/* SPDX-License-Identifier: ISC */
#include "incident_about.h"

#include <string.h>

/* The heaviest of a dimension comes first. */
const char *incident_half(const struct incident_detail *detail,
			  enum flood_dimension dimension)
{
	const struct incident_who *top = NULL;
	uint64_t all = 0;

	for (size_t i = 0; i < detail->who_count; i++) {
		const struct incident_who *who = &detail->who[i];

		if (who->dimension != dimension)
			continue;
		if (top == NULL)
			top = who;
		all += who->messages;
	}
	return top != NULL && top->messages >= all - top->messages ? top->value
								   : NULL;
}

static bool is_among(char *const *texts, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(texts[i], text) == 0)
			return true;
	return false;
}

size_t incident_subjects(const struct incident_detail *detail,
			 char **subjects_r)
{
	size_t count = 0;

	for (size_t i = 0; i < detail->window_count; i++) {
		char *subject = detail->windows[i].subject;

		if (subject[0] != '\0' && /* that of a block */
		    !is_among(subjects_r, count, subject))
			subjects_r[count++] = subject;
	}
	return count;
}

bool incident_has_subject(const struct incident_detail *detail,
			  const char *subject)
{
	if (subject[0] == '\0')
		return false;
	for (size_t i = 0; i < detail->window_count; i++)
		if (strcmp(detail->windows[i].subject, subject) == 0)
			return true;
	return is_among(detail->marks, detail->mark_count, subject) ||
	       strcmp(detail->incident.source, subject) == 0;
}

bool incident_has_order(const struct incident_detail *detail,
			const struct order *order, uint64_t now_ms)
{
	if (!order_is_in_force(order, now_ms))
		return false;
	for (size_t i = 0; i < detail->window_count; i++)
		if (detail->windows[i].order == order->id)
			return true;
	return incident_has_subject(detail, order->subject);
}

uint64_t incident_length_ms(const struct incident_detail *detail)
{
	const struct incident *incident = &detail->incident;
	uint64_t end_ms = incident->ended_ms != 0 ? incident->last_ms
						  : detail->now_ms;

	return end_ms > incident->opened_ms ? end_ms - incident->opened_ms : 0;
}
