#!/bin/bash
# SPDX-License-Identifier: ISC
# weirctl where it has no easy time: nothing in Redis, no Redis, one that does
# not answer, one that is full of other people's data, and wrong words.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
# shellcheck source=t/lib/weirctl.sh
# $v is Perl's, ctl_conf ctl's, and words are many
# shellcheck disable=SC2016,SC2034,SC2086
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/weirctl.sh"
work_start
{
	weir_redis 'timeout = "200ms";'
	cat <<'EOT'
limits = (
  { name = "own"; key = "sender"; max = 4; per = "1h"; action = "reject"; }
);
EOT
} | weir_config a
jake=sender:jake@example.com

# One line each: exit code on an empty Redis, then the words.
commands() {
	cat <<-EOT
	1 status
	1 top
	1 top --all --by sender --limit own --order for --rows 3
	1 show $jake
	0 why --sender jake@example.com --recipient ann@example.org
	1 watch --for 100ms
	0 block $jake --reason test
	0 unblock $jake
	0 permit $jake --messages 5 --for 1h --owner Ann --reason test
	0 revoke $jake
	0 override $jake own --max 9 --for 1h --reason test
	0 revoke $jake
	1 reset $jake
	1 orders
	0 orders --log
	0 orders $jake --log --last 3
	EOT
}

# Help is there without anything else; a configuration is not read.
for command in $("$BUILD/weirctl" -h |
	sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
	run "$BUILD/weirctl" -c /nowhere $command --help
	like "$code $out" "^0 usage: weirctl $command.*example" \
		"$command --help has an example"
	ok "within 80 columns" fits "$work/run.out" 80
done

# An empty Redis
redis_start
while read -r wanted words; do
	run ctl $words
	is "$code" "$wanted" "an empty Redis: $words: $wanted"
	ok "without a crash" test -n "$out$err"
done < <(commands)
redis FLUSHALL >/dev/null
while read -r wanted words; do
	# watch prints an object a line, so none where it saw none
	[[ $words == watch* ]] && continue
	run ctl --json $words
	ok "--json $words is one value, without a colour" \
		eval 'json 1 <"$work/run.out" >/dev/null &&
		! grep -q "$(printf "\033")" "$work/run.out"'
	is "$code" "$wanted" "and $wanted"
done < <(commands)

# What a program costs that asks nobody, as the machine is now
run "$BUILD/weirctl" -h
quick=$took_ms

# Redis stopped: it takes connections, and answers nothing
redis_signal STOP
while read -r _ words; do
	run timeout 60 "$BUILD/weirctl" -c "$work/a.conf" $words
	is "$code" 69 "Redis stopped: $words: 69"
	ok "within 5 s ($took_ms ms)" \
		test "$took_ms" -lt $((5000 + 20 * quick))
	like "$err" 'redis .*redis\.sock' "and says which Redis"
done < <(commands | sed -n '1p;3p;4p;6p;7p;13p')
redis_signal CONT
run ctl orders
is "$code" 1 "Redis goes on: so does weirctl"

# Redis away
redis_kill 2>/dev/null
while read -r _ words; do
	run ctl $words
	is "$code" 69 "Redis away: $words: 69"
	ok "within 3 s" \
		test "$took_ms" -lt $((3000 + 20 * quick))
	like "$err" 'redis .*redis\.sock.*(refused|No such file)' \
		"and says what is wrong"
	is "$out" "" "and nothing else"
done < <(commands)
redis_start
run ctl block $jake --reason back
is "$code" 0 "Redis is back: so is weirctl"

# A Redis full of other things, also under weir's own names
other_data() {
	redis FLUSHALL
	for i in $(seq 200); do
		echo "SET other:$i x"
		echo "HSET weir:else:$i a b"
	done | redis
	redis SET 'weir:{orders}:book' x
	redis RPUSH 'weir:{orders}:version' x
	redis SET 'weir:{orders}:log' x
	redis SET 'weir:{orders}:next' many
	redis SET 'weir:{busy}:index' x
	redis SET 'weir:{milters}:seen' x
	redis SET 'weir:{milters}:info' x
	redis SET "weir:{$jake}:own:1h" x
	for verdict in accept reject tempfail; do
		redis RPUSH "weir:{totals}:$verdict:1m" x
		redis SET "weir:{totals}:$verdict:1h" x
	done
}
other_data >/dev/null
while read -r _ words; do
	for json in "" --json; do
		run ctl $json $words
		ok "wrong types: $json $words ends with $code, not by a signal" \
			test "$code" -lt 70
		[ "$code" -eq 0 ] || [ -n "$out" ] || [[ $words == watch* ]] ||
			like "$err" 'weir:\{.*: (WRONGTYPE|ERR)' \
				"and says which key is wrong"
	done
done < <(commands)
is "$(redis GET 'weir:{orders}:book')" x "and nothing of it was changed"

# only one key of the four is wrong: a change is made as a whole or not at all
for key in version next log; do
	redis FLUSHALL >/dev/null
	redis SET "weir:{orders}:$key" many >/dev/null
	run ctl block $jake --reason test
	is "$code" 69 "{orders}:$key of a wrong type: 69"
	like "$err" 'weir:\{orders\}' "and says of what"
	is "$(redis DBSIZE)" 1 "and nothing was changed"
done

# right types, senseless values
nonsense() {
	redis FLUSHALL
	redis HSET 'weir:{orders}:book' 1 '{' 2 '[]' x '{"kind":"block"}' \
		3 '{"v":1,"kind":7}' -5 null
	redis SET 'weir:{orders}:version' 99999999999999999999
	redis ZADD 'weir:{busy}:index' 9 x 8 '::' 7 'own:1h:' 6 'own:0s:a' \
		inf 'own:1h:sender:a@b' 2 "own:1h:$jake" 1 'own:99999999d:b'
	redis HSET "weir:{busy}:own:1h:$jake" since x last -7 max 0 refused 1e9
	redis HSET "weir:{$jake}:own:1h" used x slot 99 0 1 1 nan base -1
	redis ZADD 'weir:{milters}:seen' 1e300 'h:1' -5 '' 9999999999999 z
	redis HSET 'weir:{milters}:info' 'h:1' '{"pid":"x"}' z '[[[['
	redis XADD 'weir:{orders}:log' '*' act '' id x order '{{'
	redis XADD 'weir:{orders}:log' '*' a b
	redis HSET 'weir:{totals}:accept:1m' used x a b
}
nonsense >/dev/null
while read -r _ words; do
	for json in "" --json; do
		run ctl $json $words
		ok "nonsense: $json $words ends with $code, not by a signal" \
			test "$code" -lt 70
		[[ $words == watch* ]] ||
			ok "and has something to say" test -n "$out$err"
		[ -z "$json" ] || [ -z "$out" ] ||
			ok "in JSON" eval 'json 1 <"$work/run.out" >/dev/null'
	done
done < <(commands)

# a milter among all that
other_data >/dev/null
weir_start a
is "$(load a -c 2 -m 20 -s 2 | field accepted)" 8 \
	"mail is limited all the same"
ok "and the log says what is wrong" wait_for 20 \
	grep -q 'housekeeping: .*WRONGTYPE' "$work/a.log"
redis FLUSHALL >/dev/null
ok "without it the milter is seen" wait_for 20 ask_is 1 \
	'scalar @{$v->{milters}}' status
weir_stop a

# An answer that cannot be written
ctl orders --log >/dev/full 2>"$work/run.err"
is $? 74 "a full disk: 74"
like "$(<"$work/run.err")" 'cannot write the output: No space' "and says so"
ctl orders --log | true
is "${PIPESTATUS[0]}" 1 "who closes a pipe is not told"

# Wrong words: 64, and what is allowed
while IFS='|' read -r words wanted; do
	eval "run ctl $words"
	is "$code" 64 "$words: 64"
	like "$err" "$wanted" "and says why"
done <<'EOT'
|usage: weirctl
fly|unknown command
status now|usage|status
top --by colour|--by: not a key
top --limit nobody|no limit named .nobody. in .*limits are: own
top --rows 0|--rows
top --rows 2001|--rows
top --rows x|--rows
top --order shoe|--order.*percent
top --wings|--wings
top --by|--by
top me|top
top --live|--live needs a terminal
show|show
show a b|show
show jake|found no subject, allowed is KEY:VALUE
show sender:|found no sender
show 'client:1.2.3'|found no address and no network of clients
show 'sender+recipient:a@b'|fewer values
watch --for never|--for
watch --count 0|--count
watch --limit nobody|no limit named
block sender:a@b|--reason
block --reason x|block
block sender:a@b --reason x --for 0s|--for
block sender:a@b --reason x --for 1000d|--for
block sender:a@b --reason x --action fly|--action.*quarantine
block sender:a@b --reason x --until yesterday|--until
block sender:a@b --reason x --until 2001-01-01|--until
block sender:a@b --reason x --for 1h --until 23:59|both --for and --until
unblock|unblock
permit sender:a@b --reason x|--
override sender:a@b|override
override sender:a@b own --reason x|--max
override sender:a@b nobody --max 3 --reason x|no limit named
override client:192.0.2.1 own --max 3 --reason x|own
reset sender:a@b --limit nobody|no limit named
reset|reset
revoke|revoke
orders --last 3000000|--last
orders nobody|found no subject
why --recipient a@b|--sender
why --sender a@b --recipient c@d --client 999|--client
why --sender a@b --recipient c@d --size much|--size
check a b|check
EOT

# Wrong configurations: 78
echo 'limits = ( { nam = "own"; } );' >"$work/bad.conf"
ctl_conf=bad
for words in status top "show $jake" orders "block $jake --reason x" check; do
	run ctl $words
	is "$code" 78 "a wrong configuration: $words: 78"
	like "$err$out" 'bad\.conf:1: .*nam' "and says where"
done
ctl_conf=none
for words in status orders check; do
	run ctl $words
	is "$code" 78 "no configuration: $words: 78"
	like "$err$out" 'none\.conf.*No such file' "and says which"
done
done_testing
