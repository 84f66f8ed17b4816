#!/bin/bash
# SPDX-License-Identifier: ISC
# weirctl's eyes: status, top, show, why and watch say what two milters have
# done, to the message.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
# shellcheck source=t/lib/weirctl.sh
# shellcheck disable=SC2016,SC2086 # the $v of json is Perl; words are many
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/weirctl.sh"
work_start
redis_start
{
	weir_redis
	cat <<'EOT'
limits = (
  { name = "own"; key = "sender"; max = 10; per = "1h"; action = "reject"; },
  { name = "house"; key = "sender_domain"; max = 100; per = "1d";
    action = "tempfail"; },
  { name = "client"; key = "client"; max = 1000; per = "10m";
    action = "monitor"; }
);
EOT
} | weir_config a
sed 's/a\.sock/b.sock/' "$work/a.conf" >"$work/b.conf"

# nobody there yet
run ctl status
is "$code" 1 "status: 1 while no milter is alive"
like "$out" 'no milter has announced itself' "and says so"
run ctl top
is "$code" 1 "top: 1 while nobody is near a limit"
like "$out" 'nothing is at half of a limit' "and says so"
is "$(ask 'scalar @$v' top)" 0 "as JSON: an empty array"
run ctl show sender:sender0@bench.example
is "$code" 1 "show: 1 where nothing is known"
like "$out" 'own \(reject\): 0 of 10' "but its limits are shown"
run ctl watch --for 1s
is "$code" 1 "watch: 1 where nothing was seen"

weir_start a
weir_start b
ok "status sees both milters within 3 s" wait_for 3 \
	ask_is 2 'scalar grep { $_->{alive} } @{$v->{milters}}' status

run ctl status
is "$(grep -c 'no MTA has connected since it started' <<<"$out")" 2 \
	"status says that no MTA has connected to either"
like "$out" "listens on
  unix:$work/run/a.sock" "and where each listens"

# 8 senders with 6 messages, 4 of them with 5 more, one with 3 more:
# sender0 has 10 and 4 refused, sender1 to 3 have 10 and 1 refused, the
# others have 6
began=$(date +%s)
load a -c 4 -m 48 -s 8 >"$work/load1"
load b -c 4 -m 20 -s 4 >"$work/load2"
load a -c 1 -m 3 -s 1 >"$work/load3"
sums='sum0(map { $_->{accepted} } @$v), sum0(map { $_->{rejected} } @$v)'
is "$(sed '1s/^/[/;$!s/$/,/;$s/$/]/' "$work"/load? | json "$sums")" "64 7" \
	"the traffic: 64 accepted, 7 refused"

# status
totals='map { my $s = $_; map { $v->{verdicts}{$s}{$_} } qw(accept reject) }
	qw(minute hour day)'
ok "status: minute, hour and day have all of it within 3 s" \
	wait_for 3 ask_is "64 7 64 7 64 7" "$totals" status
is "$(ask 'sum0 map { values %{$_->{verdicts}} } @{$v->{milters}}' status)" \
	71 "and so have the two milters, added up"
is "$(ask 'join ",", sort { $a <=> $b } map { $_->{verdicts}{reject} }
	@{$v->{milters}}' status)" "3,4" "each with its own share"
# a connection has 20 messages at the most, so there may be one or two more
ok "as JSON: the sessions" wait_for 3 ask_is 1 \
	'(sum0 map { $_->{sessions} } @{$v->{milters}}) >= 9 || 0' status
run ctl status
is "$code" 0 "status: 0 with milters alive"
like "$out" 'accept +64 +64 +64' "the table has the accepted"
like "$out" 'reject +7 +7 +7' "and the refused"
is "$(grep -c 'no MTA has connected' <<<"$out")" 0 "and MTAs have connected"

# top
ok "top has all eight senders within 3 s" wait_for 3 ask_is 8 \
	'scalar grep { $_->{subject} =~ /^sender:/ } @$v' top
brief='map { "$_->{subject}=$_->{used}/$_->{max}-$_->{refused}" } @$v'
is "$(ask "$brief" top --by sender --rows 5 | sed 's/@bench.example//g')" \
	"sender:sender0=10/10-4 sender:sender1=10/10-1 sender:sender2=10/10-1 \
sender:sender3=10/10-1 sender:sender4=6/10-0" \
	"top: the fullest first, each with what it used and was refused"
is "$(ask 'map { $_->{subject} =~ /sender(\d)/ } @$v' \
	top --by sender --order refused --rows 2)" "0 1" \
	"--order refused: the most refused first"
is "$(ask 'map { $_->{used} } @$v' top --order used --rows 2)" "64 10" \
	"--order used: the domain with 64 first"
is "$(ask 'map { $_->{subject} =~ /sender(\d)/ } @$v' \
	top --limit own --order subject)" "0 1 2 3 4 5 6 7" \
	"--order subject, and --limit own: the senders only"
is "$(ask 'map { $_->{subject} } @$v' top --by sender_domain)" \
	sender_domain:bench.example "--by sender_domain: the domain only"
is "$(ask 'scalar @$v' top --by helo)" 0 "--by helo: nobody"
is "$(ask 'scalar @$v' top --limit client)" 0 \
	"who is below half of a limit is not there"
is "$(ask 'scalar grep { sum0(@{$_->{buckets}}) != $_->{used} } @$v' top)" 0 \
	"the buckets of each window add up to what it used"
is "$(ask '$v->[0]{since} =~ /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/
	? 1 : $v->[0]{since}' top)" 1 "since is a time in UTC"
since=$(date -d "$(ask '$v->[0]{since}' top --by sender)" +%s)
ok "that is the time of the traffic" \
	test $((since - began)) -ge -1 -a $((since - began)) -le 5
run ctl top --rows 3
is "$code $(grep -c bench.example <<<"$out")" "0 3" "--rows 3: three rows"
like "$out" 'and 6 more, see --rows' "and how many were left out"
# a limit that was renamed, or given another length
sed 's/"own"/"their"/; s/per = "1d"/per = "2d"/' "$work/a.conf" >"$work/renamed.conf"
run "$BUILD/weirctl" -c "$work/renamed.conf" top
is "$code $out" "1 nothing is at half of a limit or above
9 more of limits that are not in $work/renamed.conf, see --all" \
	"windows of limits that are not configured are counted, not listed"
run "$BUILD/weirctl" -c "$work/renamed.conf" top --all
is "$code $(grep -c bench.example <<<"$out")" "0 9" "--all lists them"
run "$BUILD/weirctl" -c "$work/renamed.conf" --json top
is "$code $out $(grep -c '9 more of limits' <<<"$err")" "1 [] 1" \
	"with --json the number is on standard error"

# top keeps who fell below half
redis HSET 'weir:{busy}:own:1h:sender:sender5@bench.example' max 1000 >/dev/null
fallen='scalar grep { $_->{subject} =~ /sender5/ } @$v'
is "$(ask "$fallen" top) $(ask "$fallen" top --all)" "0 1" \
	"who fell below half is shown with --all only"
run ctl override sender:sender7@bench.example own --max 100 --reason test
is "$code" 0 "override lifts the limit of sender7"
ctl reset sender:sender6@bench.example >/dev/null
is "$(ask 'scalar grep { $_->{subject} =~ /sender6/ } @$v' top --all)" 0 \
	"who was reset is no more on top"

# show
run ctl show sender:sender0@bench.example
is "$code" 0 "show: 0"
like "$out" 'own \(reject\): 10 of 10 messages \(100%\) in 1h, room in' \
	"used, max and when there is room"
like "$out" '4 refused, the last one at 20' "and what was refused"
own='(grep { $_->{limit} eq "own" } @{$v->{windows}})[0]'
is "$(ask "my \$w = $own; \$w->{used}, \$w->{max}, \$w->{percent},
	\$w->{refused}, sum0(@{\$w->{buckets}})" \
	show sender:sender0@bench.example)" "10 10 100 4 10" \
	"as JSON, and the buckets add up to used"
is "$(ask "my \$w = $own; \$w->{max}, \$w->{override} > 0 ? 1 : 0" \
	show sender:sender7@bench.example)" "100 1" "an override is named"
is "$(ask 'map { "$_->{limit}=$_->{used}" } @{$v->{windows}}' \
	show sender_domain:bench.example)" house=64 "a domain"
is "$(ask 'sum0 map { $_->{used} } map { @{$_->{windows}} } $v' \
	show client:10.0.0.0)" 64 "a client"

# why
run ctl why --sender sender0@bench.example --recipient x@rcpt.example
like "$out" 'own' "why names the limit"
like "$out" '5[0-9][0-9] 5\.' "and the reply"
used_before=$(ask '$v->{windows}[0]{used}' show sender_domain:bench.example)
ctl why --sender sender4@bench.example --recipient x@rcpt.example >/dev/null
is "$(ask '$v->{windows}[0]{used}' show sender_domain:bench.example)" \
	"$used_before" "and charges nothing"

# watch
lines() {
	[ "$(wc -l <"$work/$1")" -ge "$2" ]
}
ctl_begin all --json watch
ctl_begin one --json watch sender:sender9@bench.example
ctl_begin refused --json watch --refused
ctl_begin house --json watch --limit own
watch_is_known 4 2
load a -c 2 -m 10 -s 10 >/dev/null
load b -c 2 -m 10 -s 10 >/dev/null
ok "watch sees the verdicts of both milters" \
	wait_for 20 lines all 20
is "$(wc -l <"$work/all")" 20 "each once"
is "$(wc -l <"$work/one")" 2 "a subject: its own only"
is "$(json 'scalar @$v' < <(sed '1s/^/[/;$!s/$/,/;$s/$/]/' "$work/refused"))" \
	8 "--refused: the refused only"
is "$(grep -c '"limit": *"own"' "$work/house")" "$(wc -l <"$work/house")" \
	"--limit: of that limit only"
is "$(wc -l <"$work/house")" 8 "and all of these"
redis_kill
ok "watch says that Redis is away" wait_for 20 \
	grep -q 'retrying' "$work/all.err"
redis_start
ok "and that it is back" wait_for 20 grep -q 'Redis is back' "$work/all.err"
watch_is_known 4 2
load a -c 1 -m 5 -s 5 >/dev/null
ok "and sees verdicts again" wait_for 20 lines all 25
for name in all one refused house; do
	ctl_end $name
	is $? 0 "Ctrl-C ends watch with 0 ($name)"
done
run timeout 30 "$BUILD/weirctl" -c "$work/a.conf" watch --for 1s
ok "--for 1s ends after a second" \
	test "$took_ms" -ge 1000 -a "$took_ms" -lt 10000
ctl_begin count watch --count 3
watch_is_known 1 2
load b -c 1 -m 9 -s 9 >/dev/null
wait "$(<"$work/ctl-count.pid")"
is "$? $(grep -c bench.example "$work/count")" "0 3" "--count 3: three lines, 0"
weir_stop a
is "$(ask 'scalar @{$v->{milters}}' status)" 1 "who is stopped takes leave"
weir_kill b
ok "who is killed is silent within 6 s" wait_for 7 \
	ask_is 0 'scalar grep { $_->{alive} } @{$v->{milters}}' status
run ctl status
is "$code" 1 "then status is 1"
like "$out" 'silent [0-9]+s' "and says since when"
like "$out" 'no sign of life since [0-9:-]+ .*: killed, or cut off' \
	"and what that means"
is "$(ask '$v->{milters}[0]{leaves} gt $v->{time} ? 1 : 0' status)" 1 \
	"JSON says when it leaves the list"
run ctl block sender:gone@bench.example --reason test
ok "nobody waits for it ($took_ms ms)" test "$took_ms" -lt 1900
like "$out" 'no milter is running' "and it does not count"
weir_start b
ok "one that starts in its place takes it off the list" wait_for 20 \
	ask_is '1 1' 'scalar @{$v->{milters}},
		scalar grep { $_->{alive} } @{$v->{milters}}' status
done_testing
