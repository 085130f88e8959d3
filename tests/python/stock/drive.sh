# Takes what `latchkey client guide` printed for curl through every step: bash drive.sh GUIDE, by tests/python/stock.py, which is a browser
# and an operator to it: a line out, a line in.
set -euo pipefail
. "$1"
has() { declare -F "$1" >/dev/null; }
number() { sed -n "s/.*\"$1\":\\([0-9]*\\).*/\\1/p"; }
member() { sed -n "s/.*\"$1\":\"\\([^\"]*\\)\".*/\\1/p"; }
# What a client without the right secret is answered.
attempt() { if has own; then own; else revoke tk_x; fi; }
is_refused() { ! attempt >"$answer" || exit 1; grep -q '"error":"invalid_client"' "$answer"; }
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
issuer=$(curl --silent --show-error --fail "$LATCHKEY_URL/.well-known/openid-configuration" | member issuer)
grep -qF "'$issuer'" "$1"
echo "ok discovery"
if has own; then
  own | grep -q '"access_token":"tk_'
  echo "ok client credentials"
fi
verifier=$(openssl rand -hex 32)
echo "visit $(begin "$verifier" a-state)"
read -r back
grep -q '[?&]state=a-state' <<<"$back"
tokens=$(end "$(sed 's/.*[?&]code=\([^&]*\).*/\1/' <<<"$back")" "$verifier")
access=$(member access_token <<<"$tokens") last=$access
echo "ok code with PKCE"
if has begin_device; then
  begun=$(begin_device)
  echo "allow $(member verification_uri <<<"$begun") $(member user_code <<<"$begun")"
  read -r _
  # The first answer is lost, and the second a gateway's.
  if [ -n "$AWAY" ]; then
    lost=$(mktemp -u)
    curl() {
      if [ ! -e "$lost" ]; then touch "$lost" && cat >/dev/null && return 7; fi
      if [ ! -e "$lost.busy" ]; then touch "$lost.busy" && cat >/dev/null && echo '{"message":"Too Many Requests"}' && return 22; fi
      command curl "$@"
    }
  fi
  # So it asks before the user has answered, and too often.
  end_device "$(member device_code <<<"$begun")" 1 "$(number expires_in <<<"$begun")" | grep -q '"access_token":"tk_'
  if [ -n "$AWAY" ]; then rm "$lost" "$lost.busy"; unset -f curl; fi
  echo "ok device grant"
fi
if has refresh; then
  last=$(member refresh_token <<<"$tokens")
  for _ in 1 2; do access=$(refresh "$last" | member access_token); done
  echo "ok refresh twice"
fi
if has introspect; then
  introspect "$access" | grep -q '"active":true'
  echo "ok introspection"
fi
revoke "$last" >/dev/null
! has introspect || [ "$(introspect "$access")" = '{"active":false}' ]
echo "ok revocation"
if [ -n "$LATCHKEY_SECRET" ]; then
  secret=$LATCHKEY_SECRET
  LATCHKEY_SECRET=another
  is_refused
  LATCHKEY_SECRET=$secret
  echo "ok wrong secret"
fi
echo disable
read -r _
is_refused
echo "ok disabled client"
