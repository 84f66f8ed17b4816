/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ECLIPSE_H
#define WEIR_ECLIPSE_H

/*
 * Without this a limit that another leaves nothing to do would stand in the
 * file and be believed in.
 *
 * Does one limit take all the work from another? Only what is certain for
 * any mail is claimed, as the file stands: orders (an override, a permit)
 * can still let the hidden limit come up. Pure.
 */
struct limit;

enum eclipse {
	ECLIPSE_NONE,	      /* not that we know */
	ECLIPSE_TWIN,	      /* each does what the other does */
	ECLIPSE_COVERED,      /* whenever hidden is over, so is the other,
				 which does as much or more */
	ECLIPSE_OUT_OF_REACH, /* the other stops mail before hidden's max */
};

/* What other does to hidden. */
enum eclipse eclipse_of(const struct limit *other, const struct limit *hidden);

#endif
