#!/bin/bash
# SPDX-License-Identifier: ISC
# Fault 77: two keepers share the outbox, and one of them is killed between
# telling and acknowledging, KILLS times at a random moment; Redis hangs for half
# a minute meanwhile. Each act arrives, at most twice, under one uid.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
KILLS=${KILLS:-50}
work_start
redis_start
chmod 777 "$work"
{
	weir_redis 'timeout = "200ms";'
	cat <<-END
	keeper = { user = "$test_user"; reports = ""; alerts = ( $(keeper_hook) ); };
	limits = ( { name = "own"; key = "sender"; max = 3; per = "1h";
	  action = "reject"; } );
	END
} | weir_config a

# One in two acts kills its keeper, up to KILLS, when it was told for the first
# time: after 0 to 99 ms.
mkdir -m 777 "$work/kills"
cat >"$work/after" <<END
#!/bin/bash
[ "\$(grep -c " \$2 " "$work/told")" = 1 ] && ((RANDOM % 2)) || exit 0
for n in \$(seq $KILLS); do
	mkdir "$work/kills/\$n" 2>/dev/null || continue
	sleep "0.0\$((RANDOM % 100))"
	kill -KILL "\$3"
	exit
done
END
chmod 755 "$work/after"

# The keepers, each started again when it was killed.
serve() {
	while [ ! -e "$work/stop" ]; do
		"$BUILD/weir-keeper" -c "$work/a.conf" >>"$work/$1.log" 2>&1
	done
}
serve one 2>/dev/null &
one=$!
serve two 2>/dev/null &
two=$!
is_pending() {
	[ "$(redis --raw XPENDING 'weir:{incidents}:log' keeper 2>/dev/null |
		head -1)" = "$1" ]
}
ok "the keepers start" wait_for 20 is_pending 0
kills() {
	find "$work/kills" -mindepth 1 | grep -c .
}

# Two acts a second, until all kills are done; then some more.
sent=0
send() {
	sent=$((sent + 1))
	incident_act "$sent" serious
	sleep 0.4
}
until [ "$(kills)" -ge $((KILLS / 2)) ] || [ "$sent" -ge $((20 * KILLS)) ]; do
	send
done
redis_signal STOP
sleep 30
redis_signal CONT
until [ "$(kills)" -ge "$KILLS" ] || [ "$sent" -ge $((20 * KILLS)) ]; do
	send
done
is "$(kills)" "$KILLS" "fault 77: a keeper was killed so often after telling"
told() {
	[ "$(sed -n 's/^serious \([^ ]*\) .*/\1/p' "$work/told" | sort -u |
		grep -c .)" = "$sent" ]
}
ok "fault 77: all $sent acts are told" wait_for 90 told
ok "fault 77: and acknowledged" wait_for 90 is_pending 0
counts=$(sed -n 's/^serious \([^ ]*\) .*/\1/p' "$work/told" | sort | uniq -c)
is "$(awk '$1 > 2' <<<"$counts")" "" "fault 77: none more than twice"
is "$(sort -u <<<"$(sed -n 's/^serious \([^ ]*\) .*/\1/p' "$work/told")" |
	grep -c .)" "$sent" "fault 77: nothing is lost while Redis hangs"
diag "$sent acts, $(awk '$1 == 2' <<<"$counts" | grep -c .) of them twice"

touch "$work/stop"
stop_all() {
	pids=$(left_behind)
	for pid in $pids; do
		grep -qz weir-keeper "/proc/$pid/cmdline" 2>/dev/null &&
			kill -TERM "$pid"
	done
	wait "$one" "$two"
}
stop_all 2>/dev/null
done_testing
