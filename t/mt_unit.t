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

make -s install BUILD="$BUILD" DESTDIR="$work/root" PREFIX=/usr >"$work/make.out" 2>&1
is $? 0 "make install"
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
make -s uninstall DESTDIR="$work/root" PREFIX=/usr >"$work/make.out" 2>&1
is "$(find "$work/root" -type f ! -name weir.conf)" "" \
	"make uninstall leaves weir.conf and nothing else"
done_testing
