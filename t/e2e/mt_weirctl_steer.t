#!/bin/bash
# SPDX-License-Identifier: ISC
# weirctl's hands: block, permit, override and reset, and what ends them, hold
# at two milters at once, through restarts of both sides, and are all in the
# log.
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
  { name = "own"; key = "sender"; max = 5; per = "1h"; action = "reject"; },
  { name = "size"; key = "sender_domain"; unit = "bytes"; max = "1 GB";
    per = "1d"; action = "tempfail"; }
);
EOT
} | weir_config a
sed 's/a\.sock/b.sock/' "$work/a.conf" >"$work/b.conf"
weir_start a
weir_start b
wait_for 3 ask_is 2 'scalar @{$v->{milters}}' status
who=sender:sender0@bench.example

# mail NAME COUNT [options]: of sender0, "accepted tempfailed rejected"
mail() {
	local name=$1 count=$2 sent
	shift 2
	sent=$(load "$name" -c 1 -m "$count" -s 1 "$@")
	echo "$(field accepted <<<"$sent") $(field tempfailed <<<"$sent")" \
		"$(field rejected <<<"$sent")"
}
# all_know: waits until both milters know the newest orders; weirctl itself
# waits for them two seconds, which a busy machine may need for itself
all_know() {
	wait_for 20 ask_is 2 \
		'scalar grep { $_->{orders_known} } @{$v->{milters}}' status
}
# acts: those of the log, in their order
acts() {
	ask 'map { $_->{act} } @$v' orders "$who" --log
}

# two subjects in one, and a pattern
run ctl block sender:kim@a.example,lee@a.example --reason both
is "$code" 64 "two values are a usage error"
like "$err" "found more than one value" "which is said"

# block, and what ends it
run ctl block $who --for 2h --reason "runaway script" --by tester
is "$code" 0 "block: 0"
like "$out" "block [0-9]+.*$who" "names number and subject"
like "$out" 'in force on 2 of 2 milters' "and waits for the milters"
is "$(mail a 2) $(mail b 2)" "0 0 2 0 0 2" "the next mail is refused by both"
is "$(field accepted <<<"$(load a -c 1 -m 4 -s 2)")" 2 "and nobody else's"
run ctl orders
like "$out" 'tester: runaway script' "orders: who and why"
is "$(ask '$v->[0]{kind}, $v->[0]{action}, $v->[0]{by}, $v->[0]{reason}' \
	orders)" "block reject tester runaway script" "as JSON"
like "$(ctl show $who)" 'block [0-9]+' "show has it too"
run ctl why --sender sender0@bench.example --recipient x@y.example
like "$out" 'block' "and why"
is "$(ask '$v->{orders_in_force}{block}' status)" 1 "and status"
run ctl block $who --reason later --action tempfail
is "$code" 0 "a second block: 0"
is "$(ask 'map { $_->{action} } @$v' orders)" tempfail "takes the first's place"
is "$(mail a 1) $(mail b 1)" "0 1 0 0 1 0" "and holds"
for action in discard quarantine; do
	ctl block $who --reason later --action $action >/dev/null
	is "$(load b -c 1 -m 1 -s 1 | json '$v->{discarded}, $v->{quarantined}')" \
		"$([ $action = discard ] && echo 1 0 || echo 0 1)" \
		"--action $action"
done
run ctl unblock $who --reason "was fixed" --by other
is "$code" 0 "unblock: 0"
like "$out" 'lifted: block' "says what it lifted"
is "$(mail a 1) $(mail b 1)" "1 0 0 1 0 0" "mail is taken again"
run ctl unblock $who
is "$code" 1 "unblock where there is no block: 1"
like "$err" 'no matching order to lift' "and says so"
is "$(acts)" "block replaced block replaced block replaced block unblock" \
	"the log has all of it"
is "$(ask '$v->[-1]{by}, $v->[-1]{reason}' orders $who --log)" \
	"other was fixed" "and who lifted it, and why"

# override
ctl override $who own --max 8 --reason sale >/dev/null
# three there already: two that were taken, one that was put aside
is "$(mail a 4) $(mail b 4)" "4 0 0 1 0 3" \
	"override: 8 in both milters together"
run ctl override $who own --max 9 --reason more
is "$(mail b 2)" "1 0 1" "a second one takes its place"
run ctl revoke $who
is "$code" 0 "revoke: 0"
is "$(mail a 1)" "0 0 1" "and the configuration holds again"
ctl override sender_domain:bench.example size --max "100 B" --reason x \
	>/dev/null
is "$(mail a 1 -b 5000)" "0 0 1" "the first limit answers"
is "$(load b -c 1 -m 1 -s 8 -b 5000 | field accepted)" 0 \
	"an override in bytes"
ctl revoke sender_domain:bench.example >/dev/null

# permit: one budget for both milters
run ctl permit $who --messages 6 --for 1h --owner Ann --reason newsletter
is "$code" 0 "permit: 0"
mail a 10 >"$work/a.mail" &
mail b 10 >"$work/b.mail"
wait $!
is "$(($(cut -d' ' -f1 "$work/a.mail") + $(cut -d' ' -f1 "$work/b.mail")))" 6 \
	"permit: six at two milters at once, not one more"
is "$(ask '$v->[0]{used}, $v->[0]{messages}, $v->[0]{left}' orders)" \
	"6 6 0" "orders: the budget is used"
ctl block $who --reason stop >/dev/null
is "$(ask 'scalar @$v' orders $who)" 2 "orders: both"
number=$(ask 'map { $_->{kind} eq "permit" ? $_->{number} : () } @$v' orders)
run ctl revoke "$number"
is "$code" 0 "revoke by number: 0"
is "$(ask 'map { $_->{kind} } @$v' orders)" block "that order only"
run ctl revoke "$number"
is "$code" 1 "a second time: 1"
run ctl revoke 999999
is "$code" 1 "a number that there never was: 1"
ctl unblock $who >/dev/null

# reset
is "$(mail a 1)" "0 0 1" "the window is full"
run ctl reset $who --reason "was not his fault"
is "$code" 0 "reset: 0"
like "$out" 'limit own: had counted [0-9]+ messages in 1h' "says what it held"
is "$(mail b 6)" "5 0 1" "and all of it is free again, at once"
run ctl reset $who --limit size
is "$code" 64 "reset of a limit that does not count by it: 64"
like "$err" 'limit size counts by sender_domain' "and says by what it does"
is "$(ask '$v->[-1]{act}, $v->[-1]{reason} =~ /counted/ ? 1 : 0' \
	orders $who --log)" "reset 1" "the log has it"

# literally: no pattern of any kind
for text in '*@bench.example' 'sender?@bench.example' \
	'sender[0-9]@bench.example' '{sender0}@bench.example' \
	'.*@bench.example' '%@bench.example' '@bench.example'; do
	run ctl block "sender:$text" --reason glob
	if [ "$code" -eq 64 ]; then
		like "$err" 'allowed' "$text: refused"
	else
		is "$(ask 'scalar @$v' orders "sender:$text")" 1 "$text: one"
	fi
done
ctl reset $who >/dev/null
is "$(mail a 1) $(mail b 1)" "1 0 0 1 0 0" "and nobody is blocked by them"
ask 'map { $_->{number} } @$v' orders | tr ' ' '\n' | while read -r id; do
	ctl revoke "$id" >/dev/null
done
is "$(ask 'scalar @$v' orders)" 0 "all of them revoked by their numbers"

# many administrators at once
pids=()
for i in $(seq 20); do
	ctl --json block "sender:crowd$i@bench.example" --reason crowd \
		>"$work/crowd$i.json" &
	pids+=($!)
done
wait "${pids[@]}"
is "$(ask 'my %n = map { $_->{number} => 1 } @$v; scalar keys %n' orders)" 20 \
	"20 blocks at once: 20 orders with numbers of their own"

# networks, and an end that is open
from() {
	echo "from net@x.example" | "${0%/*}/../lib/session" \
		"$work/run/$1.sock" "$2" | tail -1
}
run ctl block client:203.0.113.0/24 --for ever --reason botnet
like "$out" "client:203.0.113.0/24, reject" "a network is blocked"
like "$out" "until it is lifted" "until it is lifted"
is "$(ask '$v->[0]{until} // "null"' orders client:203.0.113.0/24)" null \
	"JSON: no end"
ctl block client:2001:db8:7::/48 --for 1h --reason botnet >/dev/null
like "$(from a 203.0.113.9)" "^550" "a client in it is refused"
like "$(from b 203.0.113.255)" "^550" "and another, by the other milter"
is "$(from a 203.0.114.1)" accept "a client beside it is not"
like "$(from b 2001:db8:7:ffff::1)" "^550" "IPv6: refused"
is "$(from b 2001:db8:8::1)" accept "beside it: accepted"
like "$(ctl orders client:203.0.113.9)" "client:203.0.113.0/24" \
	"orders of a client lists that of its network"
like "$(ctl show client:203.0.113.9)" "block .*client:203.0.113.0/24" \
	"so does show"
like "$(ctl why --sender a\@x.example --recipient b\@y.example \
	--client 203.0.113.9)" "client:203.0.113.0/24" "and why"
run ctl unblock client:203.0.113.9
is "$code" 1 "the client alone is not blocked"
like "$err" "it lies in client:203.0.113.0/24, which block" \
	"and the network is named"
run ctl reset client:203.0.113.0/24
is "$code" 64 "a network has no windows to empty"
run ctl block client:203.0.113.9/24 --reason x
is "$code" 64 "bits behind the prefix are an error"
run ctl unblock client:203.0.113.0/24
is "$code" 0 "the network is unblocked"
is "$(from a 203.0.113.9)" accept "and its clients are accepted"
ctl unblock client:2001:db8:7::/48 >/dev/null

# the same promise to a script: the milters that are alive have it
is "$(ask '@{$v->{milters}}{qw(alive taken)}' block sender:script@bench.example \
	--reason -h)" "2 2" "--json block waits until both milters have it"
like "$(ctl orders sender:script@bench.example)" ": -h$" \
	"and what follows --reason is the reason"
is "$(ask 'map { @{$_->{milters}}{qw(alive taken)} } @$v' \
	unblock sender:script@bench.example --reason --help)" "2 2" \
	"so does --json unblock"
is "$(ask '$v->[-1]{account}, $v->[-1]{reason}' orders --log)" \
	"default --help" "the log has the account that Redis knows"
is "$("$BUILD/weirctl" orders -c "$work/a.conf" --json sender:none@x |
	json 'scalar @$v')" 0 "-c may stand behind the command"
run ctl block --help
is "$code" 0 "block --help: 0"
like "$out" "^usage: weirctl block" "and its usage"

# restarts
ctl reset $who >/dev/null
ctl block $who --reason "holds" >/dev/null
is "$(acts)" "block replaced block replaced block replaced block unblock \
override replaced override revoke permit block revoke unblock reset reset \
reset block" "the log has every act on this subject, in its order"
weir_stop a
weir_start a
is "$(mail a 3)" "0 0 3" "a milter that starts knows the blocks at once"
redis_kill 2>/dev/null
is "$(mail a 1) $(mail b 1)" "0 0 1 0 0 1" "they hold while Redis is away"
redis_start
ok "a Redis that came back empty has them within 2 s" \
	wait_for 2 ask_is 21 'scalar @$v' orders
is "$(mail a 1) $(mail b 1)" "0 0 1 0 0 1" "and they hold"
redis FLUSHALL >/dev/null
ok "FLUSHALL: they are back within 2 s" wait_for 2 ask_is 21 'scalar @$v' orders
is "$(ask 'scalar grep { $_->{subject} =~ /sender0/ } @$v' orders)" 1 \
	"once each"
run ctl orders --log
like "$out" 'restored' "and the log says that they were put back"
last=$(ask '(sort { $a <=> $b } map { $_->{number} } @$v)[-1]' orders)
ctl --json block sender:new@bench.example --reason next >"$work/new.json"
ok "a new order gets a new number" \
	test "$(json '$v->{number}' <"$work/new.json")" -gt "$last"
run ctl unblock $who
is "$code" 0 "and what was restored can be lifted"
all_know
is "$(mail b 1)" "1 0 0" "and is"

# check
run ctl check
is "$code" 0 "check: 0"
like "$out" 'own.*5 messages' "and each limit as a sentence"
run ctl check "$work/b.conf"
is "$code" 0 "check of another file"
weir_stop a
is $? 0 "the milters end well"
weir_stop b
run ctl block $who --reason later
is "$code" 0 "block while no milter is alive: 0"
like "$out" 'no milter is running: in force as soon as one is' "and says so"
done_testing
