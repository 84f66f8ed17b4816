# SPDX-License-Identifier: ISC
# A headless Chromium for tests, spoken to over two pipes (the DevTools
# protocol, JSON messages that end in NUL). What a page's Content-Security-Policy
# forbids its scripts, it does not forbid this.
package Browser;
use strict;
use warnings;
use Fcntl qw(F_DUPFD);
use File::Temp qw(tempdir);
use JSON::PP;
use POSIX ();
use Time::HiRes qw(sleep time);

# The program, or undef where there is none.
sub program {
	for my $directory (split /:/, $ENV{PATH}) {
		for my $name (qw(chromium chromium-browser google-chrome)) {
			return "$directory/$name" if -x "$directory/$name";
		}
	}
	return undef;
}

sub new {
	my ($class) = @_;
	pipe(my $their_in, my $our_out)  or die "pipe: $!\n";
	pipe(my $our_in,   my $their_out) or die "pipe: $!\n";
	my $profile = tempdir(CLEANUP => 1);
	my $pid = fork // die "fork: $!\n";
	if (!$pid) {
		setpgrp;
		my @high = map { fcntl($_, F_DUPFD, 10) } $their_in,
		    $their_out;
		POSIX::dup2($high[0], 3);
		POSIX::dup2($high[1], 4);
		open STDERR, '>', '/dev/null';
		{ exec program(), '--headless', '--no-sandbox', '--disable-gpu',
		    '--hide-scrollbars', '--remote-debugging-pipe',
		    "--user-data-dir=$profile", 'about:blank' }
		POSIX::_exit(127);
	}
	$our_out->autoflush(1);
	my $self = bless {
		pid => $pid, in => $our_in, out => $our_out, next => 1,
		buffer => '', events => [], profile => $profile,
	}, $class;
	my $target = $self->call('Target.createTarget', url => 'about:blank');
	$self->{session} = $self->call('Target.attachToTarget',
		targetId => $target->{targetId}, flatten => JSON::PP::true)
	    ->{sessionId};
	$self->call("$_.enable") for qw(Page Runtime Log);
	return $self;
}

sub take {
	my ($self) = @_;
	my $end;
	while (($end = index $self->{buffer}, "\0") < 0) {
		sysread $self->{in}, my $more, 65536 or die "browser is gone\n";
		$self->{buffer} .= $more;
	}
	my $message = substr $self->{buffer}, 0, $end + 1, '';
	chop $message;
	return decode_json($message);
}

# One command and its result; events that come meanwhile are kept.
sub call {
	my ($self, $method, %params) = @_;
	my $id = $self->{next}++;
	my %message = (id => $id, method => $method, params => \%params);
	$message{sessionId} = $self->{session} if $self->{session};
	print { $self->{out} } encode_json(\%message), "\0";
	while (1) {
		my $answer = $self->take;
		if (($answer->{id} // 0) != $id) {
			push @{ $self->{events} }, $answer;
			next;
		}
		die "$method: $answer->{error}{message}\n" if $answer->{error};
		return $answer->{result};
	}
}

# The value of a JavaScript expression in the page.
sub js {
	my ($self, $expression) = @_;
	my $result = $self->call('Runtime.evaluate', expression => $expression,
		returnByValue => JSON::PP::true, awaitPromise => JSON::PP::true);
	die "js: $result->{exceptionDetails}{exception}{description}\n"
	    if $result->{exceptionDetails};
	return $result->{result}{value};
}

# Seconds until the expression is true, or undef after so many.
sub wait_for {
	my ($self, $seconds, $expression) = @_;
	my $began = time;
	while (time - $began < $seconds) {
		my $is_true = eval { $self->js($expression) };
		return time - $began if $is_true;
		sleep 0.05;
	}
	return undef;
}

sub open_page {
	my ($self, $url) = @_;
	$self->call('Page.navigate', url => $url);
	$self->wait_for(20, 'document.readyState === "complete" && '
		    . 'location.href !== "about:blank"');
}

# What the browser complained of: violations of a policy, errors of scripts.
sub complaints {
	my ($self) = @_;
	my @found;
	for my $event (@{ $self->{events} }) {
		my $params = $event->{params};
		push @found, $params->{entry}{text}
		    if ($event->{method} // '') eq 'Log.entryAdded'
		    && $params->{entry}{source} =~ /security|violation|javascript/;
		push @found, $params->{exceptionDetails}{text}
		    if ($event->{method} // '') eq 'Runtime.exceptionThrown';
	}
	return @found;
}

sub key {
	my ($self, $key) = @_;
	$self->call('Input.dispatchKeyEvent', type => $_, key => $key,
		code => $key, windowsVirtualKeyCode => $key eq 'Tab' ? 9 : 13)
	    for qw(keyDown keyUp);
}

sub screenshot {
	my ($self, $path) = @_;
	require MIME::Base64;
	my $data = $self->call('Page.captureScreenshot',
		captureBeyondViewport => JSON::PP::true)->{data};
	open my $out, '>:raw', $path or die "$path: $!\n";
	print $out MIME::Base64::decode_base64($data);
	close $out;
}

sub size {
	my ($self, $width, $height) = @_;
	$self->call('Emulation.setDeviceMetricsOverride', width => $width,
		height => $height, deviceScaleFactor => 1,
		mobile => JSON::PP::false);
}

sub scheme {
	my ($self, $scheme) = @_;
	$self->call('Emulation.setEmulatedMedia',
		features => [{ name => 'prefers-color-scheme',
				value => $scheme }]);
}

sub scripts {
	my ($self, $is_on) = @_;
	$self->call('Emulation.setScriptExecutionDisabled',
		value => $is_on ? JSON::PP::false : JSON::PP::true);
}

sub DESTROY {
	my ($self) = @_;
	local $?;
	kill KILL => -$self->{pid};
	waitpid $self->{pid}, 0;
}

1;
