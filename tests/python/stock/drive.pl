# Takes what `latchkey client guide` printed for Net::OAuth2 through every step: perl drive.pl GUIDE, by tests/python/stock.py, which is
# a browser and an operator to it: a line out, a line in.
use strict;
use warnings;

$| = 1;
our $client;
my ($file, $secret) = ($ARGV[0], $ENV{LATCHKEY_SECRET});
sub ok { print "ok $_[0]\n" }
sub ask { print "$_[0]\n"; my $line = <STDIN>; chomp $line; $line }
sub configured {
    ($ENV{LATCHKEY_SECRET}) = @_;
    no warnings 'redefine';
    do $file or die $@ || $!;
}
configured($secret);
my ($address, $verifier, $state) = begin();
my $back = ask("visit $address");
die 'another state' unless $back =~ /[?&]state=\Q$state\E(&|$)/;
my ($code) = $back =~ /[?&]code=([^&]+)/;
my $token = end($code, $verifier);
ok('code with PKCE');
for (1 .. 2) {
    my $before = $token->access_token;
    $token->refresh;
    die 'the same token' if $token->access_token eq $before;
}
ok('refresh twice');
sub refused {
    my ($step, $secret) = @_;
    configured($secret);
    my $done = eval { end('auth_x', $verifier); 1 };
    die "$step: $@" if $done or $@ !~ /invalid_client|401/;
    ok($step);
}
refused('wrong secret', 'another');
ask('disable');
refused('disabled client', $secret);
