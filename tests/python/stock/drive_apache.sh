# Takes what `latchkey client guide` printed for mod_oauth2, a guard of an API in Apache, through every step: bash drive_apache.sh GUIDE, by
# tests/python/stock.py.
set -euo pipefail
work=$(mktemp -d)
trap 'kill "${apaches[@]}" 2>/dev/null || true; wait; rm -rf "$work"' EXIT
apaches=()
guide=$1 me=$CLIENT_ID:$LATCHKEY_SECRET
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
# An API behind Apache, which introspects each token that a request brings, with this secret: its address in $api.
guarded() {
  local folder=$work/$1 port
  mkdir -p "$folder/www" && echo "loans" >"$folder/www/loans"
  port=$(free_port)
  api=http://127.0.0.1:$port/loans
  cat >"$folder/conf" <<CONF
ServerName 127.0.0.1
Listen 127.0.0.1:$port
PidFile $folder/pid
ErrorLog $folder/log
DocumentRoot $folder/www
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authn_core_module /usr/lib/apache2/modules/mod_authn_core.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule authz_user_module /usr/lib/apache2/modules/mod_authz_user.so
LoadModule oauth2_module /usr/lib/apache2/modules/mod_oauth2.so
User www-data
Group www-data
$(cat "$guide")
CONF
  chmod -R a+rX "$work"
  LATCHKEY_SECRET=$2 /usr/sbin/apache2 -X -f "$folder/conf" >"$folder/out" 2>&1 &
  apaches+=($!)
  for _ in $(seq 600); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && return
    sleep 0.1
  done
  cat "$folder/out" "$folder/log" >&2
  exit 1
}
token() {
  curl --silent --show-error --fail --user "$me" --data grant_type=client_credentials --data scope=WMS_NCIP \
    "$LATCHKEY_URL/token" | sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p'
}
# The status of the API's answer to a token.
status() { curl --silent --output /dev/null --write-out '%{http_code}' --header "Authorization: Bearer $1" "$api"; }
is() { [ "$1" = "$2" ] || { echo "$3: $1, and not $2" >&2; tail -n 20 "$work"/*/log >&2; exit 1; }; }

guarded right "$LATCHKEY_SECRET"
good=$(token) gone=$(token)
is "$(status "$good")" 200 "an active token, of an application and so of no user"
is "$(status tk_none)" 401 "no token"
echo "ok introspection"
curl --silent --fail --user "$me" --data token="$gone" "$LATCHKEY_URL/revoke" >/dev/null
is "$(status "$gone")" 401 "a revoked token"
echo "ok revocation"
fresh=$(token) last=$(token)
guarded wrong another
is "$(status "$fresh")" 401 "a wrong secret"
echo "ok wrong secret"
echo disable
read -r _
guarded again "$LATCHKEY_SECRET"
is "$(status "$last")" 401 "a disabled client"
echo "ok disabled client"
