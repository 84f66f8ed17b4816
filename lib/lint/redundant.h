/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REDUNDANT_H
#define WEIR_REDUNDANT_H

/*
 * Does one limit leave another nothing to do? Only what is certain for any
 * mail is claimed, as the file is written: orders (an override, a permit) can
 * still let the redundant limit act. Pure.
 */
struct limit;

enum redundant {
	REDUNDANT_NONE,		/* not that we know */
	REDUNDANT_TWIN,		/* each does what the other does */
	REDUNDANT_COVERED,	/* whenever hidden is over, so is the other,
				 which does as much or more */
	REDUNDANT_OUT_OF_REACH, /* the other stops mail before hidden's max */
};

/* What other does to hidden. */
enum redundant redundant_by(const struct limit *other,
			    const struct limit *hidden);

#endif
