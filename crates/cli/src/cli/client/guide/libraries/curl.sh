# option NAME VALUE prints a line of a configuration of curl.
option() {
  local value=${2//\\/\\\\}
  printf '%s = "%s"\n' "$1" "${value//\"/\\\"}"
}

# post PATH NAME=VALUE... authenticates a form and prints the answer. curl reads secrets and tokens from standard input: other
# users of the machine can see the arguments of a program.
post() {
  local path=$1 pair
  shift
  {
{%- if guide.is_public() %}
    option data-urlencode 'client_id={{ guide.client_id }}'
{%- else if guide.is_post() %}
    option data-urlencode 'client_id={{ guide.client_id }}'
    option data-urlencode "client_secret=$LATCHKEY_SECRET"
{%- else %}
    option user '{{ guide.client_id }}:'"$LATCHKEY_SECRET"
{%- endif %}
    for pair in "$@"; do option data-urlencode "$pair"; done
  } | curl --silent --show-error --fail-with-body --config - '{{ guide.issuer }}'"$path"
}
{%- if guide.own %}

# Gets a token on the client's own account.
own() { post /oauth2/accessToken grant_type=client_credentials 'scope={{ guide.scope() }}'; }
{%- endif %}
{%- if guide.code %}

# begin VERIFIER STATE prints the address that the user opens.
begin() {
  local challenge
  challenge=$(printf %s "$1" | openssl dgst -sha256 -binary | openssl base64 -A | tr '+/' '-_' | tr -d =)
  printf '%s&state=%s&code_challenge=%s&code_challenge_method=S256\n' \
    '{{ guide.issuer }}/oauth2/authorizeCode?{{ guide.begin() }}' "$2" "$challenge"
}

# end CODE VERIFIER redeems the code that came back. Compare the state that came back first.
end() {
  post /oauth2/accessToken grant_type=authorization_code "code=$1" "code_verifier=$2" \
    'redirect_uri={{ guide.redirect_uri }}'
}
{%- endif %}
{%- if guide.device %}

# begin_device begins on a device without a browser. Show the user verification_uri and user_code of what it prints.
begin_device() { post /oauth2/device_authorization 'scope={{ guide.user_scope() }}'; }

# end_device DEVICE_CODE INTERVAL EXPIRES_IN ends it: asks until the user has answered, or the code has expired.
end_device() {
  local interval=$2 ends=$((SECONDS + $3)) answer
  while [ "$SECONDS" -lt "$ends" ]; do
    sleep "$interval"
    if answer=$(post /oauth2/accessToken grant_type=urn:ietf:params:oauth:grant-type:device_code "device_code=$1"); then
      printf '%s\n' "$answer"
      return
    fi
    case $answer in
      *'"slow_down"'*) interval=$((interval + 5)) ;;
      *'"authorization_pending"'*) ;;
      *'"error":"'*)
        case $answer in
          *'"temporarily_unavailable"'* | *'"server_error"'*) interval=$(longer "$interval") ;;
          *) printf '%s\n' "$answer" && return 1 ;;
        esac
        ;;
      # No answer, or that of a gateway.
      *) interval=$(longer "$interval") ;;
    esac
  done
  echo "no tokens before the code expired" >&2
  return 1
}

# longer INTERVAL doubles it, up to a minute: while a server is away or busy, a device asks less often (RFC 8628 section 3.5).
longer() { echo $(($1 > 60 ? $1 : $1 > 30 ? 60 : $1 * 2)); }
{%- endif %}
{%- if guide.refresh %}

refresh() { post /oauth2/refreshToken grant_type=refresh_token "refresh_token=$1"; }
{%- endif %}
{%- if guide.introspects %}

introspect() { post /oauth2/introspect "token=$1"; }
{%- endif %}
{%- if guide.gets() %}

revoke() { post /oauth2/revoke "token=$1"; }
{%- endif %}
