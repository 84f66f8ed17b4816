#!/bin/bash
# SPDX-License-Identifier: ISC
# What an operator does and sees while Redis goes: a block that is laid just
# then, and a watch that goes on.
# shellcheck disable=SC2016 # the expressions are Perl's
faults=${0%/*}
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/faults.sh
. "$faults/../lib/tap.sh"
. "$faults/../lib/servers.sh"
. "$faults/../lib/faults.sh"
# shellcheck source=t/lib/weirctl.sh
. "$faults/../lib/weirctl.sh"
work_start
redis_start

# milters_of PREFIX: two of them, a and b
milters_of() {
	local name
	for name in a b; do
		weir_config "$name" <<-END
		redis = { server = "unix:$work/redis.sock"; prefix = "$1"; };
		limits = ( { name = "own"; key = "sender"; max = 1000000;
		  per = "1h"; action = "reject"; } );
		END
		weir_start "$name"
	done
}
both_are_known() {
	ask_is 2 'scalar grep { $_->{alive} } @{$v->{milters}}' status
}
refuses() {
	[ "$(load "$1" -m 1 -s 1 | field rejected)" = 1 ]
}
refuse_both() {
	refuses a && refuses b
}
is_in_the_book() {
	ctl orders | grep -q "block .*$1"
}

# Another, empty Redis takes over just after, or while, a block is laid: what
# weirctl says of it is true afterwards.
milters_of desk
wait_for 10 both_are_known
laid=0 doubted=0 untrue=
for pause in 0 0.01 0.03 0.06 0.1 0.15 0.2 0.25 0.3 0.4; do
	subject=sender:s$pause@bench.example
	ctl_begin block block "$subject" --for 1h --reason flood
	sleep "$pause"
	redis_replace
	wait "$(<"$work/ctl-block.pid")"
	rm -f "$work/ctl-block.pid"
	if grep -q 'in force on 2 of 2 milters' "$work/block"; then
		laid=$((laid + 1))
		wait_for 10 is_in_the_book "$subject" || untrue+=" $pause"
	else
		doubted=$((doubted + 1))
		[ -s "$work/block.err" ] || untrue+=" $pause: silent"
	fi
	wait_for 10 both_are_known
done
diag "$laid blocks are said to be laid, of $doubted it is said that they may" \
	"not be"
is "$untrue" "" "fault 73: what is said of a block is true after a failover"
ok "fault 73: some are laid" [ "$laid" -gt 0 ]
ctl block sender:sender0@bench.example --for 1h --reason flood >"$work/block"
redis_replace
ok "fault 73: a block that is laid holds at both milters" refuse_both
ok "fault 73: and comes into the new Redis" \
	wait_for 10 is_in_the_book sender0@bench.example
ok "fault 73: where it holds on" refuse_both
weir_stop a
weir_stop b

# A watch while Redis is stopped: each verdict is shown once, or counted as
# left out.
milters_of seen
wait_for 10 both_are_known
ctl_begin seen --json watch
watch_is_known 1 2
load a -c 4 -m 500 -s 500 >"$work/load"
redis_signal STOP
load a -c 4 -m 3000 -s 3000 >>"$work/load"
redis_signal CONT
back_in_redis() {
	grep -q 'redis .*: back after' "$work/a.log"
}
wait_for 10 back_in_redis
watch_is_known 1 2
load a -c 4 -m 500 -s 500 >>"$work/load"
total=$(field messages <"$work/load" | awk '{ sum += $1 } END { print sum }')
is "$total" 4000 "fault 74: 4,000 messages, 3,000 of them without Redis"
left_out() {
	sed -n 's/.*watch: \([0-9]*\) more not shown.*/\1/p' "$work/seen.err" |
		awk '{ sum += $1 } END { print sum + 0 }'
}
all_are_told() {
	[ $(($(wc -l <"$work/seen") + $(left_out))) -ge "$total" ]
}
ok "fault 74: each is shown, or counted as left out" wait_for 10 all_are_told
shown=$(wc -l <"$work/seen")
diag "$shown are shown, $(left_out) are said to be left out"
ok "fault 74: none is shown twice" [ "$shown" -le "$total" ]
ok "fault 74: after the gap it goes on" [ "$shown" -ge 1000 ]

# And while another one takes its place: the gap is named.
redis_replace
ok "fault 74: a watch says that Redis is away" \
	wait_for 10 grep -q 'retrying' "$work/seen.err"
ok "fault 74: and that what fell meanwhile is not shown" \
	wait_for 10 grep -q 'is back; verdicts in between are not shown' \
	"$work/seen.err"
watch_is_known 1 2
load a -c 4 -m 100 -s 100 >/dev/null
goes_on() {
	[ "$(wc -l <"$work/seen")" -ge $((shown + 100)) ]
}
ok "fault 74: then it goes on" wait_for 10 goes_on
ctl_end seen
is $? 0 "fault 74: Ctrl-C ends it in good order"

# The log of orders is bounded: what was there first goes, what is left is
# whole, and the orders themselves stay.
ctl block sender:first@bench.example --for 1h --reason first >/dev/null
redis XTRIM 'seen:{orders}:log' MAXLEN 0 >/dev/null
ctl block sender:second@bench.example --for 1h --reason second >/dev/null
is "$(ask 'scalar @$v' orders --log)" 1 \
	"fault 74: a log that was cut tells what is left"
is "$(ask 'scalar @$v' orders)" 2 "fault 74: all orders stay"
ok "fault 74: and hold" wait_for 5 ask_is 2 'scalar @$v' orders
weir_stop a
is $? 0 "fault 74: it stops in good order"
done_testing
