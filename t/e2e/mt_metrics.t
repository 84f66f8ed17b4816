#!/bin/bash
# SPDX-License-Identifier: ISC
# /metrics: what it counts is what was sent, whatever happens to Redis and to the
# configuration; nobody who sends mail can add a series; and each name in the
# manual, the rules and the dashboard is one of a real scrape.
# shellcheck disable=SC2016 # the $v is Perl
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/weirctl.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/weirctl.sh"
cd "${0%/*}/../.." || exit 1
work_start
redis_start
port=$(free_port)
mkdir -m 777 "$work/journal"

# config MORE: 20 limits, a journal, and MORE before them
config() {
	{
		weir_redis 'timeout = "1s";'
		echo "$1"
		echo "journal = { directory = \"$work/journal\"; };"
		echo 'exempt = ( { sender = [ "sender0@bench.example" ]; } );'
		echo 'limits = ('
		for i in $(seq 17); do
			echo "{ name = \"spare-$i\"; key = \"sender\"; per = \"1m\";" \
				"max = 100000; action = \"tempfail\"; },"
		done
		cat <<-'EOT'
		{ name = "typo"; key = "sender"; per = "1m"; max = 1;
		  match = { sender = [ "nobody@x.test" ]; }; action = "reject"; },
		{ name = "watch"; key = "sender_domain"; per = "1h"; max = 40;
		  action = "monitor"; },
		{ name = "own"; key = "sender"; unit = "recipients"; per = "1h";
		  max = 3; action = "reject"; });
		EOT
	} | weir_config a
}
scrape() {
	tool http_get "127.0.0.1:$port" /metrics "$@"
}
# value SERIES: its value in $work/scrape, now
value() {
	scrape >"$work/scrape" || return 1
	kept "$1"
}
kept() {
	local line
	while read -r line; do
		[ "${line% *}" != "$1" ] || echo "${line##* }"
	done <"$work/scrape"
}
value_is() {
	[ "$(value "$2")" = "$1" ]
}
series() {
	scrape | sed -n 's/ [^ ]*$//; /^[a-z]/p' | sort
}
# sum NAME MATCH: of the samples in $work/scrape with this among their labels
sum() {
	local line sum=0
	while read -r line; do
		[[ $line != "$1{"*"$2"*"} "* ]] || sum=$((sum + ${line##* }))
	done <"$work/scrape"
	echo "$sum"
}

config "metrics = \"127.0.0.1:$port\";"
weir_start a
like "$(<"$work/a.log")" "metrics: served at 127.0.0.1:$port" \
	"the log says where"

# the formats
like "$(scrape -i 2>/dev/null; tool http_get -i "127.0.0.1:$port" /metrics)" \
	'Content-Type: text/plain; version=0.0.4; charset=utf-8' \
	"the text format is what others get"
open=$(tool http_get -i "127.0.0.1:$port" /metrics \
	'Accept: application/openmetrics-text; version=1.0.0')
like "$open" 'Content-Type: application/openmetrics-text; version=1.0.0' \
	"OpenMetrics for those that accept it"
is "$(tail -n 1 <<<"$open")" "# EOF" "with its end"
like "$open" '# TYPE weir_verdicts counter' \
	"and counters without _total in their type"
if command -v promtool >/dev/null; then
	ok "promtool finds nothing to say of it" \
		eval 'scrape | promtool check metrics >"$work/promtool" 2>&1 &&
			[ ! -s "$work/promtool" ]'
else
	skip "promtool check metrics" "there is no promtool"
fi

# names
series >"$work/series.first"
diag "series with 20 limits and a journal: $(wc -l <"$work/series.first")"
ok "about 300 series" test "$(wc -l <"$work/series.first")" -lt 320
# known: names of families as the scrape has them
scrape | sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' | sort >"$work/known"
sed -n 's/^\.It Va //p' milter/weir-metrics.7 | tr -d ' ' | tr , '\n' |
	sort >"$work/manual"

# the keeper, and names in rules and dashboard
keeper_port=$(free_port)
echo "keeper = { page = \"127.0.0.1:$keeper_port\"; user = \"$test_user\";
  reports = \"$work/run/reports\";
  alerts = ( { name = \"hook\"; command = [ \"/bin/true\" ]; } ); };" \
	>>"$work/a.conf"
mkdir -m 777 "$work/run/reports"
"$BUILD/weir-keeper" -c "$work/a.conf" >>"$work/keeper.log" 2>&1 &
echo $! >"$work/keeper.pid"
site() {
	tool http_get "127.0.0.1:$keeper_port" /metrics >"$work/site"
}
ok "weir-keeper answers" wait_for 20 site
like "$(<"$work/site")" 'weir_milters_alive 1' "with the site's milters"
like "$(<"$work/site")" \
	'weir_alerts_total\{channel="hook",result="told"\} 0' "and its channels"
sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' "$work/site" | sort >"$work/known.keeper"
sort -u "$work/known" "$work/known.keeper" >"$work/known.all"
is "$(comm -3 "$work/known.all" "$work/manual")" "" \
	"weir-metrics(7) has each name of both scrapes, and no other"
# used FILE...: the metrics that these speak of; _bucket and the like are of a
# family
used() {
	grep -ohE '\b(weir|process)_[a-z_]+' "$@" |
		sed 's/_\(bucket\|sum\|count\)$//' | sort -u
}
is "$(used packaging/prometheus/weir.rules.yml | comm -23 - "$work/known.all")" \
	"" "the rules name no metric that does not exist"
is "$(used packaging/grafana/weir.json | comm -23 - "$work/known.all")" "" \
	"and the dashboard none"
if command -v promtool >/dev/null; then
	ok "promtool finds nothing to say of the site's metrics" \
		eval 'promtool check metrics <"$work/site"'
	ok "promtool check rules" eval \
		'promtool check rules packaging/prometheus/weir.rules.yml >"$work/out"'
	ok "promtool test rules" eval \
		'promtool test rules packaging/prometheus/*.test.yml >"$work/out"'
else
	skip "the rules" "there is no promtool"
fi
stop_pid_file "$work/keeper.pid"

# series without one for each message
load a -c 4 -m 400 -s 200 -p 50 -r 4 >"$work/load"
is "$(value 'weir_limit_verdicts_total{limit="own",verdict="reject"}')" 398 \
	"200 senders, all but an exempt one over a limit, are counted"
is "$(kept weir_exempt_total)" 2 "and the exempt one"
is "$(kept 'weir_limit_verdicts_total{limit="typo",verdict="accept"}')" 0 \
	"a limit that fits no mail counts nothing"
is "$(series | diff - "$work/series.first")" "" "they have added no series"
is "$(kept weir_windows_near_limit)" 199 "windows that refuse are near a limit"

load a -c 1 -m 60 -s 30 -f 1000 -p 20 >"$work/load"
value weir_redis_up >"$work/out"
is "$(kept 'weir_limit_verdicts_total{limit="own",verdict="accept"}')" 60 \
	"what a limit has counted and let in is counted by it"
is "$(kept 'weir_limit_verdicts_total{limit="watch",verdict="monitor"}')" 20 \
	"and what is over a monitor limit"
is "$(kept 'weir_limit_verdicts_total{limit="watch",verdict="accept"}')" 40 \
	"but not twice"
ok "windows near their max are counted" \
	test "$(kept weir_windows_near_limit)" -ge 30
is "$(kept 'weir_message_wait_seconds_count{stage="end"}')" 460 \
	"each answer at the end has its wait"
ok "Redis was asked" test "$(kept weir_redis_request_seconds_count)" -ge 458
ok "samples and acts are in the journal" test \
	"$(kept 'weir_journal_records_total{kind="begin"}')" -ge 1
is "$(kept weir_journal_writable)" 1 "which can be written"

# status has the same source
agrees() {
	local verdicts="accept monitor quarantine tempfail discard reject"
	value weir_redis_up >/dev/null
	[ "$(for verdict in $verdicts; do
		sum weir_verdicts_total "verdict=\"$verdict\""
	done | paste -sd ' ')" = "$(ask \
		"@{\$v->{milters}[0]{verdicts}}{qw($verdicts)}" status)" ]
}
ok "weirctl status shows the same verdicts" wait_for 5 agrees
is "$(ask '$v->{milters}[0]{sessions}' status)" \
	"$(kept weir_sessions_opened_total)" "and sessions"

# orders
ctl block sender:a@b.test --reason test --by me >"$work/out"
ok "an order is in force" wait_for 5 \
	value_is 1 'weir_orders_in_force{kind="block"}'

# a reload: nothing begins anew
weir_signal a USR1
ok "after a reload the generation is 2" \
	wait_for 5 value_is 2 weir_config_generation
is "$(kept 'weir_limit_verdicts_total{limit="own",verdict="reject"}')" 398 \
	"and the counters go on"
cp "$work/a.conf" "$work/good.conf"
echo 'nonsense = 1;' >>"$work/a.conf"
weir_signal a USR1
ok "a reload with errors is seen" wait_for 5 \
	value_is 0 weir_config_last_reload_successful
is "$(kept weir_config_generation)" 2 "and changes nothing"
# one limit is gone, one has another name
sed 's/"spare-1"/"other-name"/' "$work/good.conf" >"$work/a.conf"
weir_signal a USR1
ok "a good one is seen" wait_for 5 \
	value_is 1 weir_config_last_reload_successful
is "$(series | comm -13 "$work/series.first" - | grep -c other-name)" 6 \
	"a new limit has its series"
is "$(series | comm -23 "$work/series.first" -)" "" "and the old one keeps its own"

# an outage
redis_kill
load a -c 1 -m 10 -s 10 -f 2000 -p 5 >"$work/load"
ok "it answers while Redis is away" wait_for 5 value_is 0 weir_redis_up
is "$(kept weir_local_counting)" 1 "and says that this milter counts alone"
ok "and for how long" wait_for 5 \
	eval '[ "$(value weir_redis_outage_seconds)" != 0.000 ]'
ok "and what is not in Redis yet" test "$(kept weir_unsynced_windows)" -ge 10
ok "and why" test "$(kept 'weir_redis_failures_total{reason="refused"}')" -ge 1
is "$(kept 'weir_message_wait_seconds_count{stage="end"}')" 470 \
	"messages are counted as before"
redis_start
ok "Redis is back" wait_for 10 value_is 1 weir_redis_up
ok "nothing is left to deliver" wait_for 10 value_is 0 weir_unsynced_windows
is "$(kept weir_redis_outage_seconds)" 0.000 "no outage"
is "$(kept 'weir_limit_verdicts_total{limit="own",verdict="reject"}')" 398 \
	"counters survive a Redis that starts empty"

# who may not read it
like "$(tool http_get -i "127.0.0.1:$port" /metrics 'Host: evil')" \
	'^HTTP/1.1 421 ' "another Host is refused"
like "$(tool http_get -i -X POST "127.0.0.1:$port" /metrics)" \
	'^HTTP/1.1 405 ' "and another method"
like "$(tool http_get -i "127.0.0.1:$port" /)" '^HTTP/1.1 404 ' \
	"there is no other page"

# 200 connections that say nothing
perl -MIO::Socket::INET -e 'for (1 .. 200) {
		push @all, IO::Socket::INET->new(PeerAddr => $ARGV[0]) }
	print "open\n"; sleep 60' "127.0.0.1:$port" >"$work/silent" &
echo $! >"$work/silent.pid"
wait_for 5 grep -q open "$work/silent"
load a -c 4 -m 400 -s 400 -f 5000 -p 20 >"$work/load"
is "$(field messages <"$work/load")" 400 \
	"mail flows beside 200 silent connections"
diag "p99 of these: $(field message_p99_us <"$work/load") us"
ok "and /metrics answers" wait_for 10 value_is 1 weir_redis_up
stop_pid_file "$work/silent.pid"

# a place that is taken
weir_stop a
is $? 0 "it stops"
perl -MIO::Socket::INET -e '
	my $all = IO::Socket::INET->new(LocalAddr => $ARGV[0], Listen => 1,
		ReuseAddr => 1) or die; print "open\n"; sleep 60' \
	"127.0.0.1:$port" >"$work/taken" &
echo $! >"$work/taken.pid"
wait_for 5 grep -q open "$work/taken"
weir_start a
like "$(<"$work/a.log")" "metrics: cannot listen on 127.0.0.1:$port" \
	"an address that is taken is logged"
load a -m 1 -s 1 -f 9000 >"$work/load"
is "$(field accepted <"$work/load")" 1 "and mail flows"
weir_stop a
stop_pid_file "$work/taken.pid"

# a unix socket
config "metrics = \"unix:$work/run/metrics.sock\";"
weir_start a
is "$(stat -c %a "$work/run/metrics.sock")" 660 "a unix socket has mode 660"
like "$(tool http_get "unix:$work/run/metrics.sock" /metrics)" \
	'weir_redis_up 1' "and answers"
weir_stop a
ok "it is removed at the end" test ! -e "$work/run/metrics.sock"
done_testing
