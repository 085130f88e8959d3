# post PATH OPTION... authenticates a form and prints the answer.
post() {
  local path=$1
  shift
  curl --silent --show-error --fail-with-body \
{%- if guide.is_public() %}
    --data-urlencode 'client_id={{ guide.client_id }}' \
{%- else if guide.is_post() %}
    --data-urlencode 'client_id={{ guide.client_id }}' --data-urlencode "client_secret=$LATCHKEY_SECRET" \
{%- else %}
    --user '{{ guide.client_id }}:'"$LATCHKEY_SECRET" \
{%- endif %}
    "$@" '{{ guide.issuer }}'"$path"
}
{%- if guide.own %}

# Gets a token on the client's own account.
own() { post /oauth2/accessToken --data grant_type=client_credentials --data-urlencode 'scope={{ guide.scope() }}'; }
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
  post /oauth2/accessToken --data grant_type=authorization_code --data-urlencode "code=$1" \
    --data-urlencode "code_verifier=$2" --data-urlencode 'redirect_uri={{ guide.redirect_uri }}'
}
{%- endif %}
{%- if guide.device %}

# begin_device begins on a device without a browser. Show the user verification_uri and user_code of what it prints.
begin_device() { post /oauth2/device_authorization --data-urlencode 'scope={{ guide.user_scope() }}'; }

# end_device DEVICE_CODE INTERVAL ends it: asks until the user has answered.
end_device() {
  local interval=$2 answer
  while sleep "$interval"; do
    if answer=$(post /oauth2/accessToken --data grant_type=urn:ietf:params:oauth:grant-type:device_code \
      --data-urlencode "device_code=$1"); then
      printf '%s\n' "$answer"
      return
    fi
    case $answer in
      *'"slow_down"'*) interval=$((interval + 5)) ;;
      *'"authorization_pending"'*) ;;
      *) printf '%s\n' "$answer" && return 1 ;;
    esac
  done
}
{%- endif %}
{%- if guide.refresh %}

refresh() { post /oauth2/refreshToken --data grant_type=refresh_token --data-urlencode "refresh_token=$1"; }
{%- endif %}
{%- if guide.introspects %}

introspect() { post /oauth2/introspect --data-urlencode "token=$1"; }
{%- endif %}
{%- if guide.gets() %}

revoke() { post /oauth2/revoke --data-urlencode "token=$1"; }
{%- endif %}
