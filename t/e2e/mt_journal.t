#!/bin/bash
# SPDX-License-Identifier: ISC
# The journal of a running milter: what is in it, who writes it, and that mail
# flows whatever happens to its directory.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
work_start
cd "${0%/*}/../.." || exit 1

ctl() {
	"$BUILD/weirctl" -c "$work/a.conf" "$@" 2>&1
}
# journal_config NAME DIRECTORY
journal_config() {
	{
		weir_redis
		echo "journal = { directory = \"$2\"; };"
		echo 'limits = ( { name = "own"; key = "sender"; max = 3;
			per = "1h"; action = "reject"; } );'
	} | weir_config "$1"
}
directory() {
	mkdir -p "$1"
	[ -z "$test_user" ] || chown "$test_user" "$1"
}
# lines KIND [DIRECTORY]: the records of that kind, oldest first
lines() {
	cat "${2:-$work/journal}"/*.jsonl 2>/dev/null |
		grep "^{\"n\":[0-9]*,\"t\":\"[^\"]*\",\"kind\":\"$1\""
}
has() {
	lines "$1" "$3" | grep -q "$2"
}
load() {
	"$BUILD/t/bench/load" -j -S "unix:$work/run/a.sock" -m 10 -s 1 "$@"
}

redis_start
directory "$work/journal"
journal_config a "$work/journal"
ctl block sender:ann@example.com --for 2h --reason "before the first" >/dev/null
weir_start a
pid=$(weir_pid a)
ok "it begins a file" wait_for 5 has begin '"weir":"weir-milter '
ok "with its limits as sentences" wait_for 5 \
	has process '"act":"start".*"limits":\["own: '
file=$(ls "$work/journal")
like "$file" "\\.$pid\\.[0-9]{8}T[0-9]{6}Z\\.jsonl$" "named by its process and time"
is "$(stat -c %a "$work/journal/$file")" 640 "which its group may read"
ok "the head is logged" wait_for 5 \
	grep -q "journal ${file%.jsonl} n=[0-9]* head=[0-9a-f]\\{64\\}$" "$work/a.log"

ok "a block that was given before it is in it" wait_for 5 \
	has order '"act":"block".*"reason":"before the first"'
ctl block sender:jake@example.com --for 2h --reason "ticket 4711" >/dev/null
ok "a block is in it" wait_for 5 \
	has order '"act":"block".*"reason":"ticket 4711".*"subject":"sender:jake@example.com"'
ctl unblock sender:jake@example.com --reason "it is over" >/dev/null
ok "and its end" wait_for 5 has order '"act":"unblock".*"it is over"'
ctl block sender:lea@example.com --for 1s --reason "for a second" >/dev/null
ok "and one that ends by itself" wait_for 10 \
	has order '"act":"expired".*"reason":"for a second"'
ctl permit sender:sender0@bench.example --messages 2 --for 1h --owner me \
	--reason "two" >/dev/null
used_up() {
	load >/dev/null
	has order '"act":"used-up".*"reason":"two"'
}
ok "and a permit that is used up" wait_for 10 used_up
ctl reset sender:0-0@load.test >/dev/null
kill -USR1 "$pid"
ok "a reload is in it" wait_for 5 has process '"act":"reload"'
redis_kill
load >/dev/null
ok "and that Redis went" wait_for 10 has process '"act":"redis-away"'
redis_start
ok "and came back" wait_for 10 has process '"act":"redis-back"'
is "$(lines order | grep '"act":"block"' | grep -c jake@)" 1 "nothing is in it twice"

# what is in the file is in Redis, line by line, and the head
redis_has() {
	[ "$(redis XLEN 'weir:{journal}:records')" -ge 1 ] &&
		redis HGETALL 'weir:{journal}:heads' | grep -q "journal ${file%.jsonl} "
}
ctl block sender:kim@example.com --for 2h --reason "ticket 4712" >/dev/null
ok "its records are in Redis" wait_for 10 redis_has
is "$(redis --raw XREVRANGE 'weir:{journal}:records' + - COUNT 1 | tail -1)" \
	"$(tail -1 "$work/journal/$file")" "as they are in the file"

# a second milter is a witness of the first, and has what was done before it;
# what was done while none ran is not missed
directory "$work/other"
journal_config b "$work/other"
weir_start b
ok "another milter witnesses the head" wait_for 10 \
	has witness "\"file\":\"${file%.jsonl}\"" "$work/other"
ok "and has the orders that it enforces" wait_for 5 \
	has order '"act":"block".*"reason":"ticket 4712"' "$work/other"
weir_stop b
weir_stop a
is $? 0 "it stops in good order"
like "$(tail -1 "$work/journal/$file")" '"kind":"end","reason":"stop"' \
	"and finishes its file"
ctl unblock sender:kim@example.com --reason "while all were down" >/dev/null
weir_start a
ok "what was done meanwhile is in the next one" wait_for 5 \
	has order '"act":"unblock".*"while all were down"'
is "$(lines order | grep -c '"act":"block".*"reason":"\(before the first\|ticket 4712\)"')" 2 \
	"and nothing twice, over a restart"
next=$(cd "$work/journal" && find . -name "*.jsonl" -printf "%f\n" |
	grep -v "^$file$")
like "$(head -1 "$work/journal/$next")" "\"after\":\"${file%.jsonl}\"" \
	"which goes on from the one before"
is "$(head -1 "$work/journal/$next" | sed 's/.*"prev":"\([0-9a-f]*\)"}$/\1/')" \
	"$(tail -1 "$work/journal/$file" | tr -d '\n' | sha256sum | cut -d' ' -f1)" \
	"with the hash of its last line"
weir_stop a

# no directory: mail flows, and one line says what to do
redis FLUSHALL >/dev/null
journal_config a "$work/none"
weir_start a
like "$(load)" '"accepted":3,.*"rejected":7' "without its directory mail is counted"
is "$(grep -c 'journal: not written' "$work/a.log")" 1 "one line is logged"
like "$(grep 'journal: not written' "$work/a.log")" \
	"install -d -o ${test_user:-$(id -un)} .*$work/none.*journal = .*mail is not affected" \
	"which says what to do"
status_says() {
	ctl status | grep -q "its journal has not been written for "
}
ok "weirctl status says so" wait_for 15 status_says
directory "$work/none"
ok "when it is there, it is written" wait_for 10 \
	has process '"act":"start"' "$work/none"
ok "which is logged" wait_for 5 grep -q 'journal: written again' "$work/a.log"
weir_stop a
journal_config a ""
weir_start a
is "$(grep -c journal "$work/a.log")" 0 "an empty name keeps none"
done_testing
