#!/bin/bash
# SPDX-License-Identifier: ISC
# Orders under load, at two milters on one Redis: a permit lets exactly its
# budget through, a block holds everywhere, also while Redis is away, and ends
# at its time.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
# shellcheck source=t/lib/weirctl.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/weirctl.sh"
work_start
redis_start

# both FIELD: what two loads that ran at once found, added up
both() {
	echo $(($(field "$1" <"$work/a.json") + $(field "$1" <"$work/b.json")))
}
load_both() {
	load a "$@" >"$work/a.json" &
	load b "$@" >"$work/b.json"
	wait $!
}
used() {
	redis HGET "weir:{sender:$1@bench.example}:own:1h" used
}

{
	weir_redis 'on_failure = "accept"; timeout = "2s";'
	cat <<'EOT'
limits = ( { name = "own"; key = "sender"; max = 100; per = "1h";
	action = "reject"; } );
EOT
} | weir_config a
sed 's/a\.sock/b.sock/' "$work/a.conf" >"$work/b.conf"
weir_start a
weir_start b
wait_for 20 eval "ctl --json status | grep -c '\"alive\": true' | grep -q 2"

# a permit: sender0 has 5,000, sender1 its 100 as ever

out=$(ctl permit sender:sender0@bench.example --messages 5000 --for 1h \
	--owner "Ann, marketing" --reason "May newsletter" --by test)
like "$out" "permit 1: .*5000 of 5000 left.*in force on 2 of 2 milters" \
	"a permit is given, and both milters have taken it"
load_both -c 32 -m 6000 -s 2
is "$(both accepted)" 5100 \
	"12,000 messages in 64 sessions: 5,000 and 100 are accepted"
is "$(both rejected)" 6900 "and all others are refused"
is "$(used sender0)" 5000 "the permitted sender has sent 5,000, not one more"
is "$(used sender1)" 100 "the limit went on for the other one"
like "$(ctl orders)" "0 of 5000 left" "the budget is used up"
load_both -c 8 -m 200 -s 1
is "$(both accepted)" 0 "and its windows are full, too: no quota on top"

# the pace of a permit
ctl reset sender:sender0@bench.example >"$work/reset.out"
like "$(<"$work/reset.out")" "had counted 5000 messages in 1h" \
	"reset says what it emptied"
ctl revoke sender:sender0@bench.example >/dev/null
ctl permit sender:sender0@bench.example --messages 5000 --per-minute 300 \
	--for 1h --owner Ann --reason "slowly" >/dev/null
load_both -c 32 -m 1000 -s 1
is "$(both accepted)" 300 "a pace of 300 a minute: 300 in the first minute"
ctl revoke sender:sender0@bench.example >/dev/null

# a block

accepts() {
	[ "$(load "$1" -m 1 -s 1 | field accepted)" = 1 ]
}
refuses() {
	[ "$(load "$1" -m 1 -s 1 | field rejected)" = 1 ]
}
accept_both() {
	accepts a && accepts b
}
# began; took: milliseconds since then
now_ms() {
	echo $((${EPOCHREALTIME/[.,]/} / 1000))
}

ctl reset sender:sender0@bench.example >/dev/null
ok "mail of the sender is taken again" wait_for 20 accept_both
load a -c 4 -t 3 -s 1 >/dev/null &
flood=$!
began=$(now_ms)
out=$(ctl block sender:sender0@bench.example --for 1h --reason flood)
diag "both milters had taken the block after $(($(now_ms) - began)) ms"
like "$out" "in force on 2 of 2 milters" "a block is taken under load"
ok "by one milter" refuses a
ok "and by the other" refuses b
wait "$flood"
# sender1 has used up its own limit
is "$(load a -m 3 -s 3 | field accepted)" 1 "other senders are not blocked"

redis_kill
ok "while Redis is away the block holds here" refuses a
ok "and there" refuses b
is "$(load b -m 2 -s 2 | field accepted)" 1 "and only that one"
redis_start
is_known() {
	ctl orders | grep -q "block .*sender0@bench.example"
}
ok "an empty Redis gets it back from the milters" wait_for 20 is_known
like "$(ctl orders --log)" "restored" "and the log says so"
ok "it holds all the time" refuses a
ctl unblock sender:sender0@bench.example --reason mended >/dev/null
ok "unblocked, at one milter" wait_for 20 accepts a
ok "and at the other" wait_for 20 accepts b

# its time: also where Redis cannot be asked when it ends
began=$(now_ms)
ctl block sender:sender0@bench.example --for 8s --reason short >/dev/null
ok "a short block holds" refuses a
redis_kill
ok "also without Redis" refuses b
ok "ends at one milter" wait_for 30 accepts a
took=$(($(now_ms) - began))
ok "after its time ($took ms)" test "$took" -ge 8000
ok "and at the other" wait_for 20 accepts b
done_testing
