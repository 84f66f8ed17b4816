#!/bin/bash
# SPDX-License-Identifier: ISC
# The address of Redis leads to another master, and the connections to the old
# one, a replica now, stay open: a managed endpoint, a Kubernetes Service, DNS.
# shellcheck disable=SC2016 # the expressions are Perl's
faults=${0%/*}
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/faults.sh
. "$faults/../lib/tap.sh"
. "$faults/../lib/servers.sh"
. "$faults/../lib/faults.sh"
# shellcheck source=t/lib/weirctl.sh
. "$faults/../lib/weirctl.sh"
work_start
first_port=$(free_port)
redis_start --port "$first_port" --bind 127.0.0.1 --repl-diskless-sync-delay 0
second_port=$(free_port)
(cd "$work" && exec "$REDIS_SERVER" --port "$second_port" --bind 127.0.0.1 \
	--unixsocket "$work/second.sock" --save '' --appendonly no \
	--replicaof 127.0.0.1 "$first_port" --logfile "$work/second.log") &
echo $! >"$work/second.pid"
second() {
	redis-cli -s "$work/second.sock" "$@"
}
in_step() {
	second INFO replication | grep -q master_link_status:up
}
ok "a second Redis follows the first" wait_for 10 in_step
proxy_start
for name in a idle; do
	weir_config "$name" <<-END
	redis = { server = "127.0.0.1:$proxy_port"; };
	limits = (
	  { name = "all"; key = "all"; max = 1000000; per = "1h";
	    action = "reject"; },
	  { name = "each"; key = "recipient"; max = 1000000; per = "1h";
	    action = "reject"; }
	);
	END
	weir_start "$name"
done
charged() {
	second HGET 'weir:{all}:all:1h' used
}
charged_is() {
	[ "$(charged)" = "$1" ]
}
alive_is() {
	ask_is "$1" 'scalar grep { $_->{alive} } @{$v->{milters}}' status
}
is "$(load a -c 4 -m 100 -s 5 | field accepted)" 100 "fault 15: before, all pass"
ok "fault 15: and are known to both" wait_for 10 charged_is 100
ctl_begin watch watch --for 40s --count 1 --refused
sleep 1.2 # it listens, and the milters have left word

# the address leads to the second from now on; the first follows it
proxy lead "$work/second.sock"
second REPLICAOF NO ONE >/dev/null
redis REPLICAOF 127.0.0.1 "$second_port" >/dev/null
is "$(load a -c 4 -m 300 -s 5 | field accepted)" 300 "fault 15: after it, all pass"
ok "fault 15: and all of them are counted by the new master" \
	wait_for 10 charged_is 400
is "$(log_count a 'redis .*: down: ')" 0 "fault 15: it was no outage"

# the housekeeping is there, too, also that of a milter without mail
ok "fault 15: both milters are alive in the new master" wait_for 10 alive_is 2
run ctl block sender:sender0@bench.example --for 1h --reason moved
like "$out" 'in force on 2 of 2 milters' "fault 15: a block reaches both"
is "$(load a -m 1 -s 1 | field rejected)" 1 "fault 15: and holds"
ok "fault 15: who was watching sees it, after a few more" \
	wait_for 10 eval 'load a -m 1 -s 1 >/dev/null; [ -s "$work/watch" ]'
wait "$(<"$work/ctl-watch.pid")"
rm -f "$work/ctl-watch.pid"
# A failover that loses something: the first stops to follow, and is the master
# from then on for nobody yet. What is charged to the second meanwhile is lost
# with it.
follows() {
	redis INFO replication | grep -q master_link_status:up
}
lost() {
	second_pid=$(<"$work/second.pid")
	rm -f "$work/second.pid"
	{
		kill -KILL "$second_pid"
		wait "$second_pid"
	} 2>/dev/null
	proxy lead "$work/redis.sock"
}
of_b() {
	redis HGET "weir:{sender:sender$1@bench.example}:own:1m" used
}
of_b_is() {
	[ "$(of_b "$1")" = "$2" ]
}
wait_for 10 follows
weir_config b <<-END
redis = { server = "127.0.0.1:$proxy_port"; timeout = "1s"; };
limits = ( { name = "own"; key = "sender"; max = 50; per = "1m";
  action = "reject"; } );
END
weir_start b
load b -m 10 -s 1 -f 7 >/dev/null
load b -m 30 -s 3 -f 3 >/dev/null
wait_for 10 of_b_is 7 10
# It leaves word in another bucket: of the one in which it did a part would be
# put back, in proportion, and the buckets of a minute are of a second.
sleep 1.8
redis REPLICAOF NO ONE >/dev/null
is "$(load b -m 40 -s 1 -f 7 | field accepted)" 40 "fault 15: 50 of 50"
sleep 2
load b -m 6 -s 3 -f 3 >/dev/null
lost
is "$(load b -m 30 -s 1 -f 7 | field accepted)" 0 \
	"fault 15: a failover that loses two seconds gives no fresh quota"
ok "fault 15: what it lost is put back" wait_for 10 of_b_is 7 50
ok "fault 15: and nothing twice" wait_for 10 of_b_is 4 12

for name in a b idle; do
	weir_stop "$name"
	is $? 0 "fault 15: $name stops in good order"
done
done_testing
