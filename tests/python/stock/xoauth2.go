// golang.org/x/oauth2: by tests/python/stock.py
package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

var (
	ctx   = context.Background()
	lines = bufio.NewScanner(os.Stdin)
	site  = os.Getenv("LATCHKEY_URL")
	id    = os.Getenv("CLIENT_ID")
)

func ask(line string) string {
	fmt.Println(line)
	lines.Scan()
	return lines.Text()
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// Without a style, it tries the header first, and then the form.
func own(secret string) error {
	config := clientcredentials.Config{
		ClientID: id, ClientSecret: secret, TokenURL: site + "/oauth2/accessToken", Scopes: []string{"WMS_NCIP"},
	}
	_, err := config.Token(ctx)
	return err
}

func refused(step, secret string) {
	var answered *oauth2.RetrieveError
	if err := own(secret); !errors.As(err, &answered) || answered.Response.StatusCode != 401 {
		panic(fmt.Sprint(step, ": ", err))
	}
	fmt.Println("ok " + step)
}

func main() {
	secret := os.Getenv("CLIENT_SECRET")
	must(own(secret))
	fmt.Println("ok client credentials")
	config := oauth2.Config{
		ClientID: id, ClientSecret: secret, RedirectURL: os.Getenv("REDIRECT_URI"),
		Scopes:   []string{"WMS_NCIP", "refresh_token"},
		Endpoint: oauth2.Endpoint{AuthURL: site + "/oauth2/authorizeCode", TokenURL: site + "/oauth2/accessToken"},
	}
	verifier := "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	hash := sha256.Sum256([]byte(verifier))
	challenge := base64.RawURLEncoding.EncodeToString(hash[:])
	back, err := url.Parse(ask("visit " + config.AuthCodeURL(
		"s", oauth2.SetAuthURLParam("code_challenge", challenge), oauth2.SetAuthURLParam("code_challenge_method", "S256"))))
	must(err)
	token, err := config.Exchange(ctx, back.Query().Get("code"), oauth2.SetAuthURLParam("code_verifier", verifier))
	must(err)
	fmt.Println("ok code with PKCE")
	for range []int{1, 2} {
		before := token.AccessToken
		token.Expiry = time.Now().Add(-time.Hour)
		token, err = config.TokenSource(ctx, token).Token()
		must(err)
		if token.AccessToken == before || !strings.HasPrefix(token.RefreshToken, "rt_") {
			panic("no new token")
		}
	}
	fmt.Println("ok refresh twice")
	refused("wrong secret", "another")
	ask("disable")
	refused("disabled client", secret)
}
