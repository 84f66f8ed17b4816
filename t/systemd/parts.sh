# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# What is tried, part after part, on one machine. After mail.sh.

conf=$tree/etc/weir/weir.conf
max=40 # of own-sender, an hour

all_parts() {
	boots
	installs
	floods
	upgrades
	reloads
	is_killed
	hangs
	redis_stops
	alerts
	credentials
	reboots
	is_removed
	stands_alone
	machine_end poweroff
	is $? 130 "the machine ends"
}

files() {
	find "$tree" -xdev \( -path "$tree/var/lib/dpkg" -o \
		-path "$tree/var/lib/apt" -o -path "$tree/var/log" -o \
		-path "$tree/var/cache" -o -path "$tree/var/spool/postfix" -o \
		-path "$tree/var/lib/redis" -o -path "$tree/var/mail" -o \
		-path "$tree/var/tmp" -o -path "$tree/root" \) -prune -o \
		-printf '%P\n' | sort
}

is_active() {
	[ "$(machine systemctl is-active "$1")" = active ]
}

boots() {
	ok "systemd boots it" machine_boot "$cgroup"
	is "$(machine systemctl is-system-running)" running \
		"and all of its services are up"
	diag "$(machine systemctl --version | head -n 1)," \
		"Postfix $(machine postconf -h mail_version)"
	like "$(machine postconf -M smtp/inet)" '^smtp +inet +n +- +y ' \
		"smtpd is in a chroot, as Debian has it"
	send someone@example.com jake@localhost 1 before >"$work/out"
	is "$(accepted "$work/out")" 1 "it takes mail"
	ok "and delivers it" all_is_delivered
	files >"$work/files"
}

installs() {
	ok "the package can be installed" \
		quietly apt machine apt-get -q --no-install-recommends \
		install /root/weir-older.deb
	diag "$(grep -A 20 '^Setting up weir' "$work/apt")"
	for unit in weir-milter weir-redis; do
		ok "$unit runs" is_active $unit
		is "$(machine systemctl is-enabled $unit)" enabled "and is enabled"
	done
	is "$(machine systemctl is-active weir-keeper)" inactive \
		"weir-keeper waits for a configuration"
	is "$(machine postconf -h smtpd_milters)" "" \
		"Postfix is as it was"
	is "$(machine stat -c '%U:%G %a' /var/spool/postfix/weir)" \
		"weir:postfix 2750" "the directory of the socket is for Postfix"
	for unit in weir-milter weir-keeper weir-redis; do
		is "$(machine systemd-analyze verify --man=no \
			"/lib/systemd/system/$unit.service" 2>&1)" "" \
			"$unit: systemd finds no mistake in it"
		diag "$(machine systemd-analyze security --no-pager \
			$unit.service 2>&1 | tail -n 1)"
	done
	sed -i "/\"own-sender\"/ s/max = 100; per = \"1m\"/max = $max; per = \"1h\"/" \
		"$conf"
	ok "a new maximum is put in force" machine systemctl reload weir-milter
	attach
}

attach() {
	machine postconf milter_default_action=accept
	ok "weir-attach attaches it" quietly attach machine weir-attach postfix
	diag "$(cat "$work/attach")"
}

# A flood and people, through the chroot.
floods() {
	send script@example.com jake@localhost 60 flood >"$work/flood"
	is "$(accepted "$work/flood")" $max "a flood is stopped at its maximum"
	is "$(deferred "$work/flood")" 20 "the rest must come later"
	diag "$(grep ' 4' "$work/flood" | head -n 1)"
	send friend@example.com jake@localhost 20 lunch >"$work/lunch"
	is "$(accepted "$work/lunch")" 20 "the mail of others flows"
	ok "all of it is delivered" all_is_delivered
	is "$(letters jake flood-)" $max "as many of the flood as were accepted"
	is "$(letters jake lunch-)" 20 "and all letters"
	is "$(used sender:script@example.com own-sender)" $max \
		"the window has what was accepted"
	machine weirctl block sender:evil@example.com --for 2h --reason test \
		--by me >"$work/out"
	machine weirctl override sender:shop@example.com own-sender --max 45 \
		--reason test --by me >>"$work/out"
	diag "$(cat "$work/out")"
	send evil@example.com jake@localhost 1 evil >"$work/evil"
	like "$(cat "$work/evil")" 'evil-1 [A-Z-]+ 550 ' "a block is in force"
	orders_before=$(machine weirctl --json orders)
	like "$(machine weirctl incidents)" script@example.com \
		"the flood is an incident"
	diag "$(machine weirctl incidents)"
	in_the_journal
}

in_the_journal() {
	like "$(journal weir-milter -p info --facility=mail)" \
		"verdict=tempfail limit=own-sender subject=sender:script@example.com" \
		"verdicts are in the journal, with the facility mail"
	diag "warnings: $(journal weir-milter -p warning)"
	is "$(journal weir-milter -p err)" "" "there is no error"
	is "$(journal weir-redis -p warning)" "" "nor one of weir-redis"
}

upgrades() {
	local pid redis flood
	pid=$(machine systemctl show -P MainPID weir-milter)
	redis=$(machine systemctl show -P MainPID weir-redis)
	machine postconf milter_default_action=tempfail
	machine postfix reload 2>/dev/null
	people_start up
	flood_goes_on &
	flood=$!
	people_go_on 5
	ok "the upgrade succeeds in a flood" quietly apt machine apt-get -q \
		--no-install-recommends -o Dpkg::Options::=--force-confdef \
		-o Dpkg::Options::=--force-confold install /root/weir.deb
	diag "$(grep -i 'weir' "$work/apt" | tail -n 8)"
	people_go_on 5
	people_stop
	wait $flood
	ok "weir-milter runs" is_active weir-milter
	is "$(test "$(machine systemctl show -P MainPID weir-milter)" != "$pid" &&
		echo new)" new "as a new process"
	is "$(machine systemctl show -P MainPID weir-redis)" "$redis" \
		"its Redis was not touched"
	like "$(machine dpkg-query -W weir)" "$(dpkg-deb -f "$package" Version)" \
		"the new version is installed"
	ok "the changed weir.conf is kept" grep -q "max = $max; per = \"1h\"" "$conf"
	ok "all is delivered" all_is_delivered
	is "$(letters anna up-)" "$people_sent" "no letter is lost"
	ok "none came twice" once anna up-
	is "$(for i in $(seq 0 $(((people_sent - 1) / people_each))); do
		used "sender:up$i@example.com" own-sender
		echo
	done | awk '{ n += $1 } END { print n }')" "$people_sent" \
		"each was counted once"
	is "$(accepted "$work/endless")" $max \
		"the flood got its maximum, before and after together"
	is "$(machine weirctl --json orders | perl -pe 's/"(time|left_ms)": \d+/$1/g')" \
		"$(perl -pe 's/"(time|left_ms)": \d+/$1/g' <<<"$orders_before")" \
		"the orders are in force"
	send evil@example.com jake@localhost 1 evil >"$work/evil"
	like "$(cat "$work/evil")" 'evil-1 [A-Z-]+ 550 ' "and stop mail"
	is "$(machine weirctl --json incidents | perl -MJSON::PP -0777 -ne '
		print join " ", map { "$_->{number} $_->{state}" }
			grep { $_->{subject} =~ /script/ } @{decode_json($_)->{incidents}}')" \
		"1 open" "the incident is open"
	machine postconf milter_default_action=accept
	machine postfix reload 2>/dev/null
}
flood_goes_on() {
	while [ ! -e "$work/people.end" ]; do
		send endless@example.com jake@localhost 5 "endless$SECONDS"
		sleep 0.1
	done >"$work/endless"
}

reloads() {
	sed -i "/\"own-sender\"/ s/max = $max;/max = $((max + 20));/" "$conf"
	max=$((max + 20))
	ok "a reload with another maximum" machine systemctl reload weir-milter
	send script@example.com jake@localhost 30 more >"$work/more"
	is "$(accepted "$work/more")" 20 "lets as many more in"
	sed -i 's/^limits = (/limits = ( { nmae = "x"; },/' "$conf"
	machine systemctl reload weir-milter 2>/dev/null
	is $? 1 "a reload with an error in the file fails"
	like "$(journal weir-milter -p err)" 'weir.conf:[0-9]+: .*nmae' \
		"the journal says where the error is"
	ok "and weir-milter runs on" is_active weir-milter
	sed -i 's/^limits = ( { nmae = "x"; },/limits = (/' "$conf"
	ok "the next reload is good" machine systemctl reload weir-milter
}

is_killed() {
	local before action
	for action in accept tempfail; do
		machine postconf milter_default_action=$action
		machine postfix reload 2>/dev/null
		people_start "$action"
		people_go_on 5
		before=$(restarts weir-milter)
		machine systemctl kill --signal=KILL weir-milter
		ok "after kill -9 it comes back" machine_wait_for 20 \
			came_back weir-milter "$before"
		people_go_on 5
		people_stop
		ok "all is delivered" all_is_delivered
		is "$(letters anna "$action-")" "$people_sent" \
			"with $action no letter is lost"
		ok "and none came twice" once anna "$action-"
		diag "$people_sent letters"
	done
	machine postconf milter_default_action=accept
	machine postfix reload 2>/dev/null
}

# drop_in UNIT NAME LINES
drop_in() {
	mkdir -p "$tree/etc/systemd/system/$1.service.d"
	printf '[Service]\n%s\n' "$3" \
		>"$tree/etc/systemd/system/$1.service.d/$2.conf"
	machine systemctl daemon-reload
}

hangs() {
	local before
	is "$(machine systemctl show -P WatchdogUSec weir-milter)" 30s \
		"a watchdog looks at weir-milter"
	drop_in weir-milter watchdog $'WatchdogSec=3s\nTimeoutAbortSec=2s'
	machine systemctl restart weir-milter
	sleep 4
	ok "one that works stays" is_active weir-milter
	before=$(restarts weir-milter)
	is "$before" 0 "without a restart"
	machine systemctl kill --signal=STOP weir-milter
	send hang@example.com jake@localhost 1 hang >"$work/hang" &
	ok "one that hangs is killed and comes back" machine_wait_for 30 \
		came_back weir-milter "$before"
	wait $!
	is "$(accepted "$work/hang")" 1 "mail meanwhile is taken"
	like "$(journal weir-milter | grep -i watchdog)" 'Watchdog timeout' \
		"systemd says why"
	rm -r "$tree/etc/systemd/system/weir-milter.service.d"
	machine systemctl daemon-reload
	machine systemctl restart weir-milter
}

redis_stops() {
	ok "weir-redis is stopped" machine systemctl stop weir-redis
	send outage@example.com jake@localhost 30 outage >"$work/outage"
	is "$(accepted "$work/outage")" 30 "mail flows without Redis"
	send evil@example.com jake@localhost 1 evil >"$work/evil"
	like "$(cat "$work/evil")" 'evil-1 [A-Z-]+ 550 ' "blocks stay in force"
	ok "weir-redis is started" machine systemctl start weir-redis
	ok "what was let in meanwhile is counted" machine_wait_for 20 used_is \
		sender:outage@example.com own-sender 30
	send outage@example.com jake@localhost 40 outage >"$work/outage"
	is "$(accepted "$work/outage")" $((max - 30)) \
		"and the flood is stopped where it would have been"
	machine systemctl kill --signal=KILL weir-redis
	send outage@example.com jake@localhost 5 outage >"$work/outage"
	is "$(accepted "$work/outage")" 0 "also while a killed Redis is away"
	ok "which comes back by itself" machine_wait_for 20 \
		came_back weir-redis 0
	is "$(journal weir-milter -p warning | grep -c 'redis .*: down:')" 2 \
		"the log has both outages as warnings"
}

alerts() {
	local before
	cat >"$tree/usr/local/bin/told" <<'END'
#!/bin/sh
cat >/dev/null
echo "told $WEIR_ACT as $(id -un), groups $(id -Gn)"
touch /etc/told 2>&1 || exit 0
END
	chmod 755 "$tree/usr/local/bin/told"
	cat >>"$conf" <<'END'
keeper = { alerts = ( { name = "hook"; command = [ "/usr/local/bin/told" ]; } ); };
END
	ok "weir-keeper is started" quietly out machine \
		systemctl enable --now weir-keeper
	send crazy@example.com anna@localhost 100 crazy >"$work/crazy"
	ok "it calls the command of a channel" machine_wait_for 20 \
		is_told 'told opened as weir-keeper, groups weir-keeper weir'
	ok "which can write nowhere" is_told 'Read-only file system'
	diag "$(journal weir-keeper)"
	ok "it reloads" machine systemctl reload weir-keeper
	before=$(restarts weir-keeper)
	machine systemctl kill --signal=KILL weir-keeper
	ok "after kill -9 it comes back" machine_wait_for 20 \
		came_back weir-keeper "$before"
	drop_in weir-keeper watchdog $'WatchdogSec=3s\nTimeoutAbortSec=2s'
	machine systemctl restart weir-keeper
	machine systemctl kill --signal=STOP weir-keeper
	ok "when it hangs, too" machine_wait_for 30 came_back weir-keeper 0
	rm -r "$tree/etc/systemd/system/weir-keeper.service.d"
	machine systemctl daemon-reload
	machine systemctl restart weir-keeper
	is "$(journal weir-keeper -p err)" \
		"weir-keeper.service: Watchdog timeout (limit 3s)!" \
		"there is no other error"
}
is_told() {
	journal weir-keeper | grep -q "$1"
}

# The password of Redis, and a secret that only root can read.
credentials() {
	(umask 077 && echo 'a secret' >"$tree/etc/weir/redis.password")
	echo 'requirepass "a secret"' >>"$tree/etc/weir/redis.conf"
	sed -i 's|\(^redis .*redis.sock"\);|\1; password_file = "credential:redis";|' \
		"$conf"
	for unit in weir-milter weir-keeper; do
		drop_in $unit password LoadCredential=redis:/etc/weir/redis.password
	done
	machine systemctl restart weir-redis weir-milter weir-keeper
	send secret@example.com jake@localhost 3 secret >"$work/out"
	is "$(accepted "$work/out")" 3 "mail flows"
	like "$(ctl --json status)" '"alive": true' \
		"weirctl of root uses the credential of the service"
	like "$(ctl show sender:secret@example.com)" '3 of' \
		"what it logged in for is counted"
	for unit in weir-milter weir-keeper; do
		ok "$unit reloads with a credential" machine systemctl reload $unit
	done
}

# weirctl with the credential of the service.
ctl() {
	machine env CREDENTIALS_DIRECTORY=/run/credentials/weir-milter.service \
		weirctl "$@"
}

reboots() {
	local unit since
	since=$(date +%s)
	machine_end reboot
	is $? 129 "it ends for a reboot"
	ok "and boots again" machine_boot "$cgroup"
	is "$(machine systemctl is-system-running)" running "all services are up"
	is "$(machine journalctl --no-pager -b -1 -o cat --since "@$since" \
		-u weir-milter -u weir-keeper -u weir-redis |
		grep -iE 'timed out|SIGKILL|failed')" "" "they ended in good order"
	for unit in weir-redis weir-milter weir-keeper; do
		ok "$unit runs" is_active $unit
	done
	is "$(in_order weir-redis weir-milter "$(postfix_unit)")" \
		"weir-redis weir-milter $(postfix_unit)" \
		"Redis came before weir-milter, and that before Postfix"
	send secret@example.com jake@localhost "$max" secret >"$work/out"
	is "$(accepted "$work/out")" $((max - 3)) "the counters were kept"
	send evil@example.com jake@localhost 1 evil >"$work/evil"
	like "$(cat "$work/evil")" 'evil-1 [A-Z-]+ 550 ' "and the orders"
	# those that were killed have no end
	is "$(ctl journal verify | grep -E '^(whole|cut:|CHANGED|DIFFERS)')" \
		"cut: a file has no end, as after a crash" \
		"its journal is whole"
	ok "all is delivered" all_is_delivered
}
postfix_unit() {
	machine systemctl list-units --no-legend --plain 'postfix*.service' |
		awk '$4 == "running" { sub(/\.service$/, "", $1); print $1 }'
}
# The units in the order in which they became active.
in_order() {
	local unit
	for unit; do
		echo "$(machine systemctl show -P ActiveEnterTimestampMonotonic \
			"$unit") $unit"
	done | sort -n | awk '{ printf "%s%s", NR == 1 ? "" : " ", $2 }'
}

is_removed() {
	# what an administrator made
	rm -r "$tree/usr/local/bin/told" "$tree/etc/weir/redis.password" \
		"$tree"/etc/systemd/system/weir-*.service.d
	people_start last
	people_go_on 2
	ok "the package can be removed" quietly apt machine apt-get -q remove weir
	is "$(machine postconf -h smtpd_milters non_smtpd_milters)" "" \
		"it is detached"
	ok "its settings stay" test -e "$conf"
	is "$(machine sh -c 'pgrep -l weir')" "" "no process of it runs"
	ok "it can be purged" quietly apt machine apt-get -q purge weir
	diag "$(cat "$work/apt")"
	people_go_on 2
	people_stop
	ok "mail goes on" all_is_delivered
	is "$(letters anna last-)" "$people_sent" "and none is lost"
	machine apt-get -q autoremove --purge >"$work/apt" 2>&1
	files >"$work/files.after"
	comm -13 "$work/files" "$work/files.after" >"$tree/root/new"
	# shellcheck disable=SC2016 # of that shell
	is "$(machine sh -c 'while read -r file; do
		dpkg -S "/$file" >/dev/null 2>&1 || echo "$file"
	done </root/new')" "" "nothing is left of it"
	diag "accounts: $(grep -o '^weir[^:]*' "$tree/etc/passwd" | tr '\n' ' ')"
}

# Nothing of what weir works with is there, until it is installed.
stands_alone() {
	local since
	since=@$(date +%s)
	machine apt-get -q purge postfix redis-server redis-tools >"$work/apt" 2>&1
	ok "the package can be installed alone" quietly apt machine apt-get -q \
		--no-install-recommends install /root/weir.deb
	sleep 5
	for unit in weir-redis weir-milter; do
		is "$(machine systemctl is-active $unit)" inactive "$unit is skipped"
		ok "it is tried once" test \
			"$(journal $unit --since "$since" | grep -c Starting)" -le 1
		like "$(machine systemctl status $unit --no-pager)" \
			"(no trigger condition checks were met|there is no Postfix)" "and says why"
	done
	# Debian 12's Postfix fails when it is purged
	is "$(machine systemctl --failed --no-legend --plain 'weir-*')" "" \
		"none of them has failed"
	ok "Postfix and Redis are installed later" quietly apt machine apt-get -q \
		--no-install-recommends install postfix redis-server
	for unit in weir-redis weir-milter; do
		ok "$unit runs then" machine_wait_for 20 is_active $unit
	done
	ok "weir can be attached" quietly attach machine weir-attach postfix
}
