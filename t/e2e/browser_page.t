#!/bin/bash
# SPDX-License-Identifier: ISC
# The status page in a headless Chromium, with scripts and without: how soon it
# shows a flood, whether its policy is kept, what can be read, reached and
# understood. `make check-page` runs it; PICTURES=DIR keeps screenshots.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
look=${0%/*}/../lib/page_look
command -v chromium chromium-browser google-chrome >/dev/null ||
	skip_all "there is no Chromium"
perl -MJSON::PP -MTest::More -e 1 2>/dev/null ||
	skip_all "there is no JSON::PP, of Debian's package perl"
work_start
redis_start
port=$(free_port)
{
	weir_redis
	cat <<-END
	incident = { shared = [ "10.20.0.7" ]; };
	keeper = { user = "$test_user"; page = "127.0.0.1:$port"; };
	limits = ( { name = "own"; key = "sender"; max = 5; per = "1h";
	  action = "tempfail"; } );
	END
} | weir_config a
weir_start a || exit 1
"$BUILD/weir-keeper" -c "$work/a.conf" >"$work/keeper.log" 2>&1 &
echo $! >"$work/keeper.pid"
wait_for 20 grep -q " keeps " "$work/keeper.log" || exit 1
"$look" "http://127.0.0.1:$port/" "$work/run/a.sock" ${PICTURES:+"$PICTURES"}
