#!/bin/bash
# SPDX-License-Identifier: ISC
# The status page as clients without a browser see it: what it shows of a flood
# and of hostile senders, what it refuses, and what it says while Redis is away.
# t/page_browser looks at it with a browser.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
work_start
redis_start
port=$(free_port)

config() { # NAME PAGE
	{
		weir_redis 'timeout = "200ms";'
		cat <<-END
		keeper = { user = "$test_user"; page = "$2";
		  names = [ "weir.example.net" ]; };
		incident = { shared = [ "10.20.0.7" ]; };
		limits = ( { name = "own"; key = "sender"; max = 5; per = "1h";
		  action = "tempfail"; } );
		END
	} | weir_config "$1"
}

keeper_start() {
	"$BUILD/weir-keeper" -c "$work/$1.conf" >>"$work/keeper.$1.log" 2>&1 &
	echo $! >"$work/keeper.$1.pid"
	wait_for 20 grep -q " keeps " "$work/keeper.$1.log"
}

get() { # PATH [HEADER...]
	local path=$1
	shift
	tool http_ask "127.0.0.1:$port" GET "$path" "localhost:$port" "$@"
}

code() {
	sed -n '1s/^HTTP\/1.1 \([0-9]*\) .*/\1/p' <<<"$1"
}

shows() { # PATH REGEX
	get "$1" | grep -q "$2"
}

send() { # COUNT FROM
	yes "from $2" | head -n "$1" | tool session "$work/run/a.sock" 10.20.0.7 \
		>/dev/null
}

config a "127.0.0.1:$port"
weir_start a || exit 1
ok "weir-keeper serves the page" keeper_start a

# nothing happens
page=$(get /)
like "$page" '<h1 [^>]*>No flood\. 0 messages in the last hour\.</h1>' \
	"the first line says that all is well"
like "$page" '<title>weir</title>' "and so does the title"
like "$page" 'class="text detail"[^>]*>0\.[0-9.]+, 0 verdicts' \
	"the milter is in the table"
is "$(get /health | tail -n 1)" ok "it can be asked whether it is served"

# headers
headers="Cache-Control: no-store
Content-Security-Policy: default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'
X-Content-Type-Options: nosniff
Referrer-Policy: no-referrer
Cross-Origin-Resource-Policy: same-origin"
security_headers() {
	sed '/^\r$/q' <<<"$1" | tr -d '\r' |
		grep -E '^(Cache|Content-Sec|X-|Ref|Cross)'
}
for path in / /page.css /page.js /status.json /health /nothing; do
	is "$(security_headers "$(get "$path")")" "$headers" \
		"$path has every security header"
done

# what is refused
ask() { # METHOD HOST [HEADER]
	code "$(tool http_ask "127.0.0.1:$port" "$1" / "${@:2}")"
}
is "$(ask POST "localhost:$port" 'Content-Length: 0')" 405 "POST is refused"
is "$(ask DELETE "localhost:$port")" 405 "DELETE too"
is "$(ask GET evil.example)" 421 "a Host of others is refused"
is "$(ask GET "evil.example:$port")" 421 "with the right port, too"
is "$(ask GET localhost)" 421 "localhost without the port is refused"
is "$(ask GET '')" 400 "so is no Host"
is "$(ask GET weir.example.net)" 200 "a name of keeper.names is served"
is "$(ask HEAD "127.0.0.1:$port")" 200 "HEAD is served"
is "$(ask GET "[::1]:$port")" 200 "and the address as Host"
is "$(code "$(get "/$(printf '%03000d' 0)")")" 414 "a long URL is refused"
is "$(ask GET "localhost:$port" 'Content-Length: 5000')" 413 \
	"a large body is refused"

# a flood
send 12 'script@dev.example'
ok "a flood is on the page within four seconds" \
	wait_for 4 shows / '<h1 [^>]*>1 flood is being stopped: .*script@dev'
page=$(get /)
like "$page" '<title>\(1\) weir</title>' "and in the title"
like "$page" '<body class="flood">' "the page looks so"
like "$page" "<code>weirctl -c [^<]*block --incident 1 --for 2h</code>" \
	"a command to copy blocks it, and has a number only"
like "$page" '<th scope="row" class="link number" [^>]*><a href="incident/1">1' \
	"its number leads to the report"
like "$page" 'data-label="Stopped">7<' "seven are stopped"
ok "status.json has the incident as weirctl writes it" \
	shows /status.json '"incidents":\[{.*"stopped":7'
ok "and the window as top does" \
	wait_for 10 shows /status.json '"near":\[{.*"limit":"own"'
is "$(get /incident/99999 | head -n 1 | cut -d' ' -f2)" 404 \
	"there is no report of what never was"
for path in /incident/x /incident/ /incident/1.xml /incident/-1; do
	is "$(code "$(get "$path")")" 404 "$path is nothing"
done
made() {
	[ "$(code "$(get "$1")")" = 200 ]
}
ok "the report of the flood is served" wait_for 10 made /incident/1
like "$(get /incident/1)" 'script@dev' "and names the sender"
like "$(get /incident/1.json)" '"report":' "as JSON, too"

# what senders write stays text
send 12 '"<script>alert(1)</script>&"'"'"'@evil.example'
hostile='&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;@evil.example'
ok "a hostile sender is on the page" wait_for 4 shows / "$hostile"
is "$(get / | grep -c '<script>')" 0 "as text"
if command -v jq >/dev/null; then
	is "$(get /status.json | sed '1,/^\r$/d' |
		jq '.near | length')" 2 \
		"status.json can be read"
else
	skip "status.json can be read" "there is no jq"
fi

# a client that has it already
same() {
	local etag
	etag=$(get /status.json | tr -d '\r' | sed -n 's/^ETag: //p')
	is_304=$(code "$(get /status.json "If-None-Match: $etag")")
	[ "$is_304" = 304 ]
}
ok "what has not changed is not sent again" wait_for 10 same

# reading as often as one likes is one reading a second
began=$(date +%s%3N)
for _ in {1..40}; do
	get /status.json | grep -o '"made":"[^"]*"'
done | sort -u >"$work/made"
ok "forty viewers cost a reading a second" \
	[ "$(wc -l <"$work/made")" -le $((($(date +%s%3N) - began) / 1000 + 2)) ]

# Redis stops answering, and comes back
redis_signal STOP
ok "the page is alive while Redis hangs, and says that it is old" \
	wait_for 15 shows / '<li>Redis does not answer: what is shown is of 20'
like "$(get /)" '<title>\(stale\) weir</title>' "in its title, too"
like "$(get /)" 'script@dev' "and shows what it knew"
like "$(get /status.json)" '"stale":true' "status.json says so"
is "$(get /health | tail -n 1)" ok "it is still served"
redis_signal CONT
fresh() {
	! shows / 'Redis does not answer'
}
ok "it is new again when Redis is back" wait_for 15 fresh

# clients that say nothing
silent() { # 200 connections that send a byte now and then
	perl -MIO::Socket::INET -e '
		my @all = map { my $s = IO::Socket::INET->new($ARGV[0]);
			print $s "GET / HT"; $s } 1 .. 200;
		print "open\n"; close STDOUT;
		for (1 .. 30) { select undef, undef, undef, 0.1;
			$_ && $_->connected && syswrite $_, "x" for @all }
		' "127.0.0.1:$port"
}
exec {silent_fd}< <(trap '' PIPE; silent 2>/dev/null)
read -r -t 30 _ <&"$silent_fd"
is "$(get /health | tail -n 1)" ok "200 clients that say nothing shut nobody out"
exec {silent_fd}<&-
is "$(get /health | tail -n 1)" ok "and the page is there afterwards"

# on a unix socket
config b "unix:$work/run/page.sock"
ok "weir-keeper serves a unix socket" keeper_start b
is "$(stat -c %a "$work/run/page.sock")" 660 "that its group may read"
is "$(tool http_ask "$work/run/page.sock" GET /health localhost | tail -n 1)" ok \
	"with localhost as its Host"
is "$(code "$(tool http_ask "$work/run/page.sock" GET /health evil)")" 421 \
	"and with no other"
kill -TERM "$(<"$work/keeper.b.pid")"
gone() {
	[ ! -e "$work/run/page.sock" ]
}
ok "its socket goes with it" wait_for 10 gone

# a page that cannot be served
config c "127.0.0.1:$port"
"$BUILD/weir-keeper" -c "$work/c.conf" >"$work/c.log" 2>&1
is $? 69 "a port that is taken is a reason to stop"
like "$(<"$work/c.log")" "keeper.page: cannot listen on 127.0.0.1:$port" \
	"which is logged"

done_testing
