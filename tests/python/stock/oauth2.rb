# Ruby's oauth2: by tests/python/stock.py
require "base64"
require "digest"
require "oauth2"

$stdout.sync = true
OAuth2.configure { |config| config.silence_extra_tokens_warning = true } if OAuth2.respond_to?(:configure)
def ok(step) = puts("ok #{step}")

def ask(line)
  puts line
  $stdin.gets.chomp
end

def client(secret)
  scheme = ENV["METHOD"] == "client_secret_post" ? :request_body : :basic_auth
  OAuth2::Client.new(
    ENV["CLIENT_ID"], secret,
    site: ENV["LATCHKEY_URL"], token_url: "/oauth2/accessToken", authorize_url: "/oauth2/authorizeCode", auth_scheme: scheme
  )
end

def own(secret) = client(secret).client_credentials.get_token(scope: "WMS_NCIP")

def refused(step, secret)
  own(secret)
  abort "#{step}: it succeeded"
rescue OAuth2::Error => e
  raise unless e.response.status == 401
  ok step
end

raise "no end" unless own(ENV["CLIENT_SECRET"]).expires_in == 1199
ok "client credentials"
verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
challenge = Base64.urlsafe_encode64(Digest::SHA256.digest(verifier), padding: false)
one = client(ENV["CLIENT_SECRET"])
back = ask("visit " + one.auth_code.authorize_url(
  redirect_uri: ENV["REDIRECT_URI"], scope: "WMS_NCIP refresh_token", state: "s",
  code_challenge: challenge, code_challenge_method: "S256"
))
code = back[/[?&]code=([^&]+)/, 1]
token = one.auth_code.get_token(code, redirect_uri: ENV["REDIRECT_URI"], code_verifier: verifier)
ok "code with PKCE"
second = token.refresh!.refresh!
raise "the same token" if second.token == token.token
ok "refresh twice"
refused "wrong secret", "another"
ask "disable"
refused "disabled client", ENV["CLIENT_SECRET"]
