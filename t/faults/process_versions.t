#!/bin/bash
# SPDX-License-Identifier: ISC
# Other clocks, other time zones, and other versions of weir on one Redis.
faults=${0%/*}
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
. "$faults/../lib/tap.sh"
. "$faults/../lib/servers.sh"
# shellcheck source=t/lib/weirctl.sh
. "$faults/../lib/weirctl.sh"
work_start
redis_start
for name in a b; do
	{
		weir_redis
		echo 'cache = "0s"; limits = ( { name = "a"; key = "sender";
			max = 5; per = "1h"; action = "reject"; } );'
	} | weir_config "$name"
done

# 76: what a newer version has left
weir_start a
weir_start b
is "$(load a -m 8 -s 1 | field accepted)" 5 "fault 76: five pass"
key='weir:{sender:sender0@bench.example}:a:1h'
is "$(redis EXISTS "$key")" 1 "fault 76: one window"
redis HSET "$key" novel 1 >/dev/null
is "$(load b -m 8 -s 1 | field rejected)" 8 \
	"fault 76: a field that it does not know leaves a window as it was"
is "$(redis EVAL 'return 1' 0)" 1 "fault 76: another script is there"
redis SCRIPT FLUSH >/dev/null
is "$(load a -m 5 -s 1 -f 9 | field accepted)" 5 \
	"fault 76: scripts that another one removed are loaded again"
redis HSET 'weir:{orders}:book' 99 '{"id":99,"kind":"novel"}' >/dev/null
redis INCR 'weir:{orders}:version' >/dev/null
for name in a b; do
	ok "fault 76: $name: an order of a kind that it does not know is told" \
		wait_for 10 grep -q 'orders: 1 cannot be read and are not in force' \
		"$work/$name.log"
done
is "$(load b -m 5 -s 1 -f 10 | field accepted)" 5 \
	"fault 76: and does not hold"
is "$(redis HGET 'weir:{orders}:book' 99)" '{"id":99,"kind":"novel"}' \
	"fault 76: but stays for those who do"

# 75: a time zone is for people
# shellcheck disable=SC2034 # it is for ctl
ctl_conf=a
ctl block sender:z@example.com --for 1h --reason x >/dev/null
for zone in UTC Asia/Kolkata America/St_Johns; do
	times=$(TZ=$zone ctl --json orders | grep -oE '"[0-9]{4}-[^"]*"')
	is "$(grep -cvE '^"[0-9-]{10}T[0-9:]{8}(\.[0-9]+)?Z"$' \
		<<<"$times")" 0 "fault 75: $zone: times are ISO 8601, in UTC"
	is "$times" "${first:=$times}" "fault 75: $zone: and the same ones"
done
ok "fault 75: there are some" test -n "$first"
weir_stop b

# 75: beyond 2038, where libmilter's own times no longer fit
perl -e 'print pack "q", 13 * 366 * 86400' >"$work/offset"
export CLOCK_OFFSET=$work/offset
# without a blank in its path, see t/lib/clock.sh
clock=$work/clock.so
install -m 644 "$BUILD/t/faults/clock.so" "$clock"
if grep -qa '__asan_init\|__tsan_init' "$BUILD/weir-milter"; then
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - fault 75: 2039 # SKIP a sanitizer comes first"
else
	LD_PRELOAD=$clock weir_start b
	coproc session { "$faults/../lib/session" "$work/run/b.sock"; }
	read -r -t 10 answer <&"${session[0]}"
	sleep 1.2
	is "$(load b -m 50 -c 5 -s 50 -f 100 | field accepted)" 50 \
		"fault 75: in 2039 mail passes"
	echo full >&"${session[1]}"
	read -r -t 10 answer <&"${session[0]}"
	like "$answer" '^(accept|5[0-9]+ .*)' \
		"fault 75: and a session that waited is answered"
	is "$(load b -m 5 -s 1 | field rejected)" 5 \
		"fault 75: windows are those of Redis"
	weir_stop b
	is $? 0 "fault 75: it stops"
fi
done_testing
