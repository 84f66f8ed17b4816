#!/bin/bash
# SPDX-License-Identifier: ISC
#
# weirctl on a Redis with many subjects, of whom more are near a limit than
# the board holds: how long an answer takes, beside `redis-cli PING` and
# beside a walk through the keys (SCAN) that it does without.
#
#   SUBJECTS=1000000   windows in Redis
#   BUSY=2500          of them, at half of their limit or above
#   TURNS=11           how often each command has its turn
#   BUILD=build        where the programs are
#
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
. "$(dirname "$0")/../lib/servers.sh"
set -u
export LC_ALL=C
SUBJECTS=${SUBJECTS:-1000000}
BUSY=${BUSY:-2500}
TURNS=${TURNS:-11}

work_start
redis_start
{
	weir_redis
	echo 'limits = ( { name = "own"; key = "sender"; max = 100; per = "1h";
		action = "reject"; } );'
} | weir_config a

# Windows as charge.lua leaves them, and the index as top.lua does: 60
# buckets of a minute, all of them used.
fill() {
	perl -e '
		my ($subjects, $busy) = @ARGV;
		my $now = time;
		my $head = int($now * 1000 / 60000);
		sub command {
			print "*", scalar @_, "\r\n";
			print "\$", length, "\r\n$_\r\n" for @_;
		}
		for my $i (1 .. $subjects) {
			my $full = $i <= $busy;
			command("HSET", "weir:{sender:s$i\@many.test}:own:1h",
				"head", $head, "used", $full ? 61 : 3,
				$full ? (map { ($_, 1) } 0 .. 60)
				      : ($head % 61, 3));
		}
		for my $i (1 .. $busy) {
			my $member = "own:1h:sender:s$i\@many.test";
			command("ZADD", "weir:{busy}:index", 0.61, $member);
			command("HSET", "weir:{busy}:$member", "since",
				$now * 1000, "last", $now * 1000, "used", 61,
				"max", 100, "refused", 7);
		}
		command("ZREMRANGEBYRANK", "weir:{busy}:index", 0, -2001);
	' "$SUBJECTS" "$BUSY" | redis --pipe >/dev/null
}

# now: microseconds
now() {
	date +%s%N | cut -c 1-16
}

# turn NAME COMMAND...: its time in ms joins NAME's
declare -A times=()
turn() {
	local name=$1 began
	shift
	began=$(now)
	"$@" >/dev/null 2>&1
	times[$name]+="$(($(now) - began)) "
}
ctl() {
	"$BUILD/weirctl" -c "$work/a.conf" "$@"
}
scan() {
	redis --scan --pattern 'weir:*' | tail -1
}
median() {
	tr ' ' '\n' <<<"$1" | grep . | sort -n |
		awk '{ all[NR] = $1 } END { printf "%.1f", all[int((NR + 1) / 2)] / 1000 }'
}

fill
for _ in $(seq "$TURNS"); do
	turn ping redis PING
	turn top ctl top
	turn top-all ctl top --rows 2000
	turn show ctl show "sender:s1@many.test"
	turn status ctl status
	turn orders ctl orders
	turn why ctl why --sender s1@many.test --recipient r@there.test
done
turn scan scan
echo "median milliseconds with $(redis DBSIZE) keys in Redis ($TURNS turns):"
for name in ping top top-all show status orders why scan; do
	printf '%-8s %8s\n' "$name" "$(median "${times[$name]}")"
done
