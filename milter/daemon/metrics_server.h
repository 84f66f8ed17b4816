/* SPDX-License-Identifier: ISC */
#ifndef WEIR_METRICS_SERVER_H
#define WEIR_METRICS_SERVER_H

/*
 * /metrics of a milter, where the setting metrics says. It has a thread of its
 * own, few connections and short time-outs, so that no scraper can make mail
 * wait; without its socket the milter runs all the same.
 */
struct metrics_server;
struct service;
struct settings;

/* Opens the socket, before root is given up. NULL: none is wanted, or it cannot
 * be had; that is logged. */
struct metrics_server *metrics_server_open(const struct settings *settings);

/* From now on it answers; the service lives as long as the process. NULL is
 * fine. */
void metrics_server_start(struct metrics_server *server,
			  struct service *service);

/* Sets NULL; NULL is fine. */
void metrics_server_stop(struct metrics_server **server);

#endif
