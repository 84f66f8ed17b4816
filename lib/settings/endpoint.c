/* SPDX-License-Identifier: ISC */
/*
 * A table of prefixes for each of the two, with the forms that people know
 * from elsewhere among them.
 */
#include "endpoint.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/un.h>

#include "lib/base/alloc.h"
#include "lib/base/letter.h"
#include "lib/base/network.h"
#include "lib/base/text.h"

#define HOST_MAX       253
#define PORT_MAX       65535
#define DESCRIPTOR_MIN 3 /* behind standard input, output and error */
#define DESCRIPTOR_MAX 65535

const char endpoint_listen_allowed[] =
	"\"unix:/path\", \"inet:port@host\", \"inet6:port@host\" or \"fd:N\"";
const char endpoint_server_allowed[] =
	"\"unix:/path\", \"host:port\" or \"[v6 address]:port\"";
const char endpoint_page_allowed[] =
	"\"unix:/path\", \"127.0.0.1:port\", \"[::1]:port\" or \"\"";
const char endpoint_metrics_allowed[] =
	"\"unix:/path\", \"address:port\", \"[v6 address]:port\" or \"\"";
const char endpoint_url_allowed[] =
	"\"https://host/path\", or \"http://127.0.0.1:port/path\"";
const char endpoint_smtp_allowed[] =
	"\"smtps://host\" or \"smtp://host\", with \":port\" or without";

struct form {
	const char *prefix;
	/* Judges what follows the prefix; NULL: it is not allowed, */
	bool (*check)(const char *rest, struct text *hint);
	const char *advice; /* and the hint is this, and what follows */
};

static bool is_number(const char *text, size_t length, long min, long max)
{
	long value = 0;

	if (length == 0 || length > 5)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (text[i] - '0');
	}
	return value >= min && value <= max;
}

static bool is_port(const char *text, size_t length)
{
	return is_number(text, length, 1, PORT_MAX);
}

static bool is_host_name(const char *host)
{
	size_t length = strlen(host);

	return length > 0 && length <= HOST_MAX && host[0] != '-' &&
	       strspn(host,
		      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		      "0123456789.-_") == length;
}

/* An address without the "IPv6:" that belongs to SMTP. */
static bool is_address(const char *host, bool is_ipv4)
{
	struct network_address address;

	return strncasecmp(host, "ipv6:", 5) != 0 &&
	       network_parse(host, &address) &&
	       network_is_ipv4(&address) == is_ipv4;
}

static bool check_path(const char *path, struct text *hint)
{
	struct sockaddr_un address;

	if (path[0] != '/') {
		text_add_string(hint, "the path must begin with /");
		return false;
	}
	if (strlen(path) >= sizeof(address.sun_path)) {
		text_add_format(hint, "the path has %zu bytes, at most %zu fit",
				strlen(path), sizeof(address.sun_path) - 1);
		return false;
	}
	return true;
}

/* Postfix writes host:port where libmilter wants port@host. */
static void advise_order(const char *rest, const char *prefix,
			 struct text *hint)
{
	const char *colon = strrchr(rest, ':');

	if (colon != NULL && colon != rest &&
	    is_port(colon + 1, strlen(colon + 1)))
		text_add_format(hint,
				"host:port is Postfix's order, write "
				"\"%s%s@%.*s\"",
				prefix, colon + 1, (int)(colon - rest), rest);
	else if (is_port(rest, strlen(rest)))
		text_add_format(hint,
				"name an address to listen on, such as "
				"\"%s%s@%s\"",
				prefix, rest,
				strcmp(prefix, "inet:") == 0 ? "127.0.0.1"
							     : "::1");
}

static bool check_port_at(const char *rest, bool is_ipv4, struct text *hint)
{
	const char *at = strchr(rest, '@');

	if (at == NULL)
		advise_order(rest, is_ipv4 ? "inet:" : "inet6:", hint);
	else if (is_address(at + 1, !is_ipv4))
		text_add_format(hint,
				is_ipv4 ? "this is IPv6, write \"inet6:%s\""
					: "this is IPv4, write \"inet:%s\"",
				rest);
	else
		return is_port(rest, (size_t)(at - rest)) &&
		       (is_host_name(at + 1) ||
			(!is_ipv4 && is_address(at + 1, false)));
	return false;
}

static bool check_inet(const char *rest, struct text *hint)
{
	return check_port_at(rest, true, hint);
}

static bool check_inet6(const char *rest, struct text *hint)
{
	return check_port_at(rest, false, hint);
}

static bool check_descriptor(const char *rest, struct text *hint)
{
	(void)hint;
	return is_number(rest, strlen(rest), DESCRIPTOR_MIN, DESCRIPTOR_MAX);
}

static const struct form listen_forms[] = {
	{ "unix:", check_path, NULL },
	{ "inet:", check_inet, NULL },
	{ "inet6:", check_inet6, NULL },
	{ "fd:", check_descriptor, NULL },
	{ "local:", NULL, "write \"unix:" },
	{ "/", NULL, "write \"unix:/" },
	{ NULL, NULL, NULL },
};

/* A password would come before the '@', and is not repeated. */
static bool refuse_url(const char *rest, struct text *hint)
{
	const char *at = strrchr(rest, '@');
	const char *host = at != NULL ? at + 1 : rest;

	text_add_format(hint, "write \"%.*s\"%s", (int)strcspn(host, "/"), host,
			at != NULL ? " and use user and password_file" : "");
	return false;
}

static bool refuse_order(const char *rest, struct text *hint)
{
	const char *at = strchr(rest, '@');

	if (at == NULL)
		text_add_format(hint, "write \"%s\"", rest);
	else
		text_add_format(hint, "write \"%s:%.*s\"", at + 1,
				(int)(at - rest), rest);
	return false;
}

static const struct form server_forms[] = {
	{ "unix:", check_path, NULL },
	{ "redis://", refuse_url, NULL },
	{ "inet:", refuse_order, NULL },
	{ "/", NULL, "write \"unix:/" },
	{ NULL, NULL, NULL },
};

/* 1: a form allows the text, 0: one refuses it, -1: it has none of them. */
static int ask_forms(const struct form *forms, const char *value,
		     struct text *hint)
{
	for (; forms->prefix != NULL; forms++) {
		const char *rest = value + strlen(forms->prefix);

		if (strncmp(value, forms->prefix, strlen(forms->prefix)) != 0)
			continue;
		if (forms->check != NULL)
			return forms->check(rest, hint);
		text_add_format(hint, "%s%s\"", forms->advice, rest);
		return 0;
	}
	return -1;
}

/* The host before ":port", freed with free(); NULL: there is no port. */
static char *host_before_port(const char *value)
{
	const char *colon = strrchr(value, ':');

	return colon != NULL && is_port(colon + 1, strlen(colon + 1))
		       ? alloc_copy(value, (size_t)(colon - value))
		       : NULL;
}

static bool is_host(const char *host)
{
	return host[0] == '[' ? is_address(host, false) : is_host_name(host);
}

static bool is_this_host(const char *host)
{
	struct network_address address;

	return strcmp(host, "localhost") == 0 ||
	       (network_parse(host, &address) && network_is_loopback(&address));
}

bool endpoint_check_listen(const char *value, struct text *hint)
{
	return ask_forms(listen_forms, value, hint) == 1;
}

/* "[2001:db8::1]:6379", "redis.example.com:6379", "192.0.2.1:6379" */
static bool check_host_port(const char *value, struct text *hint)
{
	char *host;
	bool is_good;

	if (is_host_name(value)) {
		text_add_format(hint, "write \"%s:6379\"", value);
		return false;
	}
	if (is_address(value, false)) {
		text_add_format(hint,
				value[0] == '[' ? "write \"%s:6379\""
						: "write \"[%s]:6379\"",
				value);
		return false;
	}
	host = host_before_port(value);
	is_good = host != NULL && is_host(host);
	free(host);
	return is_good;
}

bool endpoint_check_server(const char *value, struct text *hint)
{
	int answer = ask_forms(server_forms, value, hint);

	return answer < 0 ? check_host_port(value, hint) : answer == 1;
}

/* "127.0.0.1:8025", "[::1]:8025"; *address_r is where. */
static bool parse_address_port(const char *value,
			       struct network_address *address_r)
{
	char *host = host_before_port(value);
	bool is_good = host != NULL &&
		       (is_address(host, true) ||
			(host[0] == '[' && is_address(host, false))) &&
		       network_parse(host, address_r);

	free(host);
	return is_good;
}

static bool refuse_http(const char *rest, struct text *hint)
{
	text_add_format(hint, "write \"%.*s\"", (int)strcspn(rest, "/"), rest);
	return false;
}

#define ADVICE_ADDRESS "name an address, such as \"127.0.0.1:"

static const struct form page_forms[] = {
	{ "unix:", check_path, NULL },
	{ "http://", refuse_http, NULL },
	{ "localhost:", NULL, "write \"127.0.0.1:" },
	{ "*:", NULL, ADVICE_ADDRESS },
	{ ":", NULL, ADVICE_ADDRESS },
	{ "/", NULL, "write \"unix:/" },
	{ NULL, NULL, NULL },
};

bool endpoint_check_metrics(const char *value, struct text *hint)
{
	struct network_address address;
	int answer = ask_forms(page_forms, value, hint);

	return value[0] == '\0' || answer == 1 ||
	       (answer < 0 && parse_address_port(value, &address));
}

bool endpoint_check_page(const char *value, struct text *hint)
{
	struct network_address address;
	int answer = ask_forms(page_forms, value, hint);

	if (value[0] == '\0' || answer >= 0)
		return answer != 0;
	if (!parse_address_port(value, &address))
		return false;
	if (network_is_loopback(&address))
		return true;
	text_add_string(hint, "for others a proxy with a login in front of it "
			      "serves the page, see weir-keeper(8)");
	return false;
}

bool endpoint_check_host(const char *value, struct text *hint)
{
	(void)hint;
	return is_host_name(value);
}

/* What is behind the host is a port, or nothing. */
static bool is_host_and_port(const char *value, size_t length, bool *is_here_r)
{
	char *text = alloc_copy(value, length), *host = text, *end;
	bool is_good;

	end = strchr(host[0] == '[' ? host + strcspn(host, "]") : host, ':');
	is_good = end == NULL || is_port(end + 1, strlen(end + 1));
	if (end != NULL)
		*end = '\0';
	is_good = is_good && is_host(host);
	*is_here_r = is_this_host(host);
	free(text);
	return is_good;
}

static bool check_https(const char *rest, struct text *hint)
{
	bool is_here;

	(void)hint;
	if (!letter_all_ascii(rest, '!'))
		return false;
	if (memchr(rest, '@', strcspn(rest, "/?#")) != NULL) {
		text_add_string(hint, "a user and a password in it would be "
				      "in every log");
		return false;
	}
	return is_host_and_port(rest, strcspn(rest, "/?#"), &is_here);
}

static bool check_http(const char *rest, struct text *hint)
{
	bool is_here = false;

	if (!check_https(rest, hint))
		return false;
	is_host_and_port(rest, strcspn(rest, "/?#"), &is_here);
	if (!is_here)
		text_add_string(hint, "http:// is allowed to this host only, "
				      "write https://");
	return is_here;
}

static const struct form url_forms[] = {
	{ "https://", check_https, NULL },
	{ "http://", check_http, NULL },
	{ NULL, NULL, NULL },
};

bool endpoint_check_url(const char *value, struct text *hint)
{
	return ask_forms(url_forms, value, hint) == 1;
}

static bool check_smtp(const char *rest, struct text *hint)
{
	bool is_here;

	if (strchr(rest, '@') != NULL)
		text_add_string(hint, "use user and secret_file");
	return is_host_and_port(rest, strlen(rest), &is_here);
}

static const struct form smtp_forms[] = {
	{ "smtps://", check_smtp, NULL },
	{ "smtp://", check_smtp, NULL },
	{ NULL, NULL, NULL },
};

bool endpoint_check_smtp(const char *value, struct text *hint)
{
	int answer = ask_forms(smtp_forms, value, hint);

	if (answer < 0 && is_host_name(value))
		text_add_format(hint, "write \"smtps://%s\"", value);
	return answer == 1;
}

/* "127.0.0.1:6379", "[::1]:6379", "localhost:6379" */
bool endpoint_is_of_this_host(const char *value)
{
	const char *colon = strrchr(value, ':');
	char *host;
	bool is_so;

	if (strncmp(value, "unix:", strlen("unix:")) == 0)
		return true;
	host = alloc_copy(value, colon == NULL ? strlen(value)
					       : (size_t)(colon - value));
	is_so = is_this_host(host);
	free(host);
	return is_so;
}
