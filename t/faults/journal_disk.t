#!/bin/bash
# SPDX-License-Identifier: ISC
# The disk of the journal: it stands still, it is full, the process is killed.
# Mail and housekeeping go on, and what is in the journal is whole.
faults=${0%/*}
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/faults.sh
. "$faults/../lib/tap.sh"
. "$faults/../lib/servers.sh"
. "$faults/../lib/faults.sh"
work_start
journal=$work/journal
unmount() {
	mountpoint -q "$journal" && umount "$journal"
}
trap 'unmount; work_end' EXIT

ctl() {
	"$BUILD/weirctl" -c "$work/j.conf" "$@" 2>&1
}
# own_directory PATH
own_directory() {
	mkdir -p "$1"
	[ -z "$test_user" ] || chown "$test_user" "$1"
}
# An act, recorded at once.
block() {
	ctl block "sender:$1@bench.example" --for 1h --reason "$2"
}
has() {
	cat "$journal"/*.jsonl | grep -q "$1"
}
config() {
	weir_config j <<-END
	redis = { server = "unix:$work/redis.sock"; timeout = "200ms"; };
	journal = { directory = "$journal"; };
	cache = "0s";
	limits = ( { name = "cold"; key = "sender"; max = 1000000; per = "1h";
	  action = "reject"; } );
	END
}
redis_start
own_directory "$journal"
config

# killed at any moment: whole lines, each file goes on from the one before
for round in $(seq 1 5); do
	weir_start j
	for i in 1 2 3; do
		block "a$i" "round $round"
	done >/dev/null &
	blocks=$!
	sleep "0.0$round"
	weir_kill j
	wait "$blocks"
done
ctl journal verify >"$work/out"
is $? 2 "fault 69: killed five times: cut, and nothing else"
is "$(grep -c '^  broken' "$work/out")" 0 "fault 69: no line is broken"
like "$(<"$work/out")" 'heads in the next file: 4 of 4 match' \
	"fault 69: each names the last whole line of the one before"

# the disk stands still
if grep -qa '__asan_init\|__tsan_init' "$BUILD/weir-milter"; then
	skip "fault 69: a disk that stands still" "a sanitizer comes first"
else
	# without a blank in its path
	install -m 644 "$BUILD/t/faults/slow_disk.so" "$work"
	SLOW_DISK=$work/slow LD_PRELOAD=$work/slow_disk.so \
		weir_start j
	fault_load j quiet -c 10 -m 500 -f 1
	touch "$work/slow"
	begun=$(date +%s%3N)
	like "$(block slow "the disk stands still")" \
		'in force|taken' "fault 69: an order is in force meanwhile"
	fault_load j out -c 10 -m 500 -f 1
	is "$(verdicts out)" 500/0/0/0 "fault 69: mail is counted"
	ok "fault 69: and none waits for the disk" at_once out quiet
	for i in 1 2 3; do
		like "$(block "still$i" "act $i")" 'in force|taken' \
			"fault 69: the housekeeping goes on"
	done
	sleep 1
	like "$(ctl status)" ' up ' "fault 69: the milter reports itself"
	diag "the disk stood still for $(($(date +%s%3N) - begun)) ms"
	rm "$work/slow"
	ok "fault 69: all of it is in the journal afterwards" wait_for 10 \
		has '"reason":"act 3"'
	touch "$work/slow"
	block stop "one more" >/dev/null
	begun=$(date +%s%3N)
	weir_stop j
	is $? 0 "fault 69: it stops in good order"
	ok "fault 69: in time" test $(($(date +%s%3N) - begun)) -lt 5000
	rm -f "$work/slow"
fi

# the disk is full
rm -f "$journal"/*
if ! mount -t tmpfs -o size=16k none "$journal" 2>/dev/null; then
	skip "fault 69: a full disk" "needs root, to mount a small one"
	done_testing
fi
own_directory "$journal"
weir_start j
wait_for 5 has '"act":"start"'
log_forget j
fault_load j quiet -c 10 -m 500 -f 1
for i in $(seq 1 30); do
	block "full$((i % 3))" "$(printf 'act %d %0300d' "$i" 0)" >/dev/null
done
ok "fault 69: a full disk is logged" wait_for 10 \
	log_has j 'journal: not written: .*: No space left on device; mail is not affected'
is "$(log_count j 'journal: not written')" 1 "fault 69: once a minute"
fault_load j out -c 10 -m 500 -f 1
is "$(verdicts out)" 500/0/0/0 "fault 69: mail is counted"
ok "fault 69: and none waits" at_once out quiet
mount -o remount,size=1m "$journal"
ok "fault 69: with room again all acts come" wait_for 10 has '"reason":"act 30 '
is "$(cat "$journal"/*.jsonl | grep -o '"reason":"act [0-9]* ' | sort -u | wc -l)" 30 \
	"fault 69: none is missing"
ok "fault 69: which is logged" log_has j 'journal: written again'
weir_stop j
ctl journal verify >"$work/out"
code=$?
ok "fault 69: no line is broken ($code)" test $code -eq 0 -o $code -eq 2
is "$(grep -c 'broken\|missing' "$work/out")" 0 "fault 69: and none is missing"
ctl journal verify --anchors "$work/j.log" >"$work/out"
is $? $code "fault 69: the heads in the log say the same"
done_testing
