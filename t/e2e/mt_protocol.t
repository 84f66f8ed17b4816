#!/bin/bash
# SPDX-License-Identifier: ISC
# What an MTA can do that Postfix does not: old protocols, missing offers,
# missing callbacks, hostile values. Each part is a script for miltertest(8).
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
command -v miltertest >/dev/null || skip_all "miltertest is not installed"
work_start
redis_start
{
	weir_redis
	cat <<'EOF'
limits = (
  { name = "held"; key = "sender"; max = 1; per = "1h";
    match = { sender = [ "q@" ]; }; action = "quarantine"; },
  { name = "mailbox"; key = "recipient"; max = 1; per = "1h";
    action = "reject"; },
  { name = "client"; key = "client"; max = 3; per = "1h";
    action = "tempfail"; }
);
EOF
} | weir_config a
weir_start a

# lua DESCRIPTION: standard input is the body of a miltertest script, in which
# conn is a new connection; it fails by error("...").
lua() {
	{
		echo "conn = mt.connect(\"unix:$work/run/a.sock\")"
		echo 'if conn == nil then error("no connection") end'
		cat <<-'EOF'
		function want(reply, what)
			if mt.getreply(conn) ~= reply then
				error(what .. ": got " .. mt.getreply(conn))
			end
		end
		EOF
		cat
		echo 'mt.disconnect(conn)'
	} >"$work/script.lua"
	if miltertest -s "$work/script.lua" >"$work/script.out" 2>&1; then
		ok "$1" true
	else
		sed 's/^/#   /' "$work/script.out"
		ok "$1" false
	fi
}
alive() {
	ok "and the milter lives" kill -0 "$(weir_pid a)"
}
used() {
	redis HGET "weir:{$1}:$2:1h" used
}

lua "an old MTA without the newer offers is served" <<'EOF'
mt.negotiate(conn, 2, 0x7f, 0x3f)
mt.conninfo(conn, "localhost", "192.0.2.1")
mt.mailfrom(conn, "<a@x.test>")
want(SMFIR_CONTINUE, "mail")
mt.rcptto(conn, "<one@y.test>")
want(SMFIR_CONTINUE, "rcpt")
mt.eom(conn)
want(SMFIR_CONTINUE, "end")
mt.mailfrom(conn, "<a@x.test>")
mt.rcptto(conn, "<one@y.test>")
want(SMFIR_REPLYCODE, "a full mailbox")
EOF
is "$(used client:192.0.2.1 client)" 1 "and counted"

lua "an MTA that cannot quarantine gets a tempfail" <<'EOF'
mt.negotiate(conn, 6, 0x1fffff, 0x1f)
mt.conninfo(conn, "localhost", "192.0.2.2")
for i = 1, 2 do
	mt.mailfrom(conn, "<q@x.test>")
	mt.rcptto(conn, "<q" .. i .. "@y.test>")
	mt.eom(conn)
end
want(SMFIR_REPLYCODE, "the second message")
EOF
ok "and the log says so" grep -q 'cannot quarantine' "$work/a.log"

lua "an address without a client is counted by what there is" <<'EOF'
mt.negotiate(conn, 6, 0x1fffff, 0x1ff)
mt.conninfo(conn, "localhost", "unspec")
mt.mailfrom(conn, "<u@x.test>")
mt.rcptto(conn, "<u@y.test>")
mt.eom(conn)
want(SMFIR_CONTINUE, "end")
EOF
is "$(used recipient:u@y.test mailbox)" 1 "by its recipient"

lua "MAIL without a connect, abort twice, close at once" <<'EOF'
mt.negotiate(conn, 6, 0x1fffff, 0x1ff)
mt.mailfrom(conn, "<n@x.test>")
mt.rcptto(conn, "<n@y.test>")
mt.abort(conn)
mt.abort(conn)
mt.mailfrom(conn, "<n@x.test>")
EOF
alive
is "$(redis EXISTS 'weir:{recipient:n@y.test}:mailbox:1h')" 0 \
	"and nothing was charged"

lua "hostile addresses" <<'EOF'
mt.negotiate(conn, 6, 0x1fffff, 0x1ff)
mt.conninfo(conn, "localhost", "192.0.2.3")
hostile = { "", "<>", "<", ">", "@", "<@>", "<a@b", "a b c", "%s%n%n",
	"<a\r\nverdict=accept@x>", "<\27[31m@x>", "<{a}x@y>", "<}{@y>",
	"<\255\254@\128>", "<*?[@x>", "<\"a\\\"b\"@x>",
	"<" .. string.rep("a", 600) .. "@x>" }
for i, address in ipairs(hostile) do
	mt.mailfrom(conn, address)
	mt.rcptto(conn, address)
	mt.rcptto(conn, "<hostile" .. i .. "@y.test>")
	mt.abort(conn)
end
EOF
alive
lua "hostile addresses that are refused" <<'EOF'
mt.negotiate(conn, 6, 0x1fffff, 0x1ff)
mt.conninfo(conn, "localhost", "unspec")
for _, address in ipairs({ "<a\r\nverdict=accept@x>", "<\27[31m@{x}>",
	"<" .. string.rep("b", 600) .. "@x>" }) do
	for i = 1, 2 do
		mt.mailfrom(conn, "<h" .. i .. "@x.test>")
		mt.rcptto(conn, address)
		mt.eom(conn)
	end
end
EOF
alive
is "$(grep -c '^verdict' "$work/a.log")" 0 "no value begins a log line"
is "$(grep -c $'\033' "$work/a.log")" 0 "no escape sequence gets there"
is "$(awk 'length > 2100' "$work/a.log" | wc -l)" 0 "no line is endless"
long=$(redis --raw KEYS '*' | awk '{ print length }' | sort -n | tail -1)
ok "no key is longer than 300 bytes ($long)" test "$long" -le 300

# half a packet, two hundred times, and then nothing
perl -MIO::Socket::UNIX -e '
	my @s = map { my $s = IO::Socket::UNIX->new($ARGV[0]) or die;
		syswrite $s, "\0\0"; $s } 1 .. 200;
	sleep 1' "$work/run/a.sock"
alive
lua "and still serves" <<'EOF'
mt.negotiate(conn, 6, 0x1fffff, 0x1ff)
mt.conninfo(conn, "localhost", "192.0.2.4")
mt.mailfrom(conn, "<a@x.test>")
mt.rcptto(conn, "<last@y.test>")
mt.eom(conn)
want(SMFIR_CONTINUE, "end")
EOF
weir_stop a
is $? 0 "and stops as it should"
done_testing
