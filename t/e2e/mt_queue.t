#!/bin/bash
# SPDX-License-Identifier: ISC
# weirctl hold, release and delete on the queue of a real Postfix, with the
# records of what weir held, and without Redis.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/postfix.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/postfix.sh"
postfix_is_possible || skip_all "a private Postfix needs root and postfix"
work_start
redis_start
{
	weir_redis
	cat <<'EOC'
limits = (
  { name = "own-sender"; key = "sender"; max = 3; per = "1h";
    match = { sender = [ "q@" ]; }; action = "quarantine"; },
  { name = "mailbox"; key = "recipient"; max = 1; per = "1h";
    match = { sender = [ "r@" ]; }; action = "quarantine"; }
);
EOC
} | weir_config a
weir_start a
postfix_start a "unix:$work/run/a.sock" 'defer_transports = later'
postconf -c "$postfix_dir/etc" 'transport_maps = inline:{defer.test=later:}'
postfix -c "$postfix_dir/etc" reload 2>/dev/null

# send FROM TO COUNT [options]
send() {
	local from=$1 to=$2 count=$3
	shift 3
	tool smtp "$@" -f "$from" -t "$to" -m "$count" "$postfix_port" |
		grep -c '^DATA-END 250 '
}
# ctl ACT [options]: output and complaints in $out, the exit code in $code.
ctl() {
	out=$("$BUILD/weirctl" -c "$work/a.conf" "$@" \
		--config "$postfix_dir/etc" 2>&1 </dev/null)
	code=$?
}
files() {
	find "$postfix_dir/queue/$1" -type f | wc -l
}
are_in() {
	[ "$(files "$1")" -eq "$2" ]
}
records() {
	[ "$(redis --scan --pattern 'weir:{held}:[^:]*' | wc -l)" -eq "$1" ]
}
sent() {
	[ "$(postfix_log_count "to=<$1>.*status=sent")" -eq "$2" ]
}

is "$(send Q@x.test a@y.test 8 -x 198.51.100.7)" 8 "one sender sends eight"
is "$(send r@x.test b@y.test 3)" 3 "another one three"
ok "of the eight five are held, of the three two" wait_for 10 are_in hold 7
ok "and weir has noted each" wait_for 10 records 7

# nothing is touched without a yes
ctl release --limit own-sender --dry-run
is "$code" 0 "a dry run is no failure"
like "$out" $'\nq@x\.test +5 .* 0s|\nq@x\.test +5 ' "it says whose mail it is"
ctl release --limit own-sender
is "$code" 1 "without a terminal nobody can be asked"
like "$out" 'nothing was changed.* --yes' "which is said"
ctl release --limit own-sender --json
is "$code" 0 "JSON without --yes is a dry run"
like "$out" '"done": false' "that says so"
like "$out" '"messages": 5' "and how many it would be"
ctl release --yes
is "$code" 64 "to say nothing is not to say everything"
# answer TEXT [options]: the same, at a terminal
answer() {
	local text=$1
	shift
	out=$(echo "$text" | script -qec "$BUILD/weirctl -c $work/a.conf \
		$* --config $postfix_dir/etc" /dev/null)
}
answer n release --limit own-sender
like "$out" 'Release 5 messages \(.*\)\? \[y/N\].*nothing was changed' \
	"at a terminal it asks, and takes a no"
is "$(files hold)" 7 "nothing was touched so far"
cp "$BUILD/weirctl" "$work/weirctl"
out=$(setpriv --reuid=nobody --clear-groups "$work/weirctl" -c "$work/a.conf" \
	release --limit own-sender --yes --config "$postfix_dir/etc" 2>&1)
is $? 1 "only root may do it"
like "$out" 'only root may change the queue' "which is said before any question"

# release, by the limit
ctl release --limit nobody-has-this --yes
is "$code" 1 "a limit that held nothing"
like "$out" 'limits are: own-sender, mailbox' "is not one of the settings"
answer y release --limit own-sender --by joan --reason "'false alarm'"
like "$out" 'Released 5 messages' "at a terminal it takes a yes"
ok "Postfix delivers them at once" wait_for 10 sent a@y.test 8
is "$(files hold)" 2 "those of the other limit stay"
ok "and so do their notes, and no others" records 2
like "$(redis XRANGE 'weir:{orders}:log' - +)" \
	'release.*joan.*false alarm|release 5 messages, --limit own-sender' \
	"the log of orders has it"
ctl release --limit own-sender --yes
is "$code" 1 "a second time there is nothing to release"

# a subject
ctl release --subject recipient:B+x@Y.test --yes
like "$out" 'Released 2 messages' "a subject is what the limit counted"
ok "and is delivered" wait_for 10 sent b@y.test 3

# at a pace
now_ms() {
	date +%s%3N
}
is "$(send q@x.test c@y.test 5)" 5 "five more"
ok "are held" wait_for 10 are_in hold 5
began=$(now_ms)
ctl release --sender '<Q+news@X.TEST>' --per-minute 120 --yes
took=$(($(now_ms) - began))
like "$out" 'Released 5 messages' "another spelling is the same sender"
ok "five at 120 a minute take two seconds ($took ms)" \
	test "$took" -ge 2000 -a "$took" -lt 20000
ok "and are delivered as they go" wait_for 10 sent c@y.test 5

# Ctrl-C
is "$(send q@x.test d@y.test 6 -x 198.51.100.7)" 6 "six more"
ok "are held, too" wait_for 10 are_in hold 6
ok "and noted" wait_for 10 records 6
"$BUILD/weirctl" -c "$work/a.conf" release --limit own-sender --per-minute 30 \
	--yes --config "$postfix_dir/etc" >"$work/paced" 2>&1 &
job=$!
ok "the first goes at once" wait_for 10 sent d@y.test 1
kill -INT "$job"
wait "$job"
is $? 1 "Ctrl-C ends it"
left=$(files hold)
ok "with most of them still held ($left)" test "$left" -ge 3 -a "$left" -le 5
like "$(<"$work/paced")" "Stopped: $left are still held" "and it says so"

# delete
ctl delete --client 203.0.113.0/24 --yes
is "$code" 1 "from that network there is nothing to delete"
ctl delete --limit own-sender --client 198.51.100.0/24 --yes --json
is "$code" 0 "from this one there is"
like "$out" "\"acted\": $left" "in JSON, too"
is "$(files hold)" 0 "and it is gone"

# hold, of mail that weir let pass; its client is in Postfix's file only
is "$(send s@x.test e@defer.test 3 -x 203.0.113.9)" 3 "mail that waits"
is "$(send s@x.test f@defer.test 1 -x 203.0.113.99)" 1 "and some more"
ok "in the deferred queue" wait_for 20 are_in deferred 4
ctl hold --subject sender_domain:x.test --client 203.0.113.0/28 --yes
like "$out" 'Held 3 messages' "is held by its sender's domain and network"
is "$(files hold) $(files deferred)" "3 1" "and nothing else is"
ctl release --recipient e@defer.test --yes
like "$out" 'Released 3 messages' "and released"
ok "to be tried again" wait_for 10 are_in hold 0
deferrals() {
	[ "$(postfix_log_count 'to=<e@defer.test>.*status=deferred')" -eq "$1" ]
}
ok "at once" wait_for 10 deferrals 6

# a queue that cannot be read
out=$("$BUILD/weirctl" -c "$work/a.conf" delete --sender s@x.test --yes \
	--mta postfix --config "$work/nowhere" 2>&1)
is $? 69 "no such Postfix"
like "$out" 'weirctl delete: .*nowhere' "is told with its own words"

# without Redis
ok "all are back in the deferred queue" wait_for 10 are_in deferred 4
redis_kill
ctl delete --limit own-sender --yes
is "$code" 69 "without Redis nobody knows of limits"
like "$out" '--sender, --recipient and --client work without it' "but of addresses"
ctl hold --sender s@x.test --yes
is "$code" 0 "what is asked by its sender is held"
like "$out" 'continuing without Redis.*Held 4 messages' "with a warning"
ctl delete --client 203.0.113.99 --yes
like "$out" 'Deleted 1 message ' "and deleted, by its client"
is "$(files hold) $(files deferred)" "3 0" "from the queue"
done_testing
