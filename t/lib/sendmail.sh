# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# shellcheck disable=SC2034 # sendmail_why is for the tests
# A private Sendmail: Debian's, unpacked and not installed (t/sendmail/fetch),
# with its own configuration, queues and log in the work directory of
# servers.sh, and ports on loopback. What it delivers is added to one file. It
# runs as whoever runs the test. Its mail filter is the README's.

sendmail_tree=${SENDMAIL_TREE:-build/sendmail}
sendmail_source=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
sendmail_why=

# Else sendmail_why says why not.
sendmail_is_possible() {
	sendmail_why=$("$sendmail_source/t/sendmail/fetch" "$sendmail_tree" 2>&1) ||
		return 1
	sendmail_tree=$(cd "$sendmail_tree" && pwd)
	sendmail_root=$sendmail_tree/root
	sendmail_host=$(cd "$BUILD" && pwd)/t/sendmail/host.so
	sendmail_libraries=$(find "$sendmail_root/usr/lib" -maxdepth 1 -type d \
		-name '*-linux-gnu*')
	sendmail_program=$sendmail_root/usr/libexec/sendmail/sendmail
	[ -x "$sendmail_program" ] ||
		sendmail_program=$sendmail_root/usr/lib/sm.bin/sendmail
	if sendmail_version=$(printf '' | env \
		LD_LIBRARY_PATH="$sendmail_libraries" LD_PRELOAD="$sendmail_host" \
		"$sendmail_program" \
		-C /dev/null -d0.1 -bt 2>/dev/null | sed -n '1s/^Version //p') &&
		[ -n "$sendmail_version" ]; then
		return 0
	fi
	sendmail_why="the unpacked Sendmail does not run here"
	return 1
}

# sendmail_words FILE: what this page of ours says for sendmail.mc, in one line
sendmail_words() {
	awk '/^INPUT_MAIL_FILTER/ { on = 1 } on { print } /\)dnl$/ { on = 0 }' \
		"$sendmail_source/$1" | tr -s ' \n' ' '
}

# sendmail_filter SOCKET [F=... or "" for none]: the lines of the README for it
sendmail_filter() {
	local flag=${2-F=T}
	sendmail_words README.md |
		sed "s|unix:/run/weir/milter.sock|$1|; s|F=T, |${flag:+$flag, }|"
}

# sendmail_start NAME FILTER [lines of sendmail.mc...]: FILTER is that of
# sendmail_filter, or empty. Sets NAME's directory in sendmail_dir, its port of
# 127.0.0.1 and ::1 in sendmail_port, that for clients with a login in
# sendmail_login_port. Mail for wait.test stays in the queue until a queue run.
sendmail_start() {
	sendmail_dir=$work/sendmail-$1
	local filter=$2
	shift 2
	sendmail_port=$(free_port)
	sendmail_login_port=$(free_port)
	mkdir -m 755 "$sendmail_dir" "$sendmail_dir"/{mqueue,client,tools,sasl}
	chmod 700 "$sendmail_dir"/{mqueue,client}
	[ -z "$test_user" ] || chown "$test_user" "$sendmail_dir/client"
	: >"$sendmail_dir/log"
	chmod 666 "$sendmail_dir/log" # sendmail(1) does not run as root
	: >"$sendmail_dir/inbox"
	echo "hosts files" >"$sendmail_dir/switch"
	sendmail_logins
	sendmail_mc "$filter" "$@" | sendmail_m4 sendmail &&
		sendmail_submit_mc | sendmail_m4 submit || return 1
	sendmail_tools
	sendmail_run
}

# Starts it, or starts it again.
sendmail_run() {
	# a session of its own: all that it forks ends with it
	setsid "$sendmail_dir/tools/sendmail" -L sm-mta -bD \
		>"$sendmail_dir/out" 2>&1 &
	echo $! >"$sendmail_dir/pid"
	wait_for 20 smtp_answers "$sendmail_port" || {
		sed 's/^/# /' "$sendmail_dir"/{out,log}
		return 1
	}
}

sendmail_stop() {
	local pid
	if read -r pid <"$1/pid"; then
		kill -TERM "$pid" && wait "$pid"
		kill -TERM -- "-$pid"
		wait_for 5 eval "! kill -0 -- -$pid" || kill -KILL -- "-$pid"
	fi 2>/dev/null
	rm -f "$1/pid"
}

# jake and ann, with the password "secret"
sendmail_logins() {
	local login plugins=$sendmail_libraries/sasl2
	cat >"$sendmail_dir/sasl/Sendmail.conf" <<-EOF
	pwcheck_method: auxprop
	auxprop_plugin: sasldb
	sasldb_path: $sendmail_dir/sasl/logins
	mech_list: PLAIN LOGIN
	EOF
	cp "$sendmail_dir/sasl/Sendmail.conf" "$sendmail_dir/sasl/saslpasswd.conf"
	for login in jake ann; do
		echo secret | env \
			LD_LIBRARY_PATH="$sendmail_libraries" \
			SASL_PATH="$plugins" SASL_CONF_PATH="$sendmail_dir/sasl" \
			"$sendmail_root/usr/sbin/saslpasswd2" -p -c \
			-f "$sendmail_dir/sasl/logins" -u mail.gateway.test "$login"
	done
	chmod 600 "$sendmail_dir/sasl/logins"
}

# sendmail_m4 NAME: standard input, a .mc, becomes NAME.cf. m4 warns of the open
# relay, which this is.
sendmail_m4() {
	local cf=$sendmail_root/usr/share/sendmail/cf/
	{
		echo 'divert(0)dnl'
		cat
	} >"$sendmail_dir/$1.mc"
	env LD_LIBRARY_PATH="$sendmail_libraries" \
		"$sendmail_root/usr/bin/m4" -D_CF_DIR_="$cf" "${cf}m4/cf.m4" \
		"$sendmail_dir/$1.mc" >"$sendmail_dir/$1.cf" 2>"$sendmail_dir/out"
}

# sendmail_mc_common USER: what a private one needs: its own places, no DNS, no rights of others.
sendmail_mc_common() {
	cat <<-EOF
	OSTYPE(\`linux')dnl
	define(\`confDOMAIN_NAME', \`mail.gateway.test')dnl
	define(\`confDONT_PROBE_INTERFACES', \`True')dnl
	define(\`confRUN_AS_USER', \`$1')dnl
	define(\`confTRUSTED_USER', \`$1')dnl
	define(\`confDEF_USER_ID', \`$(id -u):$(id -g)')dnl
	define(\`confDONT_BLAME_SENDMAIL', \`TrustStickyBit,GroupReadableSASLDBFile')dnl
	define(\`confSERVICE_SWITCH_FILE', \`$sendmail_dir/switch')dnl
	define(\`confREFUSE_LA', \`1000')dnl
	define(\`confQUEUE_LA', \`1000')dnl
	define(\`confDELAY_LA', \`1000')dnl
	define(\`confTO_IDENT', \`0')dnl
	define(\`confCR_FILE', \`-o /nowhere')dnl
	define(\`confCW_FILE', \`-o /nowhere')dnl
	define(\`confCT_FILE', \`-o /nowhere')dnl
	define(\`STATUS_FILE', \`')dnl
	define(\`HELP_FILE', \`')dnl
	define(\`ALIAS_FILE', \`')dnl
	FEATURE(\`nocanonify')dnl
	FEATURE(\`accept_unresolvable_domains')dnl
	FEATURE(\`accept_unqualified_senders')dnl
	EOF
}

sendmail_mc() {
	local filter=$1
	shift
	sendmail_mc_common "$(id -un)"
	cat <<-EOF
	define(\`QUEUE_DIR', \`$sendmail_dir/mqueue')dnl
	define(\`confPID_FILE', \`$sendmail_dir/sendmail.pid')dnl
	define(\`confPRIVACY_FLAGS', \`')dnl
	define(\`confBAD_RCPT_THROTTLE', \`0')dnl
	define(\`confCON_EXPENSIVE', \`True')dnl
	define(\`confAUTH_MECHANISMS', \`PLAIN LOGIN')dnl
	TRUST_AUTH_MECH(\`PLAIN LOGIN')dnl
	FEATURE(\`promiscuous_relay')dnl
	FEATURE(\`no_default_msa')dnl
	DAEMON_OPTIONS(\`Name=MTA, Family=inet, Addr=127.0.0.1, Port=$sendmail_port')dnl
	DAEMON_OPTIONS(\`Name=SIX, Family=inet6, Addr=::1, Port=$sendmail_port, M=O')dnl
	DAEMON_OPTIONS(\`Name=MSA, Family=inet, Addr=127.0.0.1, Port=$sendmail_login_port, M=a')dnl
	$filter
	EOF
	printf '%s\n' "$@"
	cat <<-EOF
	MAILER(\`local')dnl
	MAILER(\`smtp')dnl
	LOCAL_CONFIG
	ESASL_CONF_PATH=$sendmail_dir/sasl
	ESASL_PATH=$sendmail_libraries/sasl2
	MAILER_DEFINITIONS
	$(sendmail_mailer inbox '')
	$(sendmail_mailer later e)
	LOCAL_RULE_0
	R\$* < @ wait.test . > \$*	\$#later \$: \$1 < @ wait.test . > \$2
	R\$* < @ \$+ > \$*		\$#inbox \$: \$1 < @ \$2 > \$3
	EOF
}

# Without \$u in the last line it would speak SMTP with the program.
sendmail_mailer() {
	printf 'M%s, P=/bin/sh, F=lsDFMoun9%s, S=EnvFromL/HdrFromL, R=EnvToL/HdrToL, ' \
		"$1" "$2"
	# shellcheck disable=SC2016 # that is Sendmail's
	printf 'T=DNS/RFC822/X-Unix, A=sh -c cat>>%s $u\n' "$sendmail_dir/inbox"
}

# sendmail(1): its queue, and that it hands mail on to the daemon; it refuses to
# run as root
sendmail_submit_mc() {
	sendmail_mc_common "${test_user:-$(id -un)}"
	cat <<-EOF
	define(\`MSP_QUEUE_DIR', \`$sendmail_dir/client')dnl
	define(\`confPID_FILE', \`$sendmail_dir/client.pid')dnl
	define(\`RELAY_MAILER_ARGS', \`TCP \$h $sendmail_port')dnl
	define(\`confTIME_ZONE', \`USE_TZ')dnl
	FEATURE(\`msp', \`[127.0.0.1]')dnl
	EOF
}

# The programs that weirctl --tools calls.
sendmail_tools() {
	cat >"$sendmail_dir/tools/sendmail" <<-EOF
	#!/bin/sh
	conf=$sendmail_dir/sendmail.cf
	for word; do
		case \$word in
		-Ac | -t) conf=$sendmail_dir/submit.cf ;;
		esac
	done
	export WEIR_SENDMAIL_LOG=$sendmail_dir/log
	export LD_LIBRARY_PATH=$sendmail_libraries LD_PRELOAD=$sendmail_host
	exec $sendmail_program -C "\$conf" "\$@"
	EOF
	cat >"$sendmail_dir/tools/qtool.pl" <<-EOF
	#!/bin/sh
	exec perl $sendmail_root/usr/share/sendmail/qtool.pl -C $sendmail_dir/sendmail.cf "\$@"
	EOF
	chmod 755 "$sendmail_dir"/tools/*
}

# How many lines of its log match (grep -E).
sendmail_log_count() {
	grep -cE "$1" "$sendmail_dir/log"
}

# Waits until what it has taken is delivered.
sendmail_settle() {
	wait_for 60 sendmail_queue_is_empty
}
sendmail_queue_is_empty() {
	[ -z "$(find "$sendmail_dir"/{mqueue,client} -name 'qf*' -print -quit)" ]
}
