# The texts of the pages in English. To add a language, add a file like this one and a line in `text.rs`.

# What the pages call this language, and the choice of one.
language = English
languages = Language

problem = Problem
username = Username
password = Password
code = Code, if you use one
code-why = The six digits that your app shows, or a recovery code.
sign-in = Sign in
cancel = Cancel
sign-in-title = Sign in
sign-in-why = { $client } wants to act on your behalf. Sign in with your account at { $institution }.
sign-in-failed = The username, the password or the code is wrong, or the account is disabled. If you use a code, it must be given, and each code works once.
sign-in-slowed = There were too many attempts. { $seconds ->
    [one] Wait one second
   *[other] Wait { $seconds } seconds
}, then try again.
sign-in-locked = There were too many wrong passwords for this account, so it takes a password only from a browser that has signed in to it before, or with a code of your app. Use such a browser or a code, or ask your institution to unlock the account.
stay = Stay signed in on this device
stay-why = Tick this on a device of your own only. Without it, you are signed in until you close the browser.
form-stale = This page was out of date: it was open for too long, or you have signed in or out since. Your answer was not taken. Please answer again.
cookie-missing = Your browser did not send the cookie of this page, so you could not be signed in. Allow cookies for this service, then type your password again.

consent-title = Allow { $client }?
consent-why = { $client } wants to use these services of { $institution } on your behalf:
consent-minutes = The application may use them for { $count ->
    [one] one minute
   *[other] { $count } minutes
}. Then it has to ask you again.
consent-days = The application stays signed in for about { $count ->
    [one] one day
   *[other] { $count } days
}. It does not ask you again during this time.
consent-hours = The application stays signed in for about { $count ->
    [one] one hour
   *[other] { $count } hours
}. It does not ask you again during this time.
sends-you-to = Sends you to
sends-here = Your device ({ $host })
sends-app = An app on your device ({ $scheme })
registered-by = Registered by
help-of-client = Help with it
allow = Allow
deny = Deny
sign-out-after = Sign me out here afterwards
form-hasty = You answered within a second, so your answer was not taken. Read the question, then answer again.
signed-in-as = You are signed in as { $user }.
use-another = Use another account

consent-device = A device asks for this. It shows the code { $code }. If it is not in front of you, or someone sent you the code or the link, choose Deny.

device-title = Connect a device
device-why = Type the code that your device shows. Continue only if you started this on the device yourself.
device-compare = Compare the code below with the one that your device shows. Continue only if they are the same, and you started this on the device yourself.
device-code = Code on your device
device-unknown = This code is not valid. It may be mistyped, used already or out of date. Check the code on your device, or start again there.
device-allowed-title = Go back to your device
device-allowed = { $client } goes on there in a moment. You can close this page.
device-denied-title = You have denied access
device-denied = { $client } gets no access on the device. You can close this page.

institution-title = Choose your institution
institution-why = { $client } wants to act on your behalf. Choose the institution where you have an account.
institution-find = Search for an institution by name
institution-list = Institutions
institution-found = { $count ->
    [0] No institution matches your search.
    [one] One institution
   *[other] { $count } institutions
}
institution-first = The first { $count } of { $all } institutions. Search by name to find yours.
find = Search
go-on = Continue

leave-title = Back to { $client }
leave-what = If the application does not open by itself, choose Continue. After that, you can close this page.
alone-title = Start in an application
alone = This address is for applications that ask you to sign in. Go back to the application and start there.

sign-out-title = Sign out?
sign-out = Sign out
sign-out-what = Applications that you have allowed stay signed in.
signed-out-title = You are signed out
signed-out = You can close this page.
not-signed-in-title = You are not signed in
not-signed-in = You were not signed in with this browser. You can close this page.

date = { $day } { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
} { $year }, { $time } UTC

applications-title = Applications that may use your account
applications-what = You allowed these applications to act on your behalf. If you end the access of one, it ends at once, and the application has to ask you again.
applications-none = No application may use your account.
applications-services = It may use these services of { $institution }:
applications-since = Allowed on { $date }.
applications-until = Ends on { $date } at the latest.
applications-end = End access of { $client }
applications-ended = { $client } can no longer use your account.
applications-ended-here = The access of { $client } that was on this list has ended.
applications-nothing = There was nothing to end: the application had no access to your account any more.
applications-nothing-here = There was nothing on this list to end.
applications-again = { $client } still has access that was only now found. End it again.
applications-failed = Not all access of the application could be ended. Start again: the list shows what is left.
applications-next = Applications that you allowed earlier
applications-first = Applications that you allowed last
applications-most = You have allowed applications very often. This list is made of the last { $count } times; an application that you allowed only before may be missing.
applications-incomplete = Applications that you allowed some time ago may be missing here and may still use your account: ask { $institution } if you want to end their access.
applications-unlisted = The list cannot be shown at the moment. Ask for help if you want to end the access of an application.
applications-institution = Choose the institution where you have an account.
applications-sign-in = Sign in with your account at { $institution } to see which applications may use it.
consent-undo = You can end this at any time:

provider-go = Continue to the sign-in of { $institution }
provider-or = Or sign in with a password
provider-title = Sign in at { $institution }
provider-what = If the next page does not open by itself, choose Continue.
provider-back = You are signed in
provider-over = This sign-in is over
provider-finished = This sign-in was finished before, took too long, or was begun with another browser. If you were signed in before, you still are.
provider-unreachable = The sign-in of your institution does not answer at the moment, so you are not signed in. Start again in a few minutes.
provider-failed = This service could not find or trust the sign-in of your institution, or could not accept its answer, so you are not signed in. Start again. If it happens again, tell your institution.
provider-cancelled = The sign-in at your institution was cancelled or refused, so you are not signed in. Start again if you want to sign in.
provider-stale = You are not signed in: you were away for too long, this sign-in was finished before, or it was begun with another browser. Start again, here or in the application. If it happens again, allow cookies for this service.
provider-changed = The sign-in of your institution has changed in the meantime, so you are not signed in. Start again.
provider-required = Users of your institution sign in on the institution's own page. Your password was not checked.
signed-out-here = You are signed out of this service. You may still be signed in at your institution: if others use this device, sign out there, too.
sign-out-there = Sign out at your institution
for-institution = For your institution:

help = Get help
forgotten = Have you forgotten your username or password?
quote = If you ask for help, quote the number of this request:
start-again = Start again
for-developers = For the developers of the application:
error-title = Something went wrong
error-request = The application that sent you here made a mistake. You have not allowed anything. Go back, or tell the people who run the application.
error-client = This service does not know the application that sent you here. You have not allowed anything.
error-redirect = The application wants to receive the answer at an address that is not registered for it. The address may belong to someone else, so the service refused the request. You have not allowed anything.
error-stale = This page is out of date. It was open for too long, or you have signed in or out since. You have not allowed anything.
error-forged = This request did not come from a page of this service. You have not allowed anything.
error-answered = You have already answered. Go back to the application.
error-unavailable = The service is temporarily unavailable. Try again in a moment.
