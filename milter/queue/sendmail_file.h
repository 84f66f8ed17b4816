/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SENDMAIL_FILE_H
#define WEIR_SENDMAIL_FILE_H

/*
 * Reads what Sendmail's listing cuts or leaves out of a message's control
 * file: "qf" and the queue id, "hf" where it is quarantined (Sendmail
 * Installation and Operation Guide, appendix B). Only read, never written.
 */
#include "queue.h"

/*
 * Puts sender, recipients, arrival, client and size (header and body) in the
 * place of what message has. directory is that of the listing. False when
 * there is no such file, it may not be read, or it is not understood; then
 * message is as it was.
 */
bool sendmail_file_read(const char *directory, struct queue_message *message);

#endif
