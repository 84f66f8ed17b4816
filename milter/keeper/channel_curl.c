/* SPDX-License-Identifier: ISC */
#include "channel_curl.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/settings/source.h"

void channel_curl_begin(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		alloc_fail();
}

/* Called about once a second: a transfer ends when the keeper does. */
static int look(void *context, curl_off_t to_come, curl_off_t came,
		curl_off_t to_send, curl_off_t sent)
{
	const struct channel_try *way = context;

	(void)to_come;
	(void)came;
	(void)to_send;
	(void)sent;
	return atomic_load(way->must_stop);
}

/* Not for the commands of other channels. */
static int guard_socket(void *context, curl_socket_t fd, curlsocktype purpose)
{
	(void)context;
	(void)purpose;
	return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 ? CURL_SOCKOPT_OK
						   : CURL_SOCKOPT_ERROR;
}

static void set_ca_file(CURL *curl, const struct channel_try *way)
{
	const char *name = way->rules->ca_file;
	char *directory, *path;

	if (name[0] == '\0')
		return;
	directory = source_directory(way->settings->path);
	path = name[0] == '/' ? alloc_text(name)
			      : alloc_format("%s/%s", directory, name);
	curl_easy_setopt(curl, CURLOPT_CAINFO, path);
	curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	free(path);
	free(directory);
}

CURL *channel_curl_new(struct channel_try *way, const char *protocols,
		       char fault_r[CURL_ERROR_SIZE])
{
	CURL *curl = curl_easy_init();

	fault_r[0] = '\0';
	if (curl == NULL)
		alloc_fail();
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, fault_r);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, protocols);
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
			 (long)way->times->connect_ms);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)way->times->try_ms);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION,
			 (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, way);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_SOCKOPTFUNCTION, guard_socket);
	set_ca_file(curl, way);
	return curl;
}

const char *channel_curl_fault(CURLcode code, const char *fault)
{
	if (code == CURLE_ABORTED_BY_CALLBACK)
		return "stopped";
	return fault[0] != '\0' ? fault : curl_easy_strerror(code);
}

void channel_curl_host(const char *url, char *host_r, size_t size)
{
	const char *begin = strstr(url, "://"), *at;
	size_t length;

	begin = begin == NULL ? url : begin + 3;
	length = strcspn(begin, "/?#");
	at = memchr(begin, '@', length);
	if (at != NULL) {
		length -= (size_t)(at + 1 - begin);
		begin = at + 1;
	}
	(void)snprintf(host_r, size, "%.*s", (int)length, begin);
}
