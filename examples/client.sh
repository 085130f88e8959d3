#!/usr/bin/env bash
# A client for bash: gets tokens, refreshes the access token, and revokes both. It needs curl and openssl.
#
#   LATCHKEY_URL=… LATCHKEY_CLIENT_ID=… LATCHKEY_SECRET=… ./client.sh
#
# openssl takes the key as an argument, which other users of the machine can see while it runs.
set -euo pipefail

# Prints the Authorization header of a POST of this form to a URL without a query. Each request needs a new one.
authorization() {
  local body=$1 timestamp nonce body_hash signature
  timestamp=$(date +%s)
  nonce=$(openssl rand -hex 8)
  body_hash=$(printf '%s' "$body" | openssl dgst -sha256 -binary | openssl base64 -A)
  # www.oclc.org, 443 and /wskey are the same for every URL. The key is the text of the secret: do not decode it.
  signature=$(printf '%s\n' "$LATCHKEY_CLIENT_ID" "$timestamp" "$nonce" "$body_hash" POST www.oclc.org 443 /wskey |
    openssl dgst -sha256 -mac HMAC -macopt "key:$LATCHKEY_SECRET" -binary | openssl base64 -A)
  printf 'Authorization: http://www.worldcat.org/wskey/v2/hmac/v1 '
  printf 'clientId="%s", timestamp="%s", nonce="%s", ' "$LATCHKEY_CLIENT_ID" "$timestamp" "$nonce"
  printf 'signature="%s", bodyhash="%s"\n' "$signature" "$body_hash"
}

# post PATH FORM prints the answer. A form keeps tokens out of the URL, which servers and proxies write to their logs.
post() {
  local answer status
  answer=$(authorization "$2" | curl -sS -w '\n%{http_code}' -H @- -H 'Accept: application/json' \
    --data-binary @<(printf '%s' "$2") "$LATCHKEY_URL$1")
  status=${answer##*$'\n'} answer=${answer%$'\n'*}
  [ "$status" = 200 ] || { printf '%s %s\n' "$status" "$answer" >&2; return 1; }
  printf '%s' "$answer"
}

# member NAME prints a text of the answer on standard input. With jq: jq -r .NAME
member() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

ask='grant_type=client_credentials&scope=WMS_NCIP+refresh_token' # with this second scope comes a refresh token
tokens=$(post /oauth2/accessToken "$ask&authenticatingInstitutionId=128807&contextInstitutionId=128807")
echo "access token, good until $(member expires_at <<<"$tokens")"

# A refresh gives a new access token; the refresh token stays.
refresh_token=$(member refresh_token <<<"$tokens")
refreshed=$(post /oauth2/refreshToken "grant_type=refresh_token&refresh_token=$refresh_token")
echo "refreshed, good until $(member expires_at <<<"$refreshed")"

# This ends every token of the grant.
post /oauth2/revoke "token=$refresh_token" >/dev/null
echo revoked
