#!/bin/bash
# SPDX-License-Identifier: ISC
# An MTA that is stuck, and more sessions than descriptors: others are served,
# or wait, and no processor is burnt.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/faults.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/faults.sh"
work_start
redis_start

{
	weir_redis
	cat <<'EOT'
limits = ( { name = "message"; key = "sender"; max = 1000000; per = "1h";
	action = "tempfail"; } );
EOT
} | weir_config a
weir_start a || exit 1
# processor NAME: what it has used, in hundredths of a second
processor() {
	awk '{ print $14 + $15 }' "/proc/$(weir_pid "$1")/stat"
}
message() {
	printf '%s\0' "$2" | timeout 10 t/lib/milter "$work/run/$1.sock"
}
# hold NAME MANY HALF: that many sessions, HALF of which have sent half a
# packet, until let_go.
hold() {
	perl -MIO::Socket::UNIX -e '
		my ($path, $many, $half) = @ARGV;
		my @open = map {
			my $s = IO::Socket::UNIX->new($path) or die;
			syswrite $s, "\0\0" if $_ <= $half;
			$s
		} 1 .. $many;
		$| = 1;
		print "open\n";
		sleep 60' "$work/run/$1.sock" "$2" "$3" >"$work/hold.out" &
	held=$!
	echo $held >"$work/hold.pid"
	ok "$2 sessions are open" wait_for 10 grep -q open "$work/hold.out"
}
let_go() {
	kill $held
	wait $held 2>/dev/null
	rm -f "$work/hold.pid"
}

# An MTA that stops in the middle of a packet, 200 of them, and 500 that are
# silent; see also "half packets of 200" in raw.t.
message a first@x.test >/dev/null
fds_before=$(fds a) before=$(threads a)
hold a 700 200
sleep 0.5
began=$(processor a)
sleep 1
diag "200 half packets and 500 silent sessions: $(threads a) threads," \
	"$(fds a) descriptors, $(($(processor a) - began)) % of a processor"
ok "fault 45: 200 half packets: a thread each at the most" \
	at_most "$(threads a)" $((before + 210))
ok "fault 45: no processor is burnt" at_most $(($(processor a) - began)) 20
# libmilter may keep one waiting until another comes: BUGS of weir-milter(8)
message a half@x.test >"$work/one" &
one=$!
sleep 0.3
message a other@x.test >/dev/null
wait $one
is "$(<"$work/one")" 'c 1' "fault 45: and others are served"
let_go
back_to_normal() {
	[ "$(fds a)" -le "$fds_before" ] && [ "$(threads a)" -le $((before + 4)) ]
}
ok "fault 45: when they are gone, so is what they held" \
	wait_for 10 back_to_normal
# Descriptors are short: 40, of which 30 are for sessions and all else.
weir_stop a
is $? 0 "and it ends well"
mkdir "$work/short"
cat >"$work/short/weir-milter" <<END
#!/bin/bash
ulimit -n 40
exec "$(realpath "$BUILD")/weir-milter" "\$@"
END
chmod +x "$work/short/weir-milter"
BUILD=$work/short weir_start a || exit 1
hold a 60 0
wait_for 10 log_has a 'out of file descriptors'
began=$(processor a)
sleep 2
burnt=$(($(processor a) - began))
diag "60 sessions with 40 descriptors: $(fds a) open," \
	"$burnt hundredths of a second of processor in two seconds"
ok "fault 46: too many sessions burn no processor" at_most "$burnt" 20
is "$(log_count a 'out of file descriptors .limit 40')" 1 \
	"fault 46: which is told once, with what to do"
ok "fault 46: some descriptors stay free" at_most "$(fds a)" 32
redis_is_back() {
	[ "$(redis CLIENT LIST | grep -vc 'cmd=client')" -ge 1 ]
}
redis CLIENT KILL TYPE normal >/dev/null
weir_signal a USR1
ok "fault 46: so Redis is found again" wait_for 5 redis_is_back
ok "fault 46: and the configuration can be read" \
	wait_for 5 log_has a 'reloaded'
(message a waits@x.test >"$work/waits") &
waits=$!
sleep 0.5
is "$(<"$work/waits")" '' "fault 46: a new session waits"
let_go
wait $waits
is "$(<"$work/waits")" 'c 1' "fault 46: and is served when others have gone"
weir_stop a
is $? 0 "and it ends well"

done_testing
