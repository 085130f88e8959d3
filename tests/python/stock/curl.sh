# curl: by tests/python/stock.py
set -euo pipefail
me=$CLIENT_ID:$CLIENT_SECRET
member() { sed -n "s/.*\"$1\":\"\\([^\"]*\\)\".*/\\1/p"; }
post() { curl --silent --show-error --fail-with-body --user "$me" "$@"; }
is_401() { [ "$(curl --silent --output /dev/null --write-out '%{http_code}' --user "$1" --data grant_type=client_credentials --data scope=WMS_NCIP "$token")" = 401 ]; }
document=$(curl --silent --show-error --fail "$LATCHKEY_URL/.well-known/openid-configuration")
token=$(member token_endpoint <<<"$document")
echo "ok discovery"
post --data grant_type=client_credentials --data scope=WMS_NCIP "$token" | grep -q '"access_token":"tk_'
echo "ok client credentials"
verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM
# An alias of the pages, and no redirect_uri: the client has only one.
echo "visit $LATCHKEY_URL/authorize?client_id=$CLIENT_ID&response_type=code&scope=WMS_NCIP%20refresh_token&code_challenge=$challenge&code_challenge_method=S256"
read -r back
code=$(sed 's/.*[?&]code=\([^&]*\).*/\1/' <<<"$back")
tokens=$(post --data grant_type=authorization_code --data code="$code" --data code_verifier=$verifier "$LATCHKEY_URL/token")
echo "ok code with PKCE"
refresh=$(member refresh_token <<<"$tokens")
for _ in 1 2; do access=$(post --data grant_type=refresh_token --data refresh_token="$refresh" "$LATCHKEY_URL/token" | member access_token); done
echo "ok refresh twice"
post --data token="$access" "$LATCHKEY_URL/introspect" | grep -q '"active":true'
echo "ok introspection"
post --data token="$refresh" "$LATCHKEY_URL/revoke" >/dev/null
[ "$(post --data token="$access" "$LATCHKEY_URL/introspect")" = '{"active":false}' ]
echo "ok revocation"
is_401 "$CLIENT_ID:another"
echo "ok wrong secret"
echo disable
read -r _
is_401 "$me"
echo "ok disabled client"
