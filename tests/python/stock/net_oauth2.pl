# Net::OAuth2: by tests/python/stock.py
use strict;
use warnings;
use Digest::SHA qw(sha256);
use MIME::Base64 qw(encode_base64url);
use Net::OAuth2::Profile::WebServer;

$| = 1;
sub ok { print "ok $_[0]\n" }
sub ask { print "$_[0]\n"; my $line = <STDIN>; chomp $line; $line }
sub client {
    Net::OAuth2::Profile::WebServer->new(
        name => 'Latchkey', client_id => $ENV{CLIENT_ID}, client_secret => shift, site => $ENV{LATCHKEY_URL},
        authorize_path => '/oauth2/authorizeCode', access_token_path => '/oauth2/accessToken',
        refresh_token_path => '/oauth2/accessToken', scope => 'WMS_NCIP refresh_token',
        redirect_uri => $ENV{REDIRECT_URI}, secrets_in_params => $ENV{METHOD} eq 'client_secret_post' ? 1 : 0,
    );
}
my $verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
my $client = client($ENV{CLIENT_SECRET});
my $back = ask('visit ' . $client->authorize(
    code_challenge => encode_base64url(sha256($verifier)), code_challenge_method => 'S256', state => 's'));
my ($code) = $back =~ /[?&]code=([^&]+)/;
my $token = $client->get_access_token($code, code_verifier => $verifier);
die $token->error_description if $token->error;
ok('code with PKCE');
my $refresh = $token->refresh_token;
for (1 .. 2) {
    my $before = $token->access_token;
    $token->refresh;
    die 'the same token' if $token->access_token eq $before;
}
ok('refresh twice');
sub refused {
    my ($step, $secret) = @_;
    my $answer = eval { client($secret)->get_access_token('auth_x', code_verifier => $verifier) };
    my $error = $@ || $answer->error || '';
    die "$step: $error" unless $error =~ /invalid_client|401/;
    ok($step);
}
refused('wrong secret', 'another');
ask('disable');
refused('disabled client', $ENV{CLIENT_SECRET});
