# Takes what `latchkey client guide` printed for Ruby's oauth2 through every step: ruby drive.rb GUIDE, by tests/python/stock.py, which
# is a browser and an operator to it: a line out, a line in.
require "uri"

$stdout.sync = true
load ARGV.shift
OAuth2.configure { |config| config.silence_extra_tokens_warning = true } if OAuth2.respond_to?(:configure)
def ok(step) = puts("ok #{step}")

def ask(line)
  puts line
  $stdin.gets.chomp
end

def refused(step)
  own
  abort "#{step}: it succeeded"
rescue OAuth2::Error => e
  raise unless e.response.status == 401
  ok step
end

raise "no end" unless own.expires_in == 1199
ok "client credentials"
address, verifier, state = begin_sign_in
back = URI.decode_www_form(URI(ask("visit #{address}")).query).to_h
raise "another state" unless back["state"] == state
token = end_sign_in(back["code"], verifier)
ok "code with PKCE"
second = token.refresh!.refresh!
raise "the same token" if second.token == token.token
ok "refresh twice"
secret = ENV["LATCHKEY_SECRET"]
ENV["LATCHKEY_SECRET"] = "another"
refused "wrong secret"
ENV["LATCHKEY_SECRET"] = secret
ask "disable"
refused "disabled client"
