/* SPDX-License-Identifier: ISC */

#include "current_settings.h"

#include "lib/settings/settings.h"

void current_settings_init(struct current_settings *current,
			   struct settings *settings)
{
	pthread_mutex_init(&current->lock, NULL);
	current->settings = settings_acquire(settings);
}

struct settings *current_settings_get(struct current_settings *current)
{
	struct settings *settings;

	pthread_mutex_lock(&current->lock);
	settings = settings_acquire(current->settings);
	pthread_mutex_unlock(&current->lock);
	return settings;
}

void current_settings_set(struct current_settings *current,
			  struct settings *settings)
{
	pthread_mutex_lock(&current->lock);
	settings_release(&current->settings);
	current->settings = settings_acquire(settings);
	pthread_mutex_unlock(&current->lock);
}

bool current_settings_follow(struct current_settings *current,
			     struct settings **used)
{
	struct settings *before = *used;
	bool is_new;

	*used = current_settings_get(current);
	is_new = *used != before;
	settings_release(&before);
	return is_new;
}
