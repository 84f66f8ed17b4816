#!/bin/bash
# SPDX-License-Identifier: ISC
# What an operator of Redis can do to weir while it runs: take away logins,
# connections, data and memory.
faults=${0%/*}
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/faults.sh
. "$faults/../lib/tap.sh"
. "$faults/../lib/servers.sh"
. "$faults/../lib/faults.sh"
work_start
redis_start
server=unix:$work/redis.sock
user_of() {
	redis ACL SETUSER weir on resetpass ">$1" resetkeys '~*' '&*' +@all \
		>/dev/null
}
secret() {
	printf '%s\n' "$1" >"$work/secret.new"
	chmod 600 "$work/secret.new"
	[ -z "$test_user" ] || chown "$test_user" "$work/secret.new"
	mv "$work/secret.new" "$work/secret"
}
user_of first
secret first
fault_weir plain "$server" accept || exit 1
fault_weir login "$server" accept \
	"user = \"weir\"; password_file = \"$work/secret\";" || exit 1
fault_load plain quiet -c 50 -m 2000 -f 1
over() {
	wait_for 15 serves "$1"
}
kill_all() {
	redis CLIENT KILL TYPE normal SKIPME yes >/dev/null
}

# denied NAME WORDS REASON: while weir may not do what it has to
denied() {
	local name=$1 words=$2 reason=$3 before
	before=$(redis_connections)
	fault_load "$name" out -c 50 -t 3 -f 1
	local tried=$(($(redis_connections) - before))
	is "$(field out accepted)" "$(field out messages)" \
		"fault 23: $words: on_failure decides, no message is lost"
	ok "fault 23: $words: none waits beyond the deadline" in_time out quiet
	is "$(log_count "$name" "redis .*: (down|not back yet): .*$reason")" 1 \
		"fault 23: $words: told once, and why"
	ok "fault 23: $words: tried $tried times in 3 s, no more" \
		at_most "$tried" 20
	ok "fault 23: $words: few log lines" \
		at_most "$(log_count "$name" redis)" 4
}

# 23: less than packaging/redis.acl gives: what can be done is done, and what
# cannot is logged once
for name in bare blind; do
	redis ACL SETUSER "$name" on ">pw" resetkeys '~*' '&*' +@all -script \
		-pubsub >/dev/null
done
redis ACL SETUSER blind -info >/dev/null
printf 'pw\n' >"$work/pw"
chmod 600 "$work/pw"
[ -z "$test_user" ] || chown "$test_user" "$work/pw"
redis CONFIG SET maxmemory-policy allkeys-lru >/dev/null
redis CONFIG SET maxmemory 100mb >/dev/null
for name in bare blind; do
	fault_weir "$name" "$server" accept \
		"user = \"$name\"; password_file = \"$work/pw\";" || exit 1
done
said() {
	[ "$(grep -c "$2" "$work/$1.log")" = 1 ]
}
ok "fault 23: without SCRIPT: EVAL, and it says so" \
	wait_for 10 said bare 'the script goes with EVAL'
ok "fault 23: and it counts" serves bare
ok "fault 23: without PUBSUB: it says so" \
	wait_for 10 said bare 'housekeeping: .*PUBSUB NUMSUB: NOPERM'
ok "fault 23: and the memory of Redis is looked at" \
	wait_for 10 said bare 'maxmemory-policy allkeys-lru'
ok "fault 23: without INFO: it says what that means" \
	wait_for 10 said blind 'denies INFO to this account'
sleep 2
is "$(grep -c NOPERM "$work/bare.log")" 2 "fault 23: each is said once"
ok "fault 23: without INFO it counts" serves blind
redis CONFIG SET maxmemory 0 >/dev/null
for name in bare blind; do
	weir_stop "$name"
done

# 23: may not run scripts, by a change while connected
log_forget login
redis ACL SETUSER weir -evalsha >/dev/null
denied login "no permission" NOPERM
user_of first
ok "fault 23: no permission: over by itself" over login
# inside of the script Redis says it in other words
log_forget login
redis ACL SETUSER weir -hset >/dev/null
denied login "no permission inside of the script" "(can't run this|ACL failure in script)"
user_of first
ok "fault 23: no permission inside of the script: over by itself" over login
# the password is another one
log_forget login
user_of second
kill_all
denied login "wrong password" WRONGPASS
is "$(grep -c 'first\|second' "$work/login.log")" 0 \
	"fault 23: no password stands in the log"

# 24: the new password
secret second
weir_signal login USR1
ok "fault 24: read again, the new password is used" over login
# and when all goes well, first here and then there
log_forget login
redis ACL SETUSER weir '>third' >/dev/null
secret third
weir_signal login USR1
ok "fault 24: rotated: the file is read again" \
	wait_for 10 log_has login 'reloaded'
sleep 0.6
redis ACL SETUSER weir '<second' >/dev/null
fault_load login out -c 20 -t 1 -f 1 &
load=$!
sleep 0.5
kill_all
wait "$load"
ok "fault 24: rotated: over to the third password" over login
is "$(log_count login 'WRONGPASS|needs a restart|down:')" 0 \
	"fault 24: rotated: not a moment without Redis"

# 23: a password where there was none
log_forget plain
redis CONFIG SET requirepass guarded >/dev/null
export REDISCLI_AUTH=guarded
kill_all
denied plain "a login is needed" NOAUTH
redis CONFIG SET requirepass '' >/dev/null
unset REDISCLI_AUTH
ok "fault 23: a login is needed: over by itself" over plain

# 9: idle connections are closed
log_forget plain
redis CONFIG SET timeout 1 >/dev/null
sleep 3.5
ok "fault 09: after an idle second: counted as always" serves plain
is "$(log_count plain 'redis .*: (down|back)')" 0 \
	"fault 09: it is no outage"
redis CONFIG SET timeout 0 >/dev/null

# 25: connections killed under load
log_forget plain
fault_load plain out -c 50 -t 3 -f 1 &
load=$!
sleep 0.7
kill_all
sleep 1
kill_all
wait "$load"
is "$(verdicts out)" "$(field out messages)/0/0/0" \
	"fault 25: killed connections: no message is lost"
ok "fault 25: none waits beyond the deadline" in_time out quiet
is "$(log_count plain 'redis .*: down')" 0 "fault 25: it is no outage"
fault_load plain out -c 50 -t 1.5 -f 1 &
load=$!
sleep 0.4
redis CLIENT PAUSE 700 ALL >/dev/null
wait "$load"
is "$(verdicts out)" "$(field out messages)/0/0/0" \
	"fault 25: a pause: no message is lost"
ok "fault 25: a pause: none waits beyond the deadline" in_time out quiet
ok "fault 25: a pause: over by itself" over plain

# 26: everything is wiped
"$BUILD/weirctl" -c "$work/plain.conf" block sender:blocked@example.com \
	--for 1h --reason test >"$work/block" 2>&1 || sed 's/^/# /' "$work/block"
blocks() {
	redis --scan --pattern 'plain:*order*' | grep -q .
}
ok "fault 26: a block is in force" wait_for 5 log_has plain 'orders: 1 known'
fault_load plain out -m 10 -s 1
is "$(field out rejected)" 10 "fault 26: and a sender over its limit"
log_forget plain
redis FLUSHALL >/dev/null
ok "fault 26: wiped: the loss of the block is told and it is put back" \
	wait_for 5 log_has plain 'lost changes to orders: restored 1 order'
ok "fault 26: wiped: it is in Redis again" wait_for 5 blocks
fault_load plain out -m 10 -s 1
is "$(verdicts out)" 5/0/5/0 "fault 26: wiped: windows begin anew"

# 12: memory is made by throwing keys away
log_forget plain
redis CONFIG SET maxmemory-policy allkeys-lru >/dev/null
redis CONFIG SET maxmemory 100mb >/dev/null
ok "fault 12: it is told that counters can be dropped" \
	wait_for 15 log_has plain 'maxmemory-policy allkeys-lru'
fault_load plain out -c 10 -m 2000 -s 2000 -f 1
used=$(redis INFO memory | tr -d '\r' | sed -n 's/^used_memory://p')
redis CONFIG SET maxmemory "$used" >/dev/null
fault_load plain out -c 10 -m 5000 -s 5000 -f 5000
is "$(verdicts out)" 5000/0/0/0 "fault 12: mail goes on"
ok "fault 12: it is told that keys were evicted" \
	wait_for 15 log_has plain 'evicted [0-9]+ keys'
redis CONFIG SET maxmemory 0 >/dev/null

for mode in plain login; do
	weir_stop "$mode"
	is $? 0 "fault 23: $mode stops in good order"
done
done_testing
