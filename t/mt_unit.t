#!/bin/bash
# SPDX-License-Identifier: ISC
# The unit and its companions: installed, valid, and with little to attack.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
. "$(dirname "$0")/lib/tap.sh"
. "$(dirname "$0")/lib/servers.sh"
command -v systemd-analyze >/dev/null || skip_all "no systemd-analyze"
work_start
cd "$(dirname "$0")/.." || exit 1
prefix=$work/root/usr

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
unit=$prefix/lib/systemd/system/weir-milter.service
ok "the unit names the program that was installed" \
	grep -q '^ExecStart=/usr/sbin/weir-milter -c /etc/weir/weir.conf$' "$unit"
is "$(grep -c '@' "$prefix/lib/systemd/system/weir-milter.service")" \
	"$(grep -cE '=[~-]?@|~@| @' "$unit")" "no variable is left in it"
exposure=$(systemd-analyze security --offline=true "$unit" 2>&1 |
	sed -n 's/.*Overall exposure level for [^:]*: \([0-9.]*\).*/\1/p')
ok "its exposure is below 1.5 ($exposure)" \
	awk -v e="$exposure" 'BEGIN { exit !(e != "" && e < 1.5) }'
# verify wants the program to be there
sed "s|^ExecStart=[^ ]*|ExecStart=$(realpath "$BUILD/weir-milter")|;
	s|man:weir[^ ]*||g" "$unit" >"$work/weir-milter.service"
is "$(systemd-analyze verify --man=no "$work/weir-milter.service" 2>&1 |
	grep weir-milter.service)" "" "systemd finds no mistake in it"
if command -v systemd-sysusers >/dev/null; then
	is "$(systemd-sysusers --dry-run "$prefix/lib/sysusers.d/weir.conf" 2>&1 |
		grep -ci 'error\|failed\|ignoring')" 0 "the account can be made"
fi
# what it forbids is not needed: run with the system calls that are left
if grep -qa '__asan_init\|__tsan_init' "$BUILD/weir-milter"; then
	skip "under its system call filter" "a sanitizer needs other calls"
else
	group=$(id -gn ${test_user:+"$test_user"})
	[ -z "$test_user" ] || group=$group,daemon
	redis_start
	{
		weir_redis
		cat <<-END
		listen_group = "${group#*,}";
		limits = ( { name = "own"; key = "sender"; max = 3; per = "1h";
		  action = "reject"; } );
		END
	} | weir_config a
	sed -i '/^user = /d' "$work/a.conf"
	t/lib/sandbox "$unit" "$test_user" "$group" "$BUILD/weir-milter" \
		-c "$work/a.conf" >"$work/a.log" 2>&1 &
	echo $! >"$work/a.pid"
	ok "under its system call filter it starts" wait_for 10 \
		grep -q "serves unix:" "$work/a.log"
	diag "$(cat "$work/a.log")"
	is "$(stat -c %G "$work/run/a.sock")" "${group#*,}" \
		"with the group of listen_group"
	like "$("$BUILD/t/bench/load" -j -S "unix:$work/run/a.sock" -m 10 -s 1)" \
		'"accepted":3,.*"rejected":7' "and counts"
	sed -i 's/max = 3/max = 5/' "$work/a.conf"
	kill -USR1 "$(weir_pid a)"
	ok "reloads" wait_for 10 grep -q 'read again' "$work/a.log"
	redis_kill
	like "$("$BUILD/t/bench/load" -j -S "unix:$work/run/a.sock" -m 10 \
		-s 1 -f 100)" '"accepted":5,' "goes on without Redis"
	weir_stop a
	is $? 0 "and stops in good order"
fi
make -s uninstall DESTDIR="$work/root" PREFIX=/usr >"$work/make.out" 2>&1
is "$(find "$work/root" -type f ! -name weir.conf)" "" \
	"make uninstall leaves weir.conf and nothing else"

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
