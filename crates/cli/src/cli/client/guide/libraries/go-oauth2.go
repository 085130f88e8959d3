package main

import (
{%- if guide.code %}
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
{%- endif %}
	"os"

	"golang.org/x/oauth2"
{%- if guide.own %}
	"golang.org/x/oauth2/clientcredentials"
{%- endif %}
)
{%- if guide.own %}

// own gets tokens on the client's own account, each until it ends. Its Client method is an http.Client that sends them.
func own() *clientcredentials.Config {
	return &clientcredentials.Config{
		ClientID:     "{{ guide.client_id }}",
		ClientSecret: os.Getenv("LATCHKEY_SECRET"),
		TokenURL:     "{{ guide.issuer }}/oauth2/accessToken",
		Scopes:       []string{ {%- for scope in guide.asked() %}{% if !loop.first %}, {% endif %}"{{ scope }}"{% endfor %}},
		AuthStyle:    oauth2.AuthStyleIn{% if guide.is_post() %}Params{% else %}Header{% endif %},
	}
}
{%- endif %}
{%- if guide.code %}

// client signs users in.
func client() *oauth2.Config {
	return &oauth2.Config{
		ClientID:     "{{ guide.client_id }}",
		ClientSecret: os.Getenv("LATCHKEY_SECRET"),
		RedirectURL:  "{{ guide.redirect_uri }}",
		Scopes:       []string{ {%- for scope in guide.asked_of_user() %}{% if !loop.first %}, {% endif %}"{{ scope }}"{% endfor %}},
		Endpoint: oauth2.Endpoint{
			AuthURL:   "{{ guide.issuer }}/oauth2/authorizeCode",
			TokenURL:  "{{ guide.issuer }}/oauth2/accessToken",
			AuthStyle: oauth2.AuthStyleIn{% if guide.is_post() %}Params{% else %}Header{% endif %},
		},
	}
}

func random() string {
	bytes := make([]byte, 32)
	if _, err := rand.Read(bytes); err != nil {
		panic(err)
	}
	return base64.RawURLEncoding.EncodeToString(bytes)
}

// begin begins a sign-in: redirect the user to the address, and keep verifier and state in the user's session.
func begin() (address, verifier, state string) {
	verifier, state = random(), random()
	hash := sha256.Sum256([]byte(verifier))
	challenge := base64.RawURLEncoding.EncodeToString(hash[:])
	address = client().AuthCodeURL(state, oauth2.SetAuthURLParam("code_challenge", challenge),
		oauth2.SetAuthURLParam("code_challenge_method", "S256"))
	return
}

// end ends it, with the code that came back. Compare the state that came back first.
func end(ctx context.Context, code, verifier string) (*oauth2.Token, error) {
	return client().Exchange(ctx, code, oauth2.SetAuthURLParam("code_verifier", verifier))
}
{%- if guide.refresh %}

// refreshed is a source of tokens that refreshes each when it ends.
func refreshed(ctx context.Context, token *oauth2.Token) oauth2.TokenSource {
	return client().TokenSource(ctx, token)
}
{%- endif %}
{%- endif %}
