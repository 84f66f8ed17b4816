#!/bin/bash
# SPDX-License-Identifier: ISC
# The unit and its companions: installed, valid, and with little to attack.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
command -v systemd-analyze >/dev/null || skip_all "no systemd-analyze"
work_start
cd "${0%/*}/../.." || exit 1
prefix=$work/root/usr
# what a unit can name: no blank in the path
ln -s "$(realpath "$BUILD")" "$work/programs"

# an ordinary mask, another account's flags: what was built is installed
(umask 077 && CFLAGS=-O0 make -s install BUILD="$BUILD" DESTDIR="$work/root" \
	PREFIX=/usr >"$work/make.out" 2>&1)
is $? 0 "make install"
ok "installs what was built, whatever the flags are now" \
	cmp "$BUILD/weirctl" "$prefix/bin/weirctl"
is "$(find "$work/root" ! -perm -444)" "" "for everybody to read"
like "$("$prefix/bin/weirctl" check "$prefix/share/doc/weir/examples/submission.conf")" \
	'good, limits: [0-9]' "with the examples"
ok "and the manual knows where these are" grep -q \
	'^\.It Pa /usr/share/doc/weir/examples/$' "$prefix/share/man/man5/weir.conf.5"
units=$prefix/lib/systemd/system
unit=$units/weir-milter.service
ok "the unit names the program that was installed" \
	grep -q '^ExecStart=/usr/sbin/weir-milter -c /etc/weir/weir.conf$' "$unit"
is "$(grep -hE '@[A-Z]' "$units"/weir-*.service)" "" "no variable is left in them"
# setting NAME UNIT: its values, one a line
setting() {
	sed -n "s/^$1=//p" "$units/$2.service"
}
is "$(setting SyslogFacility weir-milter)" mail "verdicts go to the mail log"
is "$(setting RestartPreventExitStatus weir-milter)" "64 78" \
	"a mistake in the file is no reason to start again"
like "$(setting ExecReload weir-milter | head -1)" \
	"/usr/sbin/weir-milter -t -c /etc/weir/weir.conf" \
	"a reload checks the file first"
for name in weir-milter weir-keeper; do
	like "$(setting ExecReload $name | head -1)" "CREDENTIALS_DIRECTORY=%d " \
		"$name: and finds its credentials"
	is "$(setting WatchdogSec $name)" 30s "$name: a watchdog looks at it"
done
for name in weir-milter weir-keeper weir-redis; do
	is "$(setting StartLimitIntervalSec $name)" 0 \
		"$name: a start by hand is never refused"
done
listen=$(sed -n 's/^listen *= "unix:\(.*\)".*/\1/p' etc/weir.conf)
is "$(setting ReadWritePaths weir-milter)" "-$(dirname "$listen")" \
	"it may write where the first configuration listens"
like "$(sed -n 's|^  directory = "\(.*\)";.*|\1|p' etc/weir.conf.full)" \
	"^/var/lib/$(setting StateDirectory weir-milter)\$" \
	"and makes the directory of the journal"
is "$(setting StateDirectoryMode weir-milter)" 2770 \
	"for its group to read, and for weir-keeper to write"
like "$(setting ExecStartPre weir-milter)" \
	"install -d -o weir -g postfix -m 2750 $(dirname "$listen")'" \
	"and makes that directory for Postfix"
for name in weir-milter weir-redis; do
	exposure=$(systemd-analyze security --offline=true \
		"$units/$name.service" 2>&1 |
		sed -n 's/.*Overall exposure level for [^:]*: \([0-9.]*\).*/\1/p')
	ok "$name: its exposure is below 1.5 ($exposure)" \
		awk -v e="$exposure" 'BEGIN { exit !(e != "" && e < 1.5) }'
	# verify wants the program to be there
	sed "s|^ExecStart=[^ ]*|ExecStart=$work/programs/weir-milter|;
		s|man:weir[^ ]*||g" "$units/$name.service" \
		>"$work/$name.service"
	is "$(systemd-analyze verify --man=no "$work/$name.service" 2>&1 |
		grep "$name.service")" "" "$name: systemd finds no mistake in it"
done

# the keeper reaches the network, so a little more
exposure=$(systemd-analyze security --offline=true \
	"$units/weir-keeper.service" 2>&1 |
	sed -n 's/.*Overall exposure level for [^:]*: \([0-9.]*\).*/\1/p')
ok "weir-keeper: its exposure is below 2 ($exposure)" \
	awk -v e="$exposure" 'BEGIN { exit !(e != "" && e < 2) }'
sed "s|^ExecStart=[^ ]*|ExecStart=$work/programs/weir-keeper|;
	s|man:weir[^ ]*||g" "$units/weir-keeper.service" >"$work/weir-keeper.service"
is "$(systemd-analyze verify --man=no "$work/weir-keeper.service" 2>&1 |
	grep weir-keeper.service)" "" "weir-keeper: systemd finds no mistake in it"
is "$(setting RestartPreventExitStatus weir-keeper)" "64 78" \
	"nor starts it again for a mistake in the file"
like "$(sed -n 's|^  reports  = "\(.*\)";.*|\1|p' etc/weir.conf.full)" \
	"^/var/lib/$(setting StateDirectory weir-keeper)\$" \
	"and makes the directory of the reports"
if command -v systemd-sysusers >/dev/null; then
	is "$(systemd-sysusers --dry-run "$prefix/lib/sysusers.d/weir.conf" 2>&1 |
		grep -ci 'error\|failed\|ignoring')" 0 "the accounts can be made"
fi
# what it forbids is not needed: run with the system calls that are left
if grep -qa '__asan_init\|__tsan_init' "$BUILD/weir-milter"; then
	skip "under its system call filter" "a sanitizer needs other calls"
else
	group=$(id -gn ${test_user:+"$test_user"})
	[ -z "$test_user" ] || group=$group,daemon
	mkdir "$work/journal"
	[ -z "$test_user" ] || chown "$test_user" "$work/journal"
	redis_start
	{
		weir_redis
		echo "journal = { directory = \"$work/journal\"; };"
		echo "keeper = { user = \"\"; reports = \"\"; alerts = ( $(keeper_hook) ); };"
		cat <<-END
		listen_group = "${group#*,}";
		limits = ( { name = "own"; key = "sender"; max = 3; per = "1h";
		  action = "reject"; } );
		END
	} | weir_config a
	sed -i '/^user = /d' "$work/a.conf"
	for name in milter keeper; do
		t/lib/notify_socket "$work/$name.notify" >"$work/$name.said" &
		echo $! >"$work/$name.notify.pid"
		wait_for 10 test -S "$work/$name.notify"
	done
	# sandboxed UNIT COMMAND...: for a watchdog that waits two seconds
	sandboxed() {
		local unit=$1
		shift
		NOTIFY_SOCKET=$work/${unit#weir-}.notify WATCHDOG_USEC=2000000 \
			exec t/lib/sandbox "$units/$unit.service" \
			"$test_user" "$group" "$@"
	}
	sandboxed weir-milter "$BUILD/weir-milter" \
		-c "$work/a.conf" >"$work/a.log" 2>&1 &
	echo $! >"$work/a.pid"
	ok "under its system call filter it starts" wait_for 10 \
		grep -q "serves unix:" "$work/a.log"
	diag "$(<"$work/a.log")"
	is "$(stat -c %G "$work/run/a.sock")" "${group#*,}" \
		"with the group of listen_group"
	sandboxed weir-keeper "$BUILD/weir-keeper" -c "$work/a.conf" >"$work/keeper.log" 2>&1 &
	echo $! >"$work/keeper.pid"
	ok "weir-keeper does, too" wait_for 10 keeper_runs keeper
	like "$("$BUILD/t/bench/load" -j -S "unix:$work/run/a.sock" -m 10 -s 1)" \
		'"accepted":3,.*"rejected":7' "and counts"
	ok "weir-keeper runs the command of a channel" wait_for 10 \
		grep -q ^opened "$work/told"
	for name in milter keeper; do
		ok "weir-$name reports to the watchdog" wait_for 10 \
			grep -q '^WATCHDOG=1$' "$work/$name.said"
	done
	weir_stop keeper
	is $? 0 "and stops in good order"
	sed -i 's/max = 3/max = 5/' "$work/a.conf"
	kill -USR1 "$(weir_pid a)"
	ok "reloads" wait_for 10 grep -q 'reloaded' "$work/a.log"
	redis_kill
	like "$("$BUILD/t/bench/load" -j -S "unix:$work/run/a.sock" -m 10 \
		-s 1 -f 100)" '"accepted":5,' "goes on without Redis"
	weir_stop a
	is $? 0 "and stops in good order"
	for name in milter keeper; do
		is "$(grep -v WATCHDOG "$work/$name.said" | tail -1)" \
			"STOPPING=1" "weir-$name reported that it stops"
		stop_pid_file "$work/$name.notify.pid"
	done
	like "$(tail -qn 1 "$work/journal"/*.jsonl)" '"kind":"end"' \
		"its journal is written and finished"
fi

# the Redis of weir's own, by its unit and its file
socket=$(sed -n 's/^redis .*"unix:\([^"]*\)".*/\1/p' etc/weir.conf)
conf=$work/root/etc/weir/redis.conf
is "$(sed -n 's/^unixsocket //p' "$conf")" "$socket" \
	"the first configuration uses weir's own Redis"
is "$(setting ExecStart weir-redis)" "redis-server /etc/weir/redis.conf" \
	"its unit names the file that was installed"
like "$(setting Group weir-redis) $(setting RuntimeDirectoryMode weir-redis)" \
	'^weir 0750$' "its directory is for the group weir"
mkdir "$work/own"
[ -z "$test_user" ] || chown "$test_user" "$work/own"
sed "s|$socket|$work/own/redis.sock|; s|^dir .*|dir $work/own|" "$conf" \
	>"$work/own.conf"
t/lib/sandbox "$units/weir-redis.service" "$test_user" \
	"$(id -gn ${test_user:+"$test_user"})" "$(command -v "$REDIS_SERVER")" \
	"$work/own.conf" >"$work/own.log" 2>&1 &
echo $! >"$work/own.pid"
own() {
	redis-cli -s "$work/own/redis.sock" "$@" 2>&1
}
ok "under its system call filter it starts" wait_for 10 own PING
is "$(own CONFIG GET maxmemory-policy | tail -1)" noeviction \
	"throws no counter away"
is "$(own CONFIG GET port | tail -1)" 0 "has no TCP"
is "$(stat -c %a "$work/own/redis.sock")" 770 "is open to its group only"
own SET key value >/dev/null
own BGREWRITEAOF >/dev/null
ok "writes its journal" wait_for 10 \
	grep -q 'AOF rewrite finished successfully' "$work/own.log"
stop_pid_file "$work/own.pid"
diag "$(grep -i 'error\|denied\|permitted' "$work/own.log")"

echo '# mine' >>"$conf"
make -s install BUILD="$BUILD" DESTDIR="$work/root" PREFIX=/usr \
	>"$work/make.out" 2>&1
is "$(tail -1 "$conf")" "# mine" "make install keeps redis.conf"
make -s uninstall DESTDIR="$work/root" PREFIX=/usr >"$work/make.out" 2>&1
is "$(find "$work/root" -type f ! -name weir.conf ! -name redis.conf)" "" \
	"make uninstall leaves weir.conf and redis.conf, and nothing else"

# a service that runs would be left without its files
mkdir "$work/bin"
printf '#!/bin/sh\necho active\n' >"$work/bin/systemctl"
chmod 755 "$work/bin/systemctl"
out=$(PATH="$work/bin:$PATH" make -s uninstall PREFIX="$work/p" \
	SYSCONFDIR="$work/e" 2>&1)
is $? 2 "make uninstall refuses while the service runs"
like "$out" 'runs or is enabled; first: systemctl disable --now weir-[a-z]*.service' \
	"and says what to do"

# what is compiled in follows the command line
if grep -qa '__asan_init\|__tsan_init' "$BUILD/weir-milter"; then
	skip "another SYSCONFDIR" "a sanitizer wants its flags again"
else
	mkdir "$work/build"
	cp -a "$BUILD"/{flags,gen,milter,weir-milter,weirctl} "$BUILD"/*.a \
		"$BUILD/lib" "$work/build"
	make -s install BUILD="$work/build" DESTDIR="$work/other root" \
		SYSCONFDIR=/opt/etc >"$work/make.out" 2>&1
	like "$("$work/other root/usr/local/sbin/weir-milter" -h)" \
		'\(/opt/etc/weir/weir.conf\)' "another SYSCONFDIR is a new program"
fi
out=$(make -s install BUILD="$work/none" CC=no-such-cc \
	DESTDIR="$work/none" 2>&1)
ok "without a compiler make install fails" test ! -e "$work/none/usr"
like "$out" 'not built here yet, and no-such-cc cannot build it' "and says so"
done_testing
