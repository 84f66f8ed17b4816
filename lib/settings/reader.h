/* SPDX-License-Identifier: ISC */
#ifndef WEIR_READER_H
#define WEIR_READER_H

/*
 * Without this each part of the file would be read, and its errors reported, in
 * a way of its own.
 *
 * A reader walks libconfig's tree by tables of fields (see field.h). What is
 * wrong becomes an error "setting: found ..., allowed is ..." and the walk
 * goes on. One thread.
 */
#include <stdbool.h>
#include <stddef.h>

#include <libconfig.h>

struct address_rules;
struct errors;
struct field;
struct network_list;
struct source_list;
struct text;

struct reader_network {
	const char *name; /* libconfig's */
	struct network_list *list;
};

struct reader {
	const char *path;	       /* of the main file */
	const char *directory;	       /* which paths are relative to */
	const char *include_directory; /* given to libconfig; NULL: none */
	struct errors *errors;
	const struct address_rules *rules;
	struct source_list *files;	 /* that were read so far */
	struct reader_network *networks; /* the named ones so far */
	size_t network_count;
};

/*
 * Reads the members of group into target, in the order of the table, whose
 * order thus decides what may look at what; reports unknown and
 * missing ones. False (with an error) when group is no group.
 */
bool reader_read_group(struct reader *reader, const struct field *fields,
		       const config_setting_t *group, void *target);

/* "PATH: found VALUE, allowed is ..." at the line of setting. */
void reader_refuse(struct reader *reader, const config_setting_t *setting,
		   const char *allowed);

/* "PATH: " and what the format says, at the line of setting. */
void reader_error(struct reader *reader, const config_setting_t *setting,
		  const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Refuses the name of a group of list that one before it has, too: logs,
 * counters and orders are found by it. It is one that its field allows. */
void reader_refuse_double(struct reader *reader, const config_setting_t *list,
			  unsigned int index);

/* "PATH.NAME: found nothing, required is ..." at the line of group. */
void reader_miss(struct reader *reader, const config_setting_t *group,
		 const char *name, const char *required);

/*
 * Elements of a setting where one value may be written for a list of one: the
 * setting itself is its only element then.
 */
unsigned int reader_count(const config_setting_t *setting);
const config_setting_t *reader_element(const config_setting_t *setting,
				       unsigned int index);

/* A file's name as libconfig has it, as it is named elsewhere: beside the main
 * file. libconfig 1.7 puts the include directory before it. Freed with free().
 */
char *reader_file_name(const struct reader *reader, const char *file);

/* The file that setting is in; NULL for the main one. Freed with free(). */
char *reader_file(const struct reader *reader, const config_setting_t *setting);

/* "limits.sender-minute.max", "networks.office[2]" */
void reader_add_path(const config_setting_t *setting, struct text *text);

#endif
