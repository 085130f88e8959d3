require "base64"
require "digest"
require "oauth2"
require "securerandom"

def client
  OAuth2::Client.new(
    '{{ guide.client_id }}',
    ENV.fetch("LATCHKEY_SECRET"),
    site: '{{ guide.issuer }}',
    authorize_url: "/oauth2/authorizeCode",
    token_url: "/oauth2/accessToken",
    auth_scheme: :{% if guide.is_post() %}request_body{% else %}basic_auth{% endif %}
  )
end
{%- if guide.own %}

# Gets a token on the client's own account.
def own = client.client_credentials.get_token(scope: '{{ guide.scope() }}')
{%- endif %}
{%- if guide.code %}

REDIRECT_URI = '{{ guide.redirect_uri }}'

# Begins a sign-in: redirect the user to the address, and keep the rest in the user's session.
def begin_sign_in
  verifier, state = SecureRandom.urlsafe_base64(32), SecureRandom.urlsafe_base64(16)
  challenge = Base64.urlsafe_encode64(Digest::SHA256.digest(verifier), padding: false)
  address = client.auth_code.authorize_url(
    redirect_uri: REDIRECT_URI, scope: '{{ guide.user_scope() }}', state: state,
    code_challenge: challenge, code_challenge_method: "S256"
  )
  [address, verifier, state]
end

# Ends it, with the code that came back. Compare the state that came back first.{% if guide.refresh %} `refresh!` of the result refreshes.{% endif %}
def end_sign_in(code, verifier)
  client.auth_code.get_token(code, redirect_uri: REDIRECT_URI, code_verifier: verifier)
end
{%- endif %}
