# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# A private Postfix: its own configuration, queue and log in the work
# directory of servers.sh, one SMTP port on 127.0.0.1, every message that it
# takes is thrown away (the log says so). Needs root, as Postfix does.

postfix_is_possible() {
	[ "$(id -u)" -eq 0 ] && command -v postfix smtp-source >/dev/null
}

# postfix_start NAME MILTER [main.cf lines...]: MILTER as Postfix writes it
# ("unix:/path", "inet:127.0.0.1:8891", or "" for none). Sets NAME's
# directory in postfix_dir and its port in postfix_port.
postfix_start() {
	local name=$1 milter=$2
	shift 2
	postfix_dir=$work/postfix-$name
	postfix_port=$(free_port)
	postfix_directories
	{
		read -r postfix_commands
		read -r postfix_daemons
		read -r postfix_libraries
	} < <(postconf -dh command_directory daemon_directory shlib_directory)
	postfix_main_cf "$milter" "$@" >"$postfix_dir/etc/main.cf"
	postfix_master_cf >"$postfix_dir/etc/master.cf"
	: >"$postfix_dir/etc/dynamicmaps.cf"
	MAIL_CONFIG="$postfix_dir/etc" "$postfix_daemons/master" -w >"$postfix_dir/log/start" 2>&1 || {
		sed 's/^/# /' "$postfix_dir/log/start"
		return 1
	}
	wait_for 20 smtp_answers "$postfix_port"
}

# What `postfix start` makes, by the same owners, without its hundred programs.
postfix_directories() {
	local queue=$postfix_dir/queue
	mkdir -p "$postfix_dir"/{etc,log} "$queue/pid"
	install -d -o postfix -m 700 "$postfix_dir/data" "$queue"/{active,bounce} \
		"$queue"/{corrupt,defer,deferred,flush,hold,incoming} \
		"$queue"/{private,saved,trace}
	install -d -o postfix -g postdrop -m 730 "$queue/maildrop"
	install -d -o postfix -g postdrop -m 710 "$queue/public"
}

postfix_stop() {
	local pid
	if read -r pid <"$1/queue/pid/master.pid"; then
		kill -TERM "$pid" && wait_for 10 eval "! kill -0 $pid"
	fi 2>/dev/null
	rm -rf "$1"
}

postfix_main_cf() {
	local milter=$1
	shift
	cat <<-EOF
	compatibility_level = 3.6
	queue_directory = $postfix_dir/queue
	data_directory = $postfix_dir/data
	command_directory = $postfix_commands
	daemon_directory = $postfix_daemons
	shlib_directory = $postfix_libraries
	mail_owner = postfix
	setgid_group = postdrop
	maillog_file = $postfix_dir/log/maillog
	maillog_file_prefixes = $postfix_dir/log
	myhostname = gateway.test
	mydestination =
	alias_maps =
	local_recipient_maps =
	inet_interfaces = 127.0.0.1
	inet_protocols = all
	mynetworks = 0.0.0.0/0, [::]/0
	default_transport = discard:thrown away
	relay_transport = discard:thrown away
	local_transport = discard:thrown away
	transport_maps =
	smtpd_relay_restrictions = permit_mynetworks, reject
	smtpd_authorized_xclient_hosts = 127.0.0.0/8
	smtpd_error_sleep_time = 0
	smtpd_soft_error_limit = 1000000
	smtpd_hard_error_limit = 1000000
	smtpd_junk_command_limit = 1000000
	smtpd_recipient_limit = 20000
	smtpd_client_connection_count_limit = 0
	smtpd_peername_lookup = no
	default_process_limit = 100
	in_flow_delay = 0
	message_size_limit = 20480000
	smtp_dns_support_level = disabled
	smtpd_milters = $milter
	milter_default_action = tempfail
	EOF
	printf '%s\n' "$@"
}

postfix_master_cf() {
	cat <<-EOF
	127.0.0.1:$postfix_port inet n - n - 200 smtpd
	pickup    unix  n - n 60   1 pickup
	cleanup   unix  n - n -    0 cleanup
	qmgr      unix  n - n 300  1 qmgr
	rewrite   unix  - - n -    - trivial-rewrite
	bounce    unix  - - n -    0 bounce
	defer     unix  - - n -    0 bounce
	trace     unix  - - n -    0 bounce
	verify    unix  - - n -    1 verify
	flush     unix  n - n 1000? 0 flush
	proxymap  unix  - - n -    - proxymap
	showq     unix  n - n -    - showq
	error     unix  - - n -    - error
	retry     unix  - - n -    - error
	discard   unix  - - n -    - discard
	anvil     unix  - - n -    1 anvil
	postlog   unix-dgram n - n - 1 postlogd
	EOF
}

# How many lines of Postfix's log match (grep -E).
postfix_log_count() {
	grep -cE "$1" "$postfix_dir/log/maillog"
}

# Waits until every message that was taken has been thrown away.
postfix_settle() {
	wait_for 60 postfix_queue_is_empty
}

postfix_queue_is_empty() {
	[ -z "$(find "$postfix_dir"/queue/{maildrop,incoming,active,deferred} \
		-type f -print -quit)" ]
}
