/* SPDX-License-Identifier: ISC */
/* A server on loopback and its clients, good and bad. */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/http/http_server.h"

#define CONNECTIONS    4
#define LARGE	       (4 << 20) /* more than the buffers of a socket */
#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static struct http_server *server;
static char answer[LARGE + 4096];
static char log_text[4096];

static void show(void *context, const struct http_request *request,
		 struct http_answer *answer_r)
{
	answer_r->type = "text/html";
	answer_r->body = alloc_format(
		"%s path=%s rest=%s query=%s accept=%s", (const char *)context,
		request->path, request->rest, request->query, request->accept);
	answer_r->length = strlen(answer_r->body);
	snprintf(answer_r->etag, sizeof(answer_r->etag), "e1");
}

static void show_large(void *context, const struct http_request *request,
		       struct http_answer *answer_r)
{
	(void)context;
	(void)request;
	answer_r->body = alloc_zero(LARGE);
	memset(answer_r->body, 'x', LARGE);
	answer_r->length = LARGE;
	answer_r->policy = "default-src 'self'";
}

static void be_away(void *context, const struct http_request *request,
		    struct http_answer *answer_r)
{
	(void)context;
	(void)request;
	answer_r->status = 503;
}

static char root[] = "root", all[] = "all", one[] = "one";

static const struct http_row rows[] = {
	{ "/", show, root },	    { "/all/", show, all },
	{ "/all/one", show, one },  { "/large", show_large, NULL },
	{ "/fail", be_away, NULL }, { NULL, NULL, NULL },
};

static struct http_options options_of(const char *listen)
{
	static const char *const names[] = { "weir.example.net" };

	return (struct http_options){
		.setting = "page",
		.program = "weir-test",
		.listen = listen,
		.user = "",
		.group = "",
		.names = names,
		.name_count = 1,
		.connections = CONNECTIONS,
		.rows = rows,
	};
}

static void start(const char *listen)
{
	struct http_options options = options_of(listen);

	server = http_server_open(&options);
	ck_assert_ptr_nonnull(server);
	ck_assert(http_server_start(server));
}

static void keep_line(void *context, enum log_gravity gravity, const char *line)
{
	(void)context;
	(void)gravity;
	snprintf(log_text, sizeof(log_text), "%s", line);
}

static void setup(void)
{
	log_open_sink(keep_line, NULL);
	log_text[0] = '\0';
	start("127.0.0.1:0");
}

static void teardown(void)
{
	http_server_free(&server);
	ck_assert_ptr_null(server);
}

static unsigned int port(void)
{
	return (unsigned int)atoi(strrchr(http_server_address(server), ':') +
				  1);
}

static int dial(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port()),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(connect(fd, (struct sockaddr *)(void *)&address,
				 sizeof(address)),
			 0);
	return fd;
}

static void say(int fd, const char *text, size_t length)
{
	/* the server may have closed already, with the answer sent */
	(void)!send(fd, text, length, MSG_NOSIGNAL);
}

/* To the end; the length. */
static size_t hear(int fd)
{
	size_t length = 0;
	ssize_t count;

	while ((count = recv(fd, answer + length, sizeof(answer) - 1 - length,
			     0)) > 0)
		length += (size_t)count;
	ck_assert_int_eq(count, 0);
	answer[length] = '\0';
	close(fd);
	return length;
}

/* A request where $ is the target and ^ the port; freed by the caller. */
static char *request_of(const char *pattern, const char *target)
{
	char buffer[1024];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	for (; *pattern != '\0'; pattern++) {
		if (*pattern == '$')
			text_add_string(&text, target);
		else if (*pattern == '^')
			text_add_format(&text, "%u", port());
		else
			text_add(&text, pattern, 1);
	}
	return alloc_text(buffer);
}

static unsigned int ask(const char *pattern, const char *target)
{
	char *text = request_of(pattern, target);
	int fd = dial();

	say(fd, text, strlen(text));
	free(text);
	hear(fd);
	ck_assert_int_eq(strncmp(answer, "HTTP/1.1 ", 9), 0);
	return (unsigned int)atoi(answer + 9);
}

#define GET	    "GET $ HTTP/1.1\r\nHost: localhost:^\r\n\r\n"
#define HAS(it)	    ck_assert_msg(strstr(answer, it) != NULL, "%s", answer)
#define HAS_NOT(it) ck_assert_ptr_null(strstr(answer, it))

static void has_security_headers(const char *policy)
{
	HAS("\r\nCache-Control: no-store\r\n");
	HAS("\r\nX-Content-Type-Options: nosniff\r\n");
	HAS("\r\nReferrer-Policy: no-referrer\r\n");
	HAS("\r\nCross-Origin-Resource-Policy: same-origin\r\n");
	HAS("\r\nConnection: close\r\n");
	HAS(policy);
}

START_TEST(test_rows)
{
	ck_assert_uint_eq(ask(GET, "/?a=b"), 200);
	HAS("\r\n\r\nroot path=/ rest= query=a=b accept=");
	HAS("\r\nContent-Type: text/html\r\nContent-Length: 35\r\n");
	HAS("\r\nETag: \"e1\"\r\n");
	HAS("\r\nDate: ");
	ck_assert_uint_eq(ask(GET, "/all/17.json"), 200);
	HAS("all path=/all/17.json rest=17.json query=");
	ck_assert_uint_eq(ask(GET, "/all/one"), 200);
	HAS("one path=/all/one rest= query=");
	ck_assert_uint_eq(ask(GET, "/other"), 404);
	ck_assert_uint_eq(ask(GET, "/all"), 404);
	ck_assert_uint_eq(ask(GET, "/fail"), 503);
	HAS("\r\n\r\n503 Service Unavailable\n");
}
END_TEST

START_TEST(test_head_has_no_body)
{
	ck_assert_uint_eq(
		ask("HEAD $ HTTP/1.1\r\nHost: localhost:^\r\n\r\n", "/"), 200);
	HAS("\r\nContent-Length: 32\r\n");
	HAS_NOT("root");
}
END_TEST

START_TEST(test_what_the_client_has_is_not_sent)
{
	ck_assert_uint_eq(ask("GET $ HTTP/1.1\r\nHost: localhost:^\r\n"
			      "If-None-Match: \"a\", W/\"e1\"\r\n\r\n",
			      "/"),
			  304);
	HAS_NOT("root");
	HAS_NOT("Content-Length");
	has_security_headers("default-src 'none'");
	ck_assert_uint_eq(ask("GET $ HTTP/1.1\r\nHost: localhost:^\r\n"
			      "If-None-Match: \"e12\", e1\r\n\r\n",
			      "/"),
			  200);
}
END_TEST

static const struct {
	const char *request;
	unsigned int status;
} refusals[] = {
	{ "GET $ HTTP/1.1\r\nHost: evil.example:^\r\n\r\n", 421 },
	{ "GET $ HTTP/1.1\r\nHost: localhost\r\n\r\n", 421 },
	{ "GET $ HTTP/1.0\r\n\r\n", 421 },
	{ "GET $ HTTP/1.1\r\n\r\n", 400 },
	{ "POST $ HTTP/1.1\r\nHost: localhost:^\r\n"
	  "Content-Length: 5\r\n\r\nhello",
	  405 },
	{ "DELETE $ HTTP/1.1\r\nHost: localhost:^\r\n\r\n", 405 },
	{ "GET $ HTTP/1.1\r\nHost: localhost:^\r\n"
	  "Content-Length: 3596\r\n\r\n",
	  413 },
	{ "GET $ HTTP/3.0\r\nHost: localhost:^\r\n\r\n", 505 },
	{ "\026\003\001\002$\n\n", 400 }, /* TLS */
	{ "GET $ HTTP/1.1\r\nHost: localhost:^\r\n\r\n", 200 },
	{ "GET $ HTTP/1.1\r\nHost: weir.example.net\r\n\r\n", 200 },
};

START_TEST(test_refusals)
{
	ck_assert_uint_eq(ask(refusals[_i].request, "/"), refusals[_i].status);
	has_security_headers("\r\nContent-Security-Policy: default-src 'none'; "
			     "frame-ancestors 'none'\r\n");
	if (refusals[_i].status == 405)
		HAS("\r\nAllow: GET, HEAD\r\n");
}
END_TEST

static unsigned int ask_bytes(size_t line, size_t lines)
{
	char *text = alloc_zero(line * lines);
	int fd = dial();

	memset(text, 'a', line * lines);
	for (size_t i = 1; i <= lines; i++)
		text[line * i - 1] = '\n';
	say(fd, text, line * lines);
	free(text);
	hear(fd);
	return (unsigned int)atoi(answer + 9);
}

START_TEST(test_too_much)
{
	ck_assert_uint_eq(ask_bytes(100000, 1), 414);
	has_security_headers("default-src 'none'");
	ck_assert_uint_eq(ask_bytes(100, 1000), 431);
	has_security_headers("default-src 'none'");
}
END_TEST

/* Longer than what the kernel takes at once, and a client that reads late. */
START_TEST(test_a_large_answer)
{
	const char *body;

	ck_assert_uint_eq(ask(GET, "/large"), 200);
	has_security_headers("default-src 'self'\r\n");
	body = strstr(answer, "\r\n\r\n") + 4;
	ck_assert_uint_eq(strspn(body, "x"), LARGE);
}
END_TEST

START_TEST(test_bytes_one_by_one)
{
	char *text = request_of(GET, "/");
	int fd = dial();

	for (const char *p = text; *p != '\0'; p++)
		say(fd, p, 1);
	free(text);
	hear(fd);
	HAS("root");
}
END_TEST

/* All places are taken by clients that say nothing: one that speaks is heard,
 * the oldest of them goes. */
START_TEST(test_silent_clients)
{
	int silent[10 * CONNECTIONS];

	for (int i = 0; i < COUNT_OF(silent); i++) {
		silent[i] = dial();
		say(silent[i], "GET / HT", 8);
	}
	ck_assert_uint_eq(ask(GET, "/"), 200);
	ck_assert_int_eq(recv(silent[0], answer, sizeof(answer), 0), 0);
	for (int i = 0; i < COUNT_OF(silent); i++)
		close(silent[i]);
	ck_assert_uint_eq(ask(GET, "/"), 200);
}
END_TEST

START_TEST(test_clients_that_go)
{
	char *text = request_of(GET, "/large");
	struct linger reset = { 1, 0 };

	for (int i = 0; i < 10 * CONNECTIONS; i++) {
		int fd = dial();

		say(fd, text,
		    (size_t)i < strlen(text) ? (size_t)i : strlen(text));
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(fd);
	}
	free(text);
	ck_assert_uint_eq(ask(GET, "/"), 200);
}
END_TEST

/* It ends while clients are there. */
START_TEST(test_stop)
{
	char *text = request_of(GET, "/large");
	int silent = dial(), slow = dial();

	say(slow, text, strlen(text));
	free(text);
	ck_assert_uint_eq(ask(GET, "/"), 200);
	http_server_free(&server);
	ck_assert_int_le(recv(silent, answer, sizeof(answer), 0), 0);
	close(silent);
	close(slow);
}
END_TEST

static char directory[] = "/tmp/ut_http.XXXXXX";

static unsigned int ask_unix(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	const char *text = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)(void *)&address,
				 sizeof(address)),
			 0);
	say(fd, text, strlen(text));
	hear(fd);
	return (unsigned int)atoi(answer + 9);
}

START_TEST(test_a_unix_socket)
{
	char *listen, *lock;
	struct stat status;
	struct http_options options;

	http_server_free(&server);
	ck_assert_ptr_nonnull(mkdtemp(directory));
	listen = alloc_format("unix:%s/page.sock", directory);
	lock = alloc_format("%s.lock", listen + 5);
	start(listen);
	ck_assert_str_eq(http_server_address(server), listen);
	ck_assert_int_eq(stat(listen + 5, &status), 0);
	ck_assert_uint_eq(status.st_mode & 0777, 0660);
	ck_assert_uint_eq(ask_unix(listen + 5), 200);
	options = options_of(listen);
	ck_assert_ptr_null(http_server_open(&options));
	ck_assert_ptr_nonnull(strstr(log_text, "another weir-test is running"));
	ck_assert_uint_eq(ask_unix(listen + 5), 200);
	http_server_free(&server);
	ck_assert_int_ne(stat(listen + 5, &status), 0);
	unlink(lock);
	rmdir(directory);
	free(listen);
	free(lock);
}
END_TEST

/* What a process that was killed left behind. */
START_TEST(test_a_stale_socket)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char *listen, *lock;

	http_server_free(&server);
	ck_assert_ptr_nonnull(mkdtemp(directory));
	listen = alloc_format("unix:%s/page.sock", directory);
	lock = alloc_format("%s.lock", listen + 5);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", listen + 5);
	ck_assert_int_eq(
		bind(fd, (struct sockaddr *)(void *)&address, sizeof(address)),
		0);
	close(fd);
	start(listen);
	ck_assert_uint_eq(ask_unix(listen + 5), 200);
	http_server_free(&server);
	unlink(lock);
	rmdir(directory);
	free(listen);
	free(lock);
}
END_TEST

START_TEST(test_a_place_that_is_taken)
{
	char *listen = alloc_text(http_server_address(server));
	struct http_options options = options_of(listen);

	ck_assert_ptr_null(http_server_open(&options));
	ck_assert_ptr_nonnull(strstr(log_text, "page: cannot listen on 127."));
	ck_assert_ptr_nonnull(strstr(log_text, "Address already in use"));
	free(listen);
	options = options_of("nonsense");
	ck_assert_ptr_null(http_server_open(&options));
	ck_assert_ptr_nonnull(strstr(log_text, "neither ADDRESS:PORT nor"));
}
END_TEST

START_TEST(test_ipv6)
{
	int probe = socket(AF_INET6, SOCK_STREAM, 0);
	struct sockaddr_in6 address = { .sin6_family = AF_INET6,
					.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	bool has_ipv6 = probe >= 0 &&
			bind(probe, (struct sockaddr *)(void *)&address,
			     sizeof(address)) == 0;
	char *text;
	int fd;

	if (probe >= 0)
		close(probe);
	if (!has_ipv6)
		return;
	http_server_free(&server);
	start("[::1]:0");
	ck_assert_int_eq(strncmp(http_server_address(server), "[::1]:", 6), 0);
	address.sin6_port = htons((uint16_t)port());
	fd = socket(AF_INET6, SOCK_STREAM, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)(void *)&address,
				 sizeof(address)),
			 0);
	text = alloc_format("GET / HTTP/1.1\r\nHost: [::1]:%u\r\n\r\n", port());
	say(fd, text, strlen(text));
	free(text);
	hear(fd);
	HAS("HTTP/1.1 200 OK");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("http_server");
	TCase *cases = tcase_create("servers");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, test_rows);
	tcase_add_test(cases, test_head_has_no_body);
	tcase_add_test(cases, test_what_the_client_has_is_not_sent);
	tcase_add_loop_test(cases, test_refusals, 0, COUNT_OF(refusals));
	tcase_add_test(cases, test_too_much);
	tcase_add_test(cases, test_a_large_answer);
	tcase_add_test(cases, test_bytes_one_by_one);
	tcase_add_test(cases, test_silent_clients);
	tcase_add_test(cases, test_clients_that_go);
	tcase_add_test(cases, test_stop);
	tcase_add_test(cases, test_a_unix_socket);
	tcase_add_test(cases, test_a_stale_socket);
	tcase_add_test(cases, test_a_place_that_is_taken);
	tcase_add_test(cases, test_ipv6);
	suite_add_tcase(suite, cases);
	return check_run_apart(suite);
}
