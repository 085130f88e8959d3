# What the pages say, in English. A third language is a file beside this one and a line in `text.rs`.

problem = Problem
username = Username
password = Password
sign-in = Sign in
cancel = Cancel
sign-in-title = Sign in
sign-in-why = { $client } wants to work in your name. Sign in with your account at { $institution }.
sign-in-failed = Username or password are wrong, or the account is disabled.
sign-in-slowed = There were too many attempts. { $seconds ->
    [one] Wait a second
   *[other] Wait { $seconds } seconds
} and try again.

consent-title = Allow { $client }?
consent-why = { $client } asks to use these services of { $institution } in your name:
consent-minutes = It may do so for { $count ->
    [one] one minute
   *[other] { $count } minutes
}. Then it has to ask you again.
consent-days = It stays signed in for about { $count ->
    [one] one day
   *[other] { $count } days
}, without asking you again.
consent-hours = It stays signed in for about { $count ->
    [one] one hour
   *[other] { $count } hours
}, without asking you again.
allow = Allow
deny = Deny
signed-in-as = You are signed in as { $user }.
use-another = Use another account

institution-title = Where are you from?
institution-why = { $client } wants to work in your name. Choose the institution that you have an account at.
institution-find = Find an institution by its name
institution-list = Institutions
institution-found = { $count ->
    [0] No institution has this in its name.
    [one] One institution
   *[other] { $count } institutions
}
institution-first = The first { $count } of { $all } institutions. Find yours by its name.
find = Find
go-on = Continue

sign-out-title = Sign out?
sign-out = Sign out
sign-out-what = Applications that you have allowed stay signed in.
signed-out-title = You are signed out
signed-out = You can close this page.
not-signed-in = You are not signed in here.

start-again = Start again
for-developers = For whoever runs the application:
error-title = This does not work
error-request = The application that sent you here made a mistake. Nothing was allowed. Go back, or tell the people who run it.
error-client = The application that sent you here is not known to this service. Nothing was allowed.
error-redirect = The application wants its answer at an address that is not registered for it. Nothing was allowed, since the address may be somebody else's.
error-stale = This page is out of date. Perhaps it was open for long, or you have signed in or out since. Nothing was allowed.
error-forged = This was not sent from a page of this service. Nothing was allowed.
error-answered = You have answered this already. Go back to the application.
error-unavailable = The service cannot answer now. Try again in a moment.
