#!/bin/bash
# SPDX-License-Identifier: ISC
# Redis comes back as it was, as a replica that lagged, or empty; what
# operators have done since holds all the same, at both milters.
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
for name in a b; do
	{
		weir_redis
		cat <<'EOT'
limits = ( { name = "own"; key = "sender"; max = 3; per = "1h";
	action = "reject"; } );
EOT
	} | weir_config "$name"
	weir_start "$name"
done
both_are_known() {
	ask_is 2 'scalar grep { $_->{alive} } @{$v->{milters}}' status
}
# sends NAME SENDER: "accept", or the reply
sends() {
	echo "from $2@x.example" |
		"$faults/../lib/session" "$work/run/$1.sock" | tail -1
}
takes() {
	[ "$(sends "$1" "$2")" = accept ]
}
both_take() {
	takes a "$1" && takes b "$1"
}
refuses() {
	[[ $(sends "$1" "$2") == 550* ]]
}
both_refuse() {
	refuses a "$1" && refuses b "$1"
}
losses() {
	grep -h 'Redis lost changes to orders' "$work"/[ab].log
}
order_subjects() {
	ask 'join " ", sort map { $_->{subject} } @$v' orders
}
has_subjects() {
	[ "$(order_subjects)" = "$*" ]
}
quietly() {
	ctl "$@" --reason test >/dev/null
}
wait_for 10 both_are_known

# older: SAVE, changes, kill -9, start

quietly block sender:lifted@x.example --for 2h
quietly override sender:more@x.example own --max 5
quietly permit sender:news@x.example --messages 6 --for 2h --owner Ann
for _ in 1 2 3; do
	sends a emptied >/dev/null
done
sends a news >/dev/null
redis SAVE >/dev/null
quietly unblock sender:lifted@x.example
quietly revoke sender:more@x.example
quietly block sender:laid@x.example --for 2h
quietly reset sender:emptied@x.example
sends b news >/dev/null
redis_kill
redis_start
ok "an older Redis: the log says what was put right" wait_for 10 losses
ok "what was blocked since is blocked" wait_for 10 both_refuse laid
ok "an unblocked sender is not blocked again" both_take lifted
for _ in 1 2 3; do
	sends b more >/dev/null
done
ok "a revoked override does not return" refuses a more
ok "what was reset stays so: its window takes a message" takes a emptied
is "$(order_subjects)" "sender:laid@x.example sender:news@x.example" \
	"weirctl orders says what holds"
like "$(ctl orders --log)" "restored .*sender:laid@x.example" \
	"the log of orders has what was restored"
like "$(ctl orders --log)" "lifted .*sender:lifted@x.example" \
	"and what was lifted again"

# empty: a block that is the first that the new Redis hears

redis_kill
redis_start --dbfilename none.rdb
until ctl block sender:fresh@x.example --for 1h --reason first \
	>/dev/null 2>&1; do
	sleep 0.02
done
ok "an empty Redis: the new block holds" wait_for 10 both_refuse fresh
ok "and the old one" wait_for 10 both_refuse laid
is "$(order_subjects)" \
	"sender:fresh@x.example sender:laid@x.example sender:news@x.example" \
	"both are listed"
is "$(ask 'scalar(@$v) - keys %{{ map { $_->{number} => 1 } @$v }}' orders)" 0 \
	"under numbers of their own"
is "$(ask '$v->[0]{left}' orders sender:news@x.example)" 4 \
	"and the permit has what it had left"

# FLUSHALL while all live; a milter that is stopped meanwhile

kill -STOP "$(<"$work/b.pid")"
quietly unblock sender:laid@x.example
redis FLUSHALL >/dev/null
ok "after FLUSHALL orders are put back" wait_for 10 has_subjects \
	"sender:fresh@x.example sender:news@x.example"
kill -CONT "$(<"$work/b.pid")"
ok "a milter that slept does not bring back what was lifted" \
	wait_for 10 both_take laid
is "$(order_subjects)" "sender:fresh@x.example sender:news@x.example" \
	"the others hold"
version=$(redis GET 'weir:{orders}:version')
sleep 1
is "$(redis GET 'weir:{orders}:version')" "$version" \
	"and the milters are at rest"

# a replica that lagged takes over at the same address

quietly block sender:again@x.example --for 2h
(cd "$work" && exec "$REDIS_SERVER" --port 0 --unixsocket "$work/replica.sock" \
	--save '' --dbfilename replica.rdb --logfile "$work/replica.log" \
	--unixsocketperm 777) &
echo $! >"$work/replica.pid"
replica() {
	redis-cli -s "$work/replica.sock" "$@"
}
wait_for 10 replica PING
# replication is by TCP: a port that Redis opens for that alone
port=$(free_port)
redis CONFIG SET port "$port" >/dev/null
replica REPLICAOF 127.0.0.1 "$port" >/dev/null
has_all() {
	replica HVALS 'weir:{orders}:book' | grep -q again@x.example
}
ok "a replica has the orders" wait_for 10 has_all
redis CONFIG SET port 0 >/dev/null
redis CLIENT KILL TYPE replica >/dev/null
quietly unblock sender:again@x.example
quietly block sender:late@x.example --for 2h
ok "it lags" has_all
replica REPLICAOF NO ONE >/dev/null
redis_kill
mv "$work/replica.pid" "$work/redis.pid"
mv "$work/replica.sock" "$work/redis.sock"
ok "it takes over: the late block holds" wait_for 10 both_refuse late
ok "and the lifted one does not" wait_for 10 both_take again
done_testing
