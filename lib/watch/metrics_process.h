/* SPDX-License-Identifier: ISC */
#ifndef WEIR_METRICS_PROCESS_H
#define WEIR_METRICS_PROCESS_H

/*
 * What every process can say of itself, under the names that all programs with
 * metrics use (https://prometheus.io/docs/instrumenting/writing_clientlibs/,
 * "Process metrics"). Of Linux; what cannot be read is left out.
 */
struct metrics_text;

void metrics_process(struct metrics_text *text);

#endif
