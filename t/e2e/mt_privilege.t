#!/bin/bash
# SPDX-License-Identifier: ISC
# Least privilege: what packaging/redis.acl allows is enough for weir-milter
# and for every command of weirctl, and a password is seen nowhere.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
# shellcheck source=t/lib/weirctl.sh
. "${0%/*}/../lib/weirctl.sh"
# shellcheck source=t/lib/postfix.sh
. "${0%/*}/../lib/postfix.sh"
work_start

secret=pa55-for-weir-only
sed "s/^\(user [a-z-]*\) off/\1 on >$secret/; /^user weir/!d" \
	"${0%/*}/../../packaging/redis.acl" >"$work/users.conf"
redis_start --include "$work/users.conf" || skip_all "Redis takes no such users"
is "$(redis ACL USERS | grep -c '^weir')" 3 "Redis takes the users"

# config NAME USER: the same limits for both
config() {
	weir_config "$1" <<-END
	redis = { server = "unix:$work/redis.sock"; user = "$2";
	  password_file = "$work/secret"; database = 1; };
	limits = (
	  { name = "few"; key = "sender"; max = 5; per = "1m";
	    action = "reject"; },
	  { name = "held"; key = "recipient"; max = 3; per = "1m";
	    action = "quarantine"; } );
	END
}
echo "$secret" >"$work/secret"
chmod 600 "$work/secret"
[ -z "$test_user" ] || chown "$test_user" "$work/secret"
config m weir-milter
config a weirctl
config k weir-keeper
echo "keeper = { user = \"$test_user\"; reports = \"\"; alerts = ( $(keeper_hook) ); };" \
	>>"$work/k.conf"
weir_start m || exit 1
"$BUILD/weir-keeper" -c "$work/k.conf" >"$work/keeper.log" 2>&1 &
echo $! >"$work/keeper.pid"
# shellcheck disable=SC2034 # is for ctl
ctl_conf=a
denied() {
	redis ACL LOG | paste -sd' '
}

# every command, while mail comes
ctl_begin watch watch
ctl block sender:jake@example.com --for 1h --reason test >"$work/o" 2>&1
is $? 0 "weirctl block"
load m -m 40 -s 4 -r 2 -R 4 >/dev/null
sleep 1.5
load m -m 40 -s 4 -r 2 -R 4 >/dev/null
# run_command WANTED WORDS...: with the exit code that it must have
run_command() {
	local wanted=$1
	shift
	ctl "$@" >"$work/o" 2>&1 </dev/null
	is "$?" "$wanted" "weirctl $*"
	! grep -q 'NOPERM' "$work/o" || sed 's/^/# /' "$work/o"
}
sender=sender:sender1@bench.example
run_command 0 permit sender:p@example.com --messages 5 --for 1h --owner me \
	--reason test
run_command 0 override sender:o@example.com few --max 9 --reason test
run_command 0 orders
run_command 0 orders --log
run_command 0 show $sender
run_command 0 status
run_command 0 top
run_command 0 why --sender sender1@bench.example --recipient x@example.org
run_command 0 reset $sender
run_command 0 unblock sender:jake@example.com
run_command 0 revoke 2
run_command 0 check
echo 'Nov 25 10:00:00 mx postfix/smtpd[1]: connect from x[192.0.2.1]' \
	>"$work/mail.log"
# no message is in this log
run_command 1 replay "$work/mail.log"
# who holds what is asked of Redis
if postfix_is_possible; then
	postfix_start m "unix:$work/run/m.sock" 'defer_transports = later'
	postconf -c "$postfix_dir/etc" \
		'transport_maps = inline:{defer.test=later:}'
	postfix -c "$postfix_dir/etc" reload 2>/dev/null
	tool smtp -f q@w.test -t x@defer.test -m 10 \
		"$postfix_port" >/dev/null
	held() {
		[ -n "$(redis -n 1 --scan --pattern "weir:{held}:*")" ]
	}
	wait_for 10 held
	sleep 0.5
	run_command 0 release --limit held --yes --config "$postfix_dir/etc"
	run_command 0 hold --sender q@w.test --yes --config "$postfix_dir/etc"
	run_command 0 delete --sender q@w.test --yes \
		--config "$postfix_dir/etc"
fi
# what the milter does after an outage, and after a loss
redis_signal STOP
load m -m 40 -c 2 -s 40 -f 500 >/dev/null
wait_for 20 grep -q 'down: it does not answer' "$work/m.log"
redis_signal CONT
ok "what was charged in an outage is added" wait_for 20 \
	grep -q 'charges from the outage were added' "$work/m.log"
redis -n 1 FLUSHDB >/dev/null
ok "orders that Redis has lost are put back" wait_for 20 \
	grep -q 'Redis lost changes to orders' "$work/m.log"
ctl_end watch
ok "weirctl watch has no permission missing" \
	test "$(grep -c NOPERM "$work/watch.err")" = 0
ok "weir-keeper tells of the flood" wait_for 20 grep -q ^opened "$work/told"
sleep 1.2
is "$(denied)" "" "ACL LOG: nothing was denied"
is "$(grep NOPERM "$work/keeper.log")" "" "nor to weir-keeper"
# while Redis was stopped the housekeeping had no answer, and said so
is "$(grep 'NOPERM\|housekeeping:' "$work/m.log" |
	grep -v 'no answer in time')" "" "the milter had no other trouble"
ok "and Redis holds what it counts" \
	test "$(redis -n 1 DBSIZE)" -gt 1

# what the users may not do
as() {
	redis-cli -s "$work/redis.sock" --user "$1" --pass "$secret" \
		--no-auth-warning "${@:2}" 2>&1
}
for user in weir-milter weirctl; do
	for command in FLUSHALL 'CONFIG GET maxmemory' 'KEYS weir:x' SHUTDOWN \
		'GET other:key' 'ACL LIST' 'SCRIPT FLUSH' 'SCAN 0' \
		'REPLICAOF no one' 'PUBLISH other x'; do
		# shellcheck disable=SC2086 # the words of the command
		like "$(as $user $command)" NOPERM "$user may not: $command"
	done
done
like "$(as weir-milter SUBSCRIBE weir:verdicts)" NOPERM \
	"weir-milter may not watch"

# the password
pid=$(weir_pid m)
seen() {
	grep -qa "$secret" "$@" 2>/dev/null
}
ok "ps does not show it" bash -c "! tr '\\0' ' ' <'/proc/$pid/cmdline' |
	grep -qF '$secret'"
ok "nor does the environment" bash -c "! grep -qa '$secret' /proc/$pid/environ"
"$BUILD/weir-milter" -t -c "$work/m.conf" >"$work/t.out" 2>&1
ok "-t does not show it" bash -c "! grep -qa '$secret' '$work/t.out'"
ctl check --json >"$work/t.out" 2>&1
ok "nor does weirctl check" bash -c "! grep -qa '$secret' '$work/t.out'"
weir_signal m USR1
wait_for 10 grep -q 'reloaded' "$work/m.log"
ok "nor the log" bash -c "! grep -qa '$secret' '$work/m.log'"
# cored NAME: ends by SIGABRT in a directory of its own, as an account that
# was never root; is there a core?
cored() {
	mkdir -m 777 "$work/core-$1"
	(cd "$work/core-$1" && ulimit -c unlimited &&
		exec setpriv --reuid nobody --clear-groups \
			"$program" -c "$work/$1.conf" >"$work/$1.log" 2>&1) &
	echo $! >"$work/$1.pid"
	wait_for 20 grep -q ' serves ' "$work/$1.log" || return 2
	weir_signal "$1" ABRT
	wait "$(weir_pid "$1")" 2>/dev/null
	rm -f "$work/$1.pid"
	[ -n "$(ls "$work/core-$1")" ]
}
program=$(realpath "$BUILD/weir-milter")
sed 's|m.sock|with.sock|' "$work/m.conf" >"$work/with.conf"
sed 's|m.sock|without.sock|; s/user = "weir-milter";//; /password_file/s/password_file = [^;]*;//' \
	"$work/m.conf" >"$work/without.conf"
if [ -z "$test_user" ] || [ "$(</proc/sys/kernel/core_pattern)" != core ] ||
	! command -v setpriv >/dev/null || ! cored without; then
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - no core with a password # SKIP no cores here"
else
	ok "without a password a crash leaves a core" true
	cored with
	is $? 1 "with a password it leaves none"
fi

# a Redis of weir's own is shut to all but its group
if [ -n "$test_user" ] && command -v setpriv >/dev/null; then
	install -d -g daemon -m 750 "$work/shut"
	sed "s,unix:[^;]*redis.sock,unix:$work/shut/redis.sock,
		s,user = \"weir-milter\";,,; s,password_file = [^;]*;,," \
		"$work/m.conf" >"$work/shut.conf"
	out=$(setpriv --reuid nobody --clear-groups "$(realpath "$BUILD/weirctl")" \
		-c "$work/shut.conf" status 2>&1)
	is "$?" 69 "weirctl outside the group of the socket: 69"
	like "$out" "Permission denied.*as root or as a member of group daemon" \
		"and it says which group that is"
else
	skip "weirctl outside the group of the socket" "needs root and setpriv"
fi
done_testing
