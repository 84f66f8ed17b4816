/* SPDX-License-Identifier: ISC */
/*
 * The mode is that of the file that was opened, not of what the path named a
 * moment before; what was read is wiped before its memory is given back.
 */
#include "password.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/letter.h"
#include "reader.h"
#include "source.h"

#define FILE_MAX    (PASSWORD_MAX + 1024)
#define OTHERS_MODE 077
#define CREDENTIAL  "credential:"

static bool is_credential(const char *path)
{
	const char *directory = secure_getenv("CREDENTIALS_DIRECTORY");
	size_t length;

	if (directory == NULL || directory[0] != '/')
		return false;
	length = strlen(directory);
	return strncmp(path, directory, length) == 0 && path[length] == '/' &&
	       strstr(path + length, "/../") == NULL;
}

char *password_path(const char *directory, const char *name, char **reason_r)
{
	const char *credentials = secure_getenv("CREDENTIALS_DIRECTORY");
	size_t scheme = strlen(CREDENTIAL);

	*reason_r = NULL;
	if (strncmp(name, CREDENTIAL, scheme) != 0)
		return source_path(directory, name);
	name += scheme;
	if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL)
		*reason_r = alloc_format("found \"" CREDENTIAL "%s\", allowed "
					 "is " CREDENTIAL "NAME, NAME as in "
					 "LoadCredential= of the unit",
					 name);
	else if (credentials == NULL || credentials[0] != '/')
		*reason_r = alloc_format("found \"" CREDENTIAL "%s\" but no "
					 "CREDENTIALS_DIRECTORY, allowed is "
					 "that only under systemd, with "
					 "LoadCredential=%s:PATH in the unit",
					 name, name);
	return *reason_r == NULL ? source_path(credentials, name) : NULL;
}

/* Cuts the first line out of the file; NULL when it is a password. */
static char *find_fault(const char *path, const struct source *source)
{
	source->data[strcspn(source->data, "\r\n")] = '\0';
	if ((source->mode & OTHERS_MODE) != 0 && !is_credential(path))
		return alloc_format("found %s with mode %04o, allowed is a "
				    "file that only its owner can use (0600)",
				    path, (unsigned int)source->mode);
	if (source->data[0] == '\0')
		return alloc_format("found an empty first line in %s, allowed "
				    "is a password",
				    path);
	if (strlen(source->data) > PASSWORD_MAX ||
	    letter_has_control(source->data))
		return alloc_format("found a password in %s that is too long "
				    "or has control bytes, allowed are %d "
				    "bytes",
				    path, PASSWORD_MAX);
	return NULL;
}

char *password_read(const char *path, char **reason_r)
{
	struct source source;
	char *fault = source_read(path, FILE_MAX, &source);
	char *password = NULL;

	if (fault != NULL) {
		*reason_r = alloc_format("found %s at %s, allowed is a file "
					 "with a password",
					 fault, path);
		free(fault);
		return NULL;
	}
	*reason_r = find_fault(path, &source);
	if (*reason_r == NULL)
		password = alloc_text(source.data);
	explicit_bzero(source.data, source.length);
	source_clear(&source);
	return password;
}
