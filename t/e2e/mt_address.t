#!/bin/bash
# SPDX-License-Identifier: ISC
# Who is counted is who the MTA delivers to: what a client writes, Postfix may
# rewrite, and the macros {mail_addr} and {rcpt_addr} say into what.
# shellcheck source=t/lib/tap.sh source=t/lib/servers.sh source=t/lib/postfix.sh
. "${0%/*}/../lib/tap.sh"
. "${0%/*}/../lib/servers.sh"
. "${0%/*}/../lib/postfix.sh"
work_start
redis_start
{
	weir_redis
	cat <<'EOT'
cache = "0s";
limits = (
  { name = "box"; key = "recipient"; max = 3; per = "1h";
    action = "tempfail"; },
  { name = "from"; key = "sender"; max = 1000; per = "1h";
    action = "tempfail"; }
);
EOT
} | weir_config a
weir_start a || exit 1
used() {
	local used
	used=$(redis HGET "weir:{$1}:$2:1h" used)
	echo "${used:-0}"
}

# At the milter protocol: what each macro is worth.
# say MACRO VALUE STAGE...: a message, with one macro of it
say() {
	printf '%s\n' open "connect 192.0.2.1" helo "$@" data header eoh body \
		end | tool dialogue "$work/run/a.sock" >/dev/null
}
say 'macro M {mail_addr} a@m.test' 'mail a%m.test' \
	'macro R {rcpt_addr} b@m.test' 'rcpt b%m.test'
is "$(used sender:a@m.test from)/$(used recipient:b@m.test box)" 1/1 \
	"the address of the macro counts"
say 'mail n%m.test' 'rcpt n%m.test'
is "$(used sender:n%25m.test from)/$(used recipient:n%25m.test box)" 1/1 \
	"without macros what the client wrote"
say 'macro M {mail_addr} local' 'mail local@m.test' \
	'macro R {rcpt_addr} target' 'rcpt local@m.test'
is "$(used sender:local@m.test from)/$(used recipient:local@m.test box)" 1/1 \
	"and where a macro has no domain (Sendmail, local mailer)"
say 'macro M {mail_addr} MAILER-DAEMON@m.test' 'mail -' 'rcpt null@m.test'
is "$(used sender:mailer-daemon@m.test from)" 0 \
	"the null sender stays the null sender"
say 'macro M {mail_addr} J+x@M.test' 'mail j' \
	'macro R {rcpt_addr} "q q"@M.test' 'rcpt "q@x'
is "$(used sender:j@m.test from)" 1 "the rules of identity apply to it"

if ! postfix_is_possible; then
	diag "a private Postfix needs root and postfix"
	done_testing
fi
postfix_start a "unix:$work/run/a.sock" "myorigin = origin.test" \
	"mydestination = here.test" \
	"non_smtpd_milters = unix:$work/run/a.sock" "append_dot_mydomain = no"
send() {
	tool smtp "$@" "$postfix_port"
}
for to in box@dest.test 'box%dest.test' 'dest.test!box' 'box%dest.test@here.test' \
	'"box"@dest.test' 'BOX%DEST.test'; do
	send -f w@x.test -t "$to"
done >"$work/out"
is "$(grep -c '^DATA-END 250' "$work/out")" 3 \
	"all spellings of box@dest.test share three places"
is "$(used recipient:box@dest.test box)" 3 "in one window"
send -f w@x.test -t bare >/dev/null
is "$(used recipient:bare@origin.test box)" 1 "a bare name has its domain"
send -f w@x.test -t 'box%dest.test@other.test' >/dev/null
is "$(used recipient:box%25dest.test@other.test box)" 1 \
	"what another host is to resolve stays as it is"
for from in s@dest.test 's%dest.test' 'dest.test!s'; do
	send -f "$from" -t r@y.test
done >/dev/null
is "$(used sender:s@dest.test from)" 3 "so do senders"
send -f '' -t null2@y.test >/dev/null
is "$(used recipient:null2@y.test box)" 1 "the null sender passes"
send -f 'j@x.test' -t 'jörg@y.test' >/dev/null
is "$(used 'recipient:jörg@y.test' box)" 1 "SMTPUTF8"
send -f 'j@x.test' -t '"a b"@y.test' >/dev/null
is "$(redis KEYS 'weir:{recipient:"a%20b"@y.test}*' | grep -c box)" 1 \
	"quotes that are needed stay"
printf 'Subject: x\n\nhello\n' |
	sendmail -C "$postfix_dir/etc" -f 'l%dest.test' 'm%dest.test'
# shellcheck disable=SC2016 # eval expands it
ok "mail of sendmail(1), too" wait_for 10 \
	eval '[ "$(used recipient:m@dest.test box)" = 1 ]'
postfix_settle

# what replay reads
is "$(postfix_log_count ' to=<(box|m)%dest.test>|from=<[sl]%dest.test>, size')" 0 \
	"the log of deliveries has the same addresses"
is "$(postfix_log_count ' to=<box%dest.test@other.test>.*status=sent')" 1 \
	"and that of another host as it was"
postfix_stop "$postfix_dir"
weir_stop a
is $? 0 "and it ends well"
done_testing
