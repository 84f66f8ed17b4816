/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REDIS_SETTINGS_H
#define WEIR_REDIS_SETTINGS_H

/* From the group redis of weir.conf to a connection. */
struct current_settings;
struct redis_client;
struct settings;
struct settings_redis;

/* As redis_client_new(): it connects when it is used first. Redis gets
 * timeout_ms at least to answer, where no mail waits for it. */
struct redis_client *redis_settings_client(const struct settings_redis *redis,
					   unsigned int timeout_ms);

/* Makes *used (NULL: none so far) the settings in force, and *redis a client by
 * them where they are others. Both are the caller's as before. */
void redis_settings_follow(struct current_settings *current,
			   struct settings **used, struct redis_client **redis,
			   unsigned int timeout_ms);

#endif
