#!/bin/bash
# SPDX-License-Identifier: ISC
# A name server that takes questions and never answers, and Redis known by
# name: whoever asks for a name is not whoever holds a message.
faults=${0%/*}
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/faults.sh
. "$faults/../lib/tap.sh"
. "$faults/../lib/servers.sh"
. "$faults/../lib/faults.sh"
# A private view of /etc needs root and a kernel that allows it.
if [ "${1:-}" != inside ]; then
	unshare -m true 2>/dev/null || skip_all "needs unshare(1) and root"
	exec unshare -m "$0" inside
fi
work_start
# shellcheck disable=SC2016
perl -MIO::Socket::INET -e '
	for (1 .. 50) {
		my $address = join ".", 127, map { 1 + int rand 250 } 1 .. 3;
		my $s = IO::Socket::INET->new(LocalAddr => $address,
			LocalPort => 53, Proto => "udp") or next;
		$| = 1;
		print "$address\n";
		sleep 1 while 1;
	}' >"$work/nameserver" 2>/dev/null &
echo $! >"$work/nameserver.pid"
wait_for 5 test -s "$work/nameserver" || skip_all "no port 53 to be had"
silence() {
	printf 'nameserver %s\noptions timeout:3 attempts:1\n' \
		"$(<"$work/nameserver")" >"$work/resolv.conf"
	printf 'hosts: files dns\n' >"$work/nsswitch.conf"
	cp /etc/hosts "$work/hosts"
	local file
	for file in resolv.conf nsswitch.conf hosts; do
		mount --bind "$work/$file" "/etc/$file" || return 1
	done
}
silence || skip_all "cannot put files over /etc"
# shellcheck disable=SC2016 # it is Perl
hangs() {
	[ "$(perl -MTime::HiRes=time -e 'my $t = time;
		gethostbyname "redis.example";
		print time - $t > 2 ? "hangs" : "is quick"')" = hangs ]
}
ok "fault 32: names are not answered here" hangs

redis_start
proxy_start || exit 1
fault_weir control "unix:$work/redis.sock" accept || exit 1
fault_load control quiet -c 50 -m 2000 -f 1

# at the start
before=$(date +%s%N)
fault_weir name "redis.example:$proxy_port" accept || exit 1
ms=$((($(date +%s%N) - before) / 1000000))
ok "fault 32: it starts all the same (in $ms ms)" at_most "$ms" 2500
fault_load name out -c 50 -t 2 -f 1
is "$(verdicts out)" "$(field out messages)/0/0/0" \
	"fault 32: at the start: no message is lost"
ok "fault 32: none waits beyond the deadline" in_time out quiet
fault_load name out -c 50 -t 2 -f 1
ok "fault 32: after three have waited nobody does" at_once out quiet
fault_load name one -c 1 -t 1 -f 1
ok "fault 32: nor on one connection alone" \
	at_least "$(field one messages)" 20
ok "fault 32: told" wait_for 10 log_has name 'redis .*: (down|no answer)'

# the name comes to be known
echo '127.0.0.1 redis.example' >>"$work/hosts"
ok "fault 32: over by itself" wait_for 15 serves name

# and is gone again when the connection has to be made anew
log_forget name
sed -i '/redis.example/d' "$work/hosts"
fault_load name out -c 50 -t 3 -f 1 &
load=$!
sleep 0.7
redis CLIENT KILL TYPE normal >/dev/null
wait "$load"
is "$(verdicts out)" "$(field out messages)/0/0/0" \
	"fault 32: in the middle: no message is lost"
ok "fault 32: in the middle: none waits beyond the deadline" in_time out quiet
threads=$(threads name)
ok "fault 32: no thread piles up ($threads)" at_most "$threads" 15

# whoever stops it does not wait for the name server
sleep 1
before=$(date +%s%N)
weir_stop name
is $? 0 "fault 32: it stops in good order"
ms=$((($(date +%s%N) - before) / 1000000))
ok "fault 32: and soon (in $ms ms)" at_most "$ms" 2500
done_testing
