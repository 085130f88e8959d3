// Takes what `latchkey client guide` printed for golang.org/x/oauth2 through every step: go run GUIDE drive.go, by
// tests/python/stock.py, which is a browser and an operator to it: a line out, a line in.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

var lines = bufio.NewScanner(os.Stdin)

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

func refused(step string) {
	var answered *oauth2.RetrieveError
	if _, err := own().Token(context.Background()); !errors.As(err, &answered) || answered.Response.StatusCode != 401 {
		panic(fmt.Sprint(step, ": ", err))
	}
	fmt.Println("ok " + step)
}

func main() {
	ctx := context.Background()
	_, err := own().Token(ctx)
	must(err)
	fmt.Println("ok client credentials")
	address, verifier, state := begin()
	back, err := url.Parse(ask("visit " + address))
	must(err)
	if back.Query().Get("state") != state {
		panic("another state")
	}
	token, err := end(ctx, back.Query().Get("code"), verifier)
	must(err)
	fmt.Println("ok code with PKCE")
	for range []int{1, 2} {
		before := token.AccessToken
		token.Expiry = time.Now().Add(-time.Hour)
		token, err = refreshed(ctx, token).Token()
		must(err)
		if token.AccessToken == before || !strings.HasPrefix(token.RefreshToken, "rt_") {
			panic("no new token")
		}
	}
	fmt.Println("ok refresh twice")
	secret := os.Getenv("LATCHKEY_SECRET")
	os.Setenv("LATCHKEY_SECRET", "another")
	refused("wrong secret")
	os.Setenv("LATCHKEY_SECRET", secret)
	ask("disable")
	refused("disabled client")
}
