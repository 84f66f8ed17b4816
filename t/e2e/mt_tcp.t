#!/bin/bash
# SPDX-License-Identifier: ISC
# Over TCP a stage that nobody answers costs 40 ms a message on Postfix. The
# same messages over a unix socket and over TCP, side by side: far less than
# that may lie between them.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/postfix.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/postfix.sh"
postfix_is_possible || skip_all "a private Postfix needs root and postfix"
work_start
redis_start
messages=20
limits() {
	weir_redis
	echo 'limits = ( { name = "a"; key = "sender"; max = 1000000;
		per = "1h"; action = "tempfail"; } );'
}
limits | weir_config unix
limits | weir_config tcp
port=$(free_port)
sed -i "s/^listen = .*/listen = \"inet:$port@127.0.0.1\";/" "$work/tcp.conf"
weir_start unix
"$BUILD/weir-milter" -c "$work/tcp.conf" >"$work/tcp.log" 2>&1 &
echo $! >"$work/tcp.pid"
ok "it serves on a TCP port" wait_for 20 grep -q 'serves inet:' "$work/tcp.log"
like "$("$BUILD/weir-milter" -t -c "$work/tcp.conf")" 'over TCP an MTA waits' \
	"-t says what that costs"

# milliseconds NAME PORT COUNT: in took, for so many messages in one session
milliseconds() {
	local began
	began=$(date +%s%3N)
	tool smtp -m "$3" -f a@x.test -t b@y.test "$2" >>"$work/$1.out"
	took=$(($(date +%s%3N) - began))
}
postfix_start unix "unix:$work/run/unix.sock"
unix_port=$postfix_port
postfix_start tcp "inet:127.0.0.1:$port"
milliseconds unix "$unix_port" 1
milliseconds tcp "$postfix_port" 1
# What waits does so in each round; a busy machine spares one of them.
tcp_is_quick() {
	milliseconds unix "$unix_port" "$messages"
	unix_took=$took
	milliseconds tcp "$postfix_port" "$messages"
	diag "$messages messages: unix $unix_took ms, TCP $took ms"
	[ $(((took - unix_took) / messages)) -lt 20 ]
}
rounds=0
until tcp_is_quick || [ "$rounds" -eq 20 ]; do
	rounds=$((rounds + 1))
done
ok "TCP costs less than 20 ms a message more" test "$rounds" -lt 20
for way in unix tcp; do
	is "$(grep -c 'END 250' "$work/$way.out")" \
		$(((rounds + 1) * messages + 1)) "all pass over $way"
done
weir_stop unix
weir_stop tcp

# Sendmail pays 44 ms for each stage with macros, and has none to send after
# MAIL that it did not send there. Which MTA it is, a connection reveals only
# after its negotiation.
"$BUILD/weir-milter" -c "$work/tcp.conf" >"$work/tcp.log" 2>&1 &
echo $! >"$work/tcp.pid"
ok "it serves again" wait_for 20 grep -q 'serves inet:' "$work/tcp.log"

# asked VERSION: the stages that macros are asked for, by an MTA of which {v}
# has this version
asked() {
	perl -MIO::Socket::INET -e '
		my ($port, $version) = @ARGV;
		my @names = qw(CONNECT HELO MAIL RCPT DATA EOM EOH);
		my $mta = IO::Socket::INET->new("127.0.0.1:$port") or die $!;
		sub packet { print $mta pack("N", 1 + length $_[1]), @_ }
		sub answer {
			read $mta, my $length, 4 or die "no answer\n";
			read $mta, my $bytes, unpack "N", $length;
			return substr $bytes, 1;
		}
		$mta->autoflush(1);
		packet("O", pack "NNN", 6, 0x1ff, 0x1fffff);
		my %lists = unpack "x12 (N Z*)*", answer();
		print join " ", map { $names[$_] }
			grep { length $lists{$_} } sort keys %lists;
		packet("D", "Cv\0$version\0");
		packet("C", "h\0004" . pack("n", 1) . "192.0.2.7\0");
		answer();
		packet("Q", "");' "$port" "$1"
}
is "$(asked 8.17.1.9)" "CONNECT MAIL RCPT EOM" "an unknown MTA is asked for all"
is "$(asked 8.17.1.9)" "CONNECT MAIL" "Sendmail for what it says until MAIL"
is "$(asked 'Postfix 3.7.11')" "CONNECT MAIL" "until another MTA connects"
is "$(asked 8.17.1.9)" "CONNECT MAIL RCPT EOM" \
	"which says the queue id at the end only"
weir_stop tcp
done_testing
