# Was die Seiten sagen, auf Deutsch.

problem = Problem
username = Benutzername
password = Passwort
sign-in = Anmelden
cancel = Abbrechen
sign-in-title = Anmelden
sign-in-why = { $client } möchte in Ihrem Namen arbeiten. Melden Sie sich mit Ihrem Konto bei { $institution } an.
sign-in-failed = Benutzername oder Passwort stimmen nicht, oder das Konto ist gesperrt.
sign-in-slowed = Es gab zu viele Versuche. Warten Sie { $seconds ->
    [one] eine Sekunde
   *[other] { $seconds } Sekunden
} und versuchen Sie es dann noch einmal.

consent-title = { $client } erlauben?
consent-why = { $client } bittet darum, diese Dienste von { $institution } in Ihrem Namen zu benutzen:
consent-minutes = Das gilt { $count ->
    [one] eine Minute
   *[other] { $count } Minuten
} lang. Danach muss die Anwendung Sie wieder fragen.
consent-days = Die Anwendung bleibt etwa { $count ->
    [one] einen Tag
   *[other] { $count } Tage
} lang angemeldet, ohne Sie wieder zu fragen.
consent-hours = Die Anwendung bleibt etwa { $count ->
    [one] eine Stunde
   *[other] { $count } Stunden
} lang angemeldet, ohne Sie wieder zu fragen.
allow = Erlauben
deny = Ablehnen
signed-in-as = Sie sind angemeldet als { $user }.
use-another = Anderes Konto benutzen

institution-title = Woher kommen Sie?
institution-why = { $client } möchte in Ihrem Namen arbeiten. Wählen Sie die Einrichtung, bei der Sie ein Konto haben.
institution-find = Einrichtung nach ihrem Namen suchen
institution-list = Einrichtungen
institution-found = { $count ->
    [0] Keine Einrichtung hat das in ihrem Namen.
    [one] Eine Einrichtung
   *[other] { $count } Einrichtungen
}
institution-first = Die ersten { $count } von { $all } Einrichtungen. Suchen Sie Ihre nach ihrem Namen.
find = Suchen
go-on = Weiter

sign-out-title = Abmelden?
sign-out = Abmelden
sign-out-what = Anwendungen, denen Sie es erlaubt haben, bleiben angemeldet.
signed-out-title = Sie sind abgemeldet
signed-out = Sie können diese Seite schließen.
not-signed-in = Sie sind hier nicht angemeldet.

start-again = Von vorn beginnen
for-developers = Für die Betreiber der Anwendung:
error-title = Das geht nicht
error-request = Die Anwendung, von der Sie kommen, hat einen Fehler gemacht. Es wurde nichts erlaubt. Gehen Sie zurück, oder sagen Sie es ihren Betreibern.
error-client = Die Anwendung, von der Sie kommen, ist diesem Dienst nicht bekannt. Es wurde nichts erlaubt.
error-redirect = Die Anwendung möchte ihre Antwort an eine Adresse, die für sie nicht eingetragen ist. Es wurde nichts erlaubt, denn die Adresse kann jemand anderem gehören.
error-stale = Diese Seite ist veraltet. Vielleicht war sie lange offen, oder Sie haben sich inzwischen an- oder abgemeldet. Es wurde nichts erlaubt.
error-forged = Das wurde nicht von einer Seite dieses Dienstes geschickt. Es wurde nichts erlaubt.
error-answered = Sie haben das schon beantwortet. Gehen Sie zurück zur Anwendung.
error-unavailable = Der Dienst kann gerade nicht antworten. Versuchen Sie es gleich noch einmal.
