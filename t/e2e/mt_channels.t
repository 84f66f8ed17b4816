#!/bin/bash
# SPDX-License-Identifier: ISC
# The channels of weir-keeper against servers that answer 500, 429, slowly,
# never, with a redirect or a gigabyte, under another name, that tempfail and
# reject; and commands that hang, fork and print a megabyte: all are bounded,
# tried again where that may help, and told.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
# shellcheck source=t/lib/weirctl.sh
# shellcheck disable=SC2016 # the $v of json is Perl
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/weirctl.sh"
cd "${0%/*}/../.." || exit 1
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
work_start
export LC_ALL=C TZ=UTC
mkdir "$work/seen"

t/lib/channel_server "$work/seen" >"$work/ports" 2>"$work/server.log" &
echo $! >"$work/server.pid"
ports_are_known() { [ -s "$work/ports" ]; }
wait_for 5 ports_are_known
read -r http smtp <"$work/ports"

# configure ROWS: writes these channels
configure() {
	local rows=$1
	rows=${rows//HTTP/http://127.0.0.1:$http}
	rows=${rows//SMTP/smtp://127.0.0.1:$smtp}
	cat >"$work/a.conf" <<-EOT
		redis = { server = "unix:$work/none.sock"; };
		keeper = { alerts = ( $rows ); };
		limits = ( { name = "own-sender"; key = "sender"; max = 100;
			per = "1m"; action = "tempfail"; } );
	EOT
}

# channels ROWS: starts them; what it prints is in $work/out
channels() {
	configure "$1"
	: >"$work/out"
	coproc driver { exec "$BUILD/t/e2e/channels_driver" "$work/a.conf" \
		>"$work/out" 2>"$work/driver.log"; }
	driver_pid=$driver_PID
	exec {driver_in}>&"${driver[1]}"
}

give() { echo "$*" >&"$driver_in"; }

has() { grep -qE "$1" "$work/out"; }

has_soon() {
	wait_for "20" has "$1" && return
	sed "s/^/# /" "$work/out"
	return 1
}

# outcome PATTERN WHAT: comes within some seconds
outcome() { ok "$2" has_soon "$1"; }

end_channels() {
	exec {driver_in}>&-
	eval "exec ${driver[1]}>&-"
	wait "$driver_pid"
	is $? 0 "the channels end"
}

seen() { cat "$work/seen/requests" 2>/dev/null; }

# what is told at once
echo secret key >"$work/key"
chmod 600 "$work/key"
channels '
	{ name = "hook"; url = "HTTP/ok"; secret_file = "key"; },
	{ name = "pd"; url = "HTTP/pd"; format = "pagerduty"; secret_file = "key"; },
	{ name = "grave"; url = "HTTP/ok"; from = "critical"; },
	{ name = "noc"; mail = [ "noc@x.test", "ann@x.test" ]; server = "SMTP"; },
	{ name = "run"; command = [ "'"$work"'/hook", "one word" ]; }'
cat >"$work/hook" <<-EOT
	#!/bin/sh
	cat >"$work/hook.json"
	env >"$work/hook.env"
	echo "\$#:\$1" >"$work/hook.words"
EOT
chmod 755 "$work/hook"
give opened warning 1-17
outcome '^hook told 1 opened 1-17 tries=[1-9] .*200 from 127' "a webhook is told"
outcome '^pd told 1 opened' "so is PagerDuty"
outcome '^noc told 1 opened .*250 2.0.0 Queued as 1' "and a mail server"
outcome '^run told 1 opened .*exit 0' "and a command"
is "$(grep -c ' last=1' "$work/out")" 1 "one outcome is the last"
ok "a channel for graver incidents is not asked" has '^given 1 to 4'
is "$(json '$v->{thread}' <"$work/hook.json")" weir/weir/1-17 \
	"the command gets JSON"
is "$(grep -E '^WEIR_(ACT|LEVEL|INCIDENT|STOPPED|THREAD)=' "$work/hook.env" |
	sort | tr '\n' ' ')" \
	"WEIR_ACT=opened WEIR_INCIDENT=17 WEIR_LEVEL=warning WEIR_STOPPED=352 WEIR_THREAD=weir/weir/1-17 " \
	"and the facts in its environment"
is "$(<"$work/hook.words")" "1:one word" "its words are no shell's"
want=$(openssl dgst -sha256 -hmac 'secret key' <"$work/seen/body-ok" 2>&1 |
	sed 's/.*= *//')
ok "the signature is the HMAC of the body" grep -q "POST /ok .* sha256=$want\$" \
	"$work/seen/requests"
ok "what is PagerDuty's has none" grep -q 'POST /pd [0-9]* -$' \
	"$work/seen/requests"
is "$(grep -c '^To: <noc@x.test>,' "$work/seen/mail-ann@x.test")" 1 \
	"the mail names all its recipients"
is "$(grep -c '^References: ' "$work/seen/mail-ann@x.test")" 0 \
	"and begins a thread"
give quiet warning 1-17
outcome '^noc told 2 quiet' "its end is told"
is "$(grep -ci '^References: <weir.weir.1-17@x.test>' \
	"$work/seen/mail-ann@x.test")" 1 "in the same thread"
give state
outcome '^state noc mail told=2 failed=0 dropped=0 waiting=0 failing=0' \
	"the state counts both"
end_channels

# servers with faults
channels '
	{ name = "s500"; url = "HTTP/500"; },
	{ name = "s404"; url = "HTTP/404"; },
	{ name = "once"; url = "HTTP/once"; },
	{ name = "wait"; url = "HTTP/wait"; },
	{ name = "redirect"; url = "HTTP/redirect"; },
	{ name = "never"; url = "HTTP/never"; },
	{ name = "slow"; url = "HTTP/slow"; },
	{ name = "huge"; url = "HTTP/huge"; },
	{ name = "closed"; url = "http://127.0.0.1:1/"; },
	{ name = "good"; url = "HTTP/ok"; }'
give opened warning 1-18
outcome '^good told 1' "a good channel does not wait for bad ones"
outcome '^s500 failed 1 opened 1-18 tries=1 .* 500 from 127.0.0.1:[0-9]*: a \\x1b\[31m fault\\x0amore' \
	"500 is tried again, and what it says is escaped"
outcome '^s500 failed 1 opened 1-18 tries=3' "and again"
outcome '^s404 gave up 1 .* 404 from .*: no such hook' "404 is given up"
outcome '^once failed 1 .*503' "503 is tried again"
outcome '^once told 1 opened 1-18 tries=[2-9]' "and told then"
outcome '^wait failed 1 .*tries=1 .*again=1000 429' "429 waits as it says"
outcome '^redirect gave up 1 .*302 from .*not followed' "a redirect is an end"
outcome '^never failed 1 .*([Tt]imed out|time-?out)' "no answer is a failure"
outcome '^slow failed 1 .*([Tt]imed out|time-?out)' "and so is a slow one"
outcome '^huge told 1 .*200 from' "of a gigabyte the status is enough"
outcome '^closed failed 1 .*Failed to connect' "nobody listens"
outcome '^wait told 1 opened 1-18 tries=[2-9]' "after 429 it is told"
others_hear() { grep -q "alerts fail on a channel: s[0-9]*: [45]0[04] from" "$work/seen/bodies"; }
ok "the others hear of it" wait_for 5 others_hear
is "$(seen | grep -c stolen)" 0 "the redirect was not followed"
sent=$(seen | sed -n "s/^huge sent //p" | sort -n | tail -1)
ok "the gigabyte was not read (${sent:-nothing} bytes)" \
	test "${sent:-0}" -lt 20000000
give serious serious 1-18
outcome '^s500 replaced 1 opened' "a newer alert takes the place of an untold one"
outcome '^s500 failed 2 serious' "and is tried"
give state
outcome '^state s500 webhook .*failing=1 500 from' "what fails for long is known"
outcome '^state all_failing=0' "one works"
end_channels

# no channel works: syslog
channels '
	{ name = "a"; url = "HTTP/500"; },
	{ name = "b"; url = "HTTP/404"; }'
give opened warning 1-19
crit_is_logged() { grep -q 'no channel of keeper.alerts could send' "$work/driver.log"; }
ok "that no channel could send an alert is logged" wait_for 5 crit_is_logged
give state
outcome '^state all_failing=1' "and known"
is "$(grep -c 'no channel of keeper' "$work/driver.log")" 1 "once"
end_channels

# mail
channels '
	{ name = "soft"; mail = [ "soft@x.test" ]; server = "SMTP"; },
	{ name = "hard"; mail = [ "hard@x.test" ]; server = "SMTP"; },
	{ name = "some"; mail = [ "hard2@x.test", "noc@y.test", "once@x.test" ];
	  server = "SMTP"; },
	{ name = "tls"; mail = [ "noc@x.test" ];
	  server = "smtps://127.0.0.1:'"$smtp"'"; }'
give opened warning 1-20
outcome '^soft failed 1 .*tries=2 .*451 4.7.1 Try again \\x1b\[31m later' \
	"a tempfail is tried again"
outcome '^hard gave up 1 .*550 5.1.1 Unknown' "a reject is given up"
outcome '^some failed 1 .*451' "one recipient of three has a tempfail"
outcome '^some told 1 opened 1-20 tries=[2-9] .*not to all recipients: 550' \
	"the others get it, and the one that is unknown is named"
is "$(seen | grep -c 'MAIL noc@y.test <weir.weir.1-20@')" 1 "nobody gets it twice"
outcome '^tls failed 1 .*(SSL|TLS|imed out|time-?out)' "smtps to a server without TLS fails"
end_channels

# commands
mark=31.5$$ # by which what it leaves running is known
cat >"$work/hang" <<-EOT
	#!/bin/sh
	echo 'I hang' >&2
	sleep $mark & sleep $mark
EOT
cat >"$work/fork" <<-EOT
	#!/bin/sh
	setsid sleep 3.25 &
	sleep $mark &
	exit 0
EOT
cat >"$work/loud" <<-'EOT'
	#!/bin/sh
	yes 'a line that nobody reads, of which there are many' | head -c 1000000
	head -c 1000000 /dev/zero | tr '\0' 'x'
	echo >&2
	echo 'no paper' >&2
	exit 3
EOT
chmod 755 "$work"/{hang,fork,loud}
channels '
	{ name = "hang"; command = [ "'"$work"'/hang" ]; },
	{ name = "fork"; command = [ "'"$work"'/fork" ]; },
	{ name = "loud"; command = [ "'"$work"'/loud" ]; },
	{ name = "none"; command = [ "'"$work"'/none" ]; }'
give opened warning 1-21
outcome '^hang failed 1 .*killed after 4s: I hang' "a command that hangs is killed"
outcome '^fork told 1 .*exit 0' "one that forks ends"
outcome '^loud failed 1 .*exit 3: no paper' "one that prints is read to its end"
outcome '^none failed 1 .*cannot run .*No such file' "one that is not there"
end_channels
printed=$(grep -c "loud: its command prints" "$work/driver.log")
ok "ten lines of it are logged" \
	test "$printed" -le $((10 * $(grep -c "channel loud: try" "$work/driver.log")))
nobody_sleeps() { ! pgrep -f "sleep $mark" >/dev/null; }
ok "none of their processes is left" wait_for 5 nobody_sleeps

# TLS under another name
if openssl req -x509 -newkey rsa:2048 -nodes -keyout "$work/tls.key" \
	-out "$work/tls.pem" -days 2 -subj /CN=other.test \
	-addext subjectAltName=DNS:other.test >/dev/null 2>&1; then
	tls=$(free_port)
	openssl s_server -accept "127.0.0.1:$tls" -cert "$work/tls.pem" \
		-key "$work/tls.key" -quiet </dev/zero >"$work/tls.log" 2>&1 &
	echo $! >"$work/tls.pid"
	channels '
		{ name = "unknown"; url = "https://127.0.0.1:'"$tls"'/x"; },
		{ name = "wrong"; url = "https://127.0.0.1:'"$tls"'/x"; ca_file = "tls.pem"; }'
	give opened warning 1-22
	outcome '^unknown failed 1 .*([Cc]ertificate|SSL)' "a certificate of nobody is refused"
	outcome '^wrong failed 1 .*(no alternative certificate subject name matches|subject name)' \
		"and one of another name"
	end_channels
else
	skip "TLS" "openssl makes no certificate"
fi

# a reload
channels '{ name = "a"; url = "HTTP/500"; }, { name = "b"; url = "HTTP/500"; }'
give opened warning 1-23
outcome '^b failed 1' "two channels fail"
configure '{ name = "a"; url = "HTTP/ok"; }, { name = "c"; url = "HTTP/ok"; }'
give reload
outcome '^a told 1' "after a reload what waits is told on the mended one"
outcome '^b dropped 1 .*its channel is no more' "and dropped where it is gone"
give serious serious 1-23
outcome '^c told 2' "a new one is told"
end_channels

# weirctl alert --test, through the outbox and a keeper that runs
keeper_is_there() { redis_has_keeper "$(redis EXISTS 'weir:{keepers}:seen')"; }
redis_has_keeper() { [ "$1" = 1 ]; }
redis_start
configure '{ name = "hook"; url = "HTTP/ok"; }, { name = "bad"; url = "HTTP/500"; },
	{ name = "grave"; from = "critical"; url = "HTTP/ok"; }'
sed -i "s|none.sock|redis.sock|; s|keeper = {|keeper = { user = \"$test_user\"; reports = \"\";|" \
	"$work/a.conf"
echo 'journal = { directory = ""; };' >>"$work/a.conf"
run ctl alert
is "$code" 64 "without --test it is a mistake"
run ctl alert --test
is "$code" 69 "without a keeper nothing can be tested"
like "$err" "no weir-keeper runs" "and it says so"
is "$(redis XLEN 'weir:{incidents}:log')" 0 "nothing is left for later"
"$BUILD/weir-keeper" -c "$work/a.conf" >"$work/keeper.log" 2>&1 &
echo $! >"$work/keeper.pid"
wait_for 10 keeper_is_there
run ctl alert --test
is "$code" 1 "1: one channel fails"
like "$out" "hook +told in [0-9.]+ s: 200 from 127" "what works is told"
like "$out" "grave +told in" "whatever its level"
like "$out" "bad +failed: 500 from 127.*; tried once" "and what does not, why"
run ctl alert --test hook
is "$code" 0 "one channel alone"
is "$(grep -c told <<<"$out")" 1 "only it"
run ctl alert --test none
is "$code" 1 "none of that name"
like "$err" 'weir-keeper has no channel "none"' "and it says so"
is "$(ask '"$v->{channels} $v->{told} $v->{results}[0]{result}"' alert --test bad)" \
	"1 0 gave up" "as JSON"

done_testing
