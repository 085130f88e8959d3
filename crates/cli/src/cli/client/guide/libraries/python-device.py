# What may be otherwise the next time.
AGAIN = ("authorization_pending", "slow_down", "missing_token", "temporarily_unavailable", "server_error")


def end_device(begun):
    """Ends it: asks until the user has answered, or the code has expired."""
    interval, ends = begun["interval"], time.monotonic() + begun["expires_in"]
    while time.monotonic() < ends:
        time.sleep(interval)
        error = None
        try:
            tokens = poll_device(begun)
            if "access_token" in tokens:
                return tokens
        except RequestException:
            pass
        except {{ refused }} as answer:
            error = answer.error
            if error not in AGAIN:
                raise
        if error == "slow_down":
            interval += 5
        elif error != "authorization_pending":
            # While a server is away or busy, a device asks less often (RFC 8628 section 3.5).
            interval = max(interval, min(2 * interval, 60))
    raise TimeoutError("no tokens before the code expired")
