/* SPDX-License-Identifier: ISC */
#ifndef WEIR_EVIDENCE_KEY_H
#define WEIR_EVIDENCE_KEY_H

/*
 * The key under which recipients are hashed in the journal, in a file beside
 * it that only its owner can read: after a restart, too, equal recipients stay
 * equal.
 */
#define EVIDENCE_KEY_SIZE 32

/*
 * Reads DIRECTORY/recipients.key, or makes it. Where neither works the key is
 * one of this process alone, and that is logged.
 */
void evidence_key_load(const char *directory,
		       unsigned char key_r[EVIDENCE_KEY_SIZE]);

#endif
