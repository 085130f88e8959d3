use strict;
use warnings;
use Digest::SHA qw(sha256);
use MIME::Base64 qw(encode_base64url);
use Net::OAuth2::Profile::WebServer;

our $client = Net::OAuth2::Profile::WebServer->new(
    client_id => '{{ guide.client_id }}',
    client_secret => $ENV{LATCHKEY_SECRET},
    site => '{{ guide.issuer }}',
    authorize_path => '/oauth2/authorizeCode',
    access_token_path => '/oauth2/accessToken',
{%- if guide.refresh %}
    refresh_token_path => '/oauth2/accessToken',
{%- endif %}
    redirect_uri => '{{ guide.redirect_uri }}',
    scope => '{{ guide.user_scope() }}',
    secrets_in_params => {% if guide.is_post() %}1{% else %}0{% endif %},
);

sub random {
    open my $source, '<:raw', '/dev/urandom' or die $!;
    read $source, my $bytes, 32;
    return encode_base64url($bytes);
}

# Begins a sign-in: redirect the user to the address, and keep verifier and state in the user's session.
sub begin {
    my ($verifier, $state) = (random(), random());
    my $address = $client->authorize(
        code_challenge => encode_base64url(sha256($verifier)), code_challenge_method => 'S256', state => $state);
    return ($address, $verifier, $state);
}

# Ends it, with the code that came back. Compare the state that came back first.{% if guide.refresh %} The result's method refresh refreshes.{% endif %}
sub end {
    my ($code, $verifier) = @_;
    my $token = $client->get_access_token($code, code_verifier => $verifier);
    die $token->error . "\n" if $token->error;
    return $token;
}

1;
