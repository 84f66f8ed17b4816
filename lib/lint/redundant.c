/* SPDX-License-Identifier: ISC */
/*
 * Where the mail of one limit, subject by subject, is among the mail of
 * another, the window of the other has all that the first one's has. From
 * that follow two things. If the other stops mail, it bounds what the first
 * can ever count ("out of reach"). And where the other's max is not greater
 * and its window not shorter, it is over whenever the first is ("covered").
 */
#include "redundant.h"

#include "lib/settings/limit.h"
#include "lib/settings/match_implies.h"

/*
 * A window's sum may run over one bucket more than per, at most per / 60 and
 * a little (see window.h); this is no less.
 */
#define COVER_SHARE 16
#define COVER_MORE  100

static uint64_t longest_cover(uint64_t per_ms)
{
	return per_ms + per_ms / COVER_SHARE + COVER_MORE;
}

static bool is_longer_or_same(const struct limit *other,
			      const struct limit *hidden)
{
	return other->per_ms == hidden->per_ms ||
	       other->per_ms >= longest_cover(hidden->per_ms);
}

static bool takes_mail_of(const struct limit *other, const struct limit *hidden)
{
	struct match narrow = limit_effective_match(hidden);

	return match_implies(&narrow, &other->match);
}

/* Attempts with refused recipients are counted by recipient or by message. */
static bool counts_attempts_alike(const struct limit *a, const struct limit *b)
{
	return a->count == LIMIT_COUNT_ATTEMPTS && a->key == b->key &&
	       match_has_recipient(&a->match) == match_has_recipient(&b->match);
}

/* Is each charge to hidden also one, as high at least, to other? */
static bool counts_all_of(const struct limit *other, const struct limit *hidden)
{
	return other->unit == hidden->unit &&
	       (other->key & ~hidden->key) == 0 &&
	       (hidden->count == LIMIT_COUNT_ACCEPTED ||
		counts_attempts_alike(other, hidden)) &&
	       takes_mail_of(other, hidden);
}

/*
 * No interval of other's per has more than its max, so one that is covered
 * by so many of them has at most so many times max. Bytes and recipients
 * come in any number at once and can reach any max.
 */
static bool is_out_of_reach(const struct limit *other,
			    const struct limit *hidden)
{
	uint64_t cover, times;

	if (!limit_action_stops(other->action) ||
	    hidden->unit != LIMIT_MESSAGES ||
	    hidden->count != LIMIT_COUNT_ACCEPTED)
		return false;
	cover = other->per_ms == hidden->per_ms ? hidden->per_ms
						: longest_cover(hidden->per_ms);
	times = (cover + other->per_ms - 1) / other->per_ms;
	return other->max <= (hidden->max - 1) / times;
}

static bool is_twin(const struct limit *other, const struct limit *hidden)
{
	return other->key == hidden->key && other->max == hidden->max &&
	       other->per_ms == hidden->per_ms &&
	       other->count == hidden->count &&
	       other->action == hidden->action && takes_mail_of(hidden, other);
}

/* What is too large for tempfail's max alone is rejected, not discarded. */
static bool does_as_much(const struct limit *other, const struct limit *hidden)
{
	if (hidden->action == LIMIT_TEMPFAIL &&
	    other->action == LIMIT_DISCARD && hidden->unit != LIMIT_MESSAGES)
		return false;
	return other->action > hidden->action ||
	       (other->action == hidden->action && hidden->reply == NULL);
}

/* What is only watched or held is reported by each limit on its own. */
static bool is_covered(const struct limit *other, const struct limit *hidden)
{
	return other->max <= hidden->max && is_longer_or_same(other, hidden) &&
	       does_as_much(other, hidden) &&
	       (limit_action_stops(other->action) ||
		(other->action == LIMIT_QUARANTINE &&
		 hidden->action == LIMIT_QUARANTINE));
}

enum redundant redundant_by(const struct limit *other,
			    const struct limit *hidden)
{
	if (!counts_all_of(other, hidden))
		return REDUNDANT_NONE;
	if (is_twin(other, hidden))
		return REDUNDANT_TWIN;
	if (is_out_of_reach(other, hidden))
		return REDUNDANT_OUT_OF_REACH;
	return is_covered(other, hidden) ? REDUNDANT_COVERED : REDUNDANT_NONE;
}
