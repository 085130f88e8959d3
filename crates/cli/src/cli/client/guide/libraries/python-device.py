def end_device(begun):
    """Ends it: asks until the user has answered."""
    interval = begun["interval"]
    while True:
        time.sleep(interval)
        try:
            return poll_device(begun)
        except {{ refused }} as error:
            if error.error == "slow_down":
                interval += 5
            elif error.error != "authorization_pending":
                raise
