# Die Texte der Seiten auf Deutsch.

# Wie die Seiten diese Sprache nennen, und die Auswahl einer Sprache.
language = Deutsch
languages = Sprache

problem = Problem
username = Benutzername
password = Passwort
code = Code, falls Sie einen verwenden
code-why = Die sechs Ziffern, die Ihre App anzeigt, oder ein Wiederherstellungscode.
sign-in = Anmelden
cancel = Abbrechen
sign-in-title = Anmelden
sign-in-why = { $client } möchte in Ihrem Namen handeln. Bitte melden Sie sich mit Ihrem Konto bei { $institution } an.
sign-in-failed = Der Benutzername, das Passwort oder der Code ist falsch, oder das Konto ist gesperrt. Wenn Sie einen Code verwenden, müssen Sie ihn angeben, und jeder Code gilt nur einmal.
sign-in-slowed = Es gab zu viele Versuche. Bitte warten Sie { $seconds ->
    [one] eine Sekunde
   *[other] { $seconds } Sekunden
} und versuchen Sie es dann noch einmal.
sign-in-locked = Für dieses Konto gab es zu viele falsche Passwörter, deshalb nimmt es ein Passwort nur noch von einem Browser an, mit dem Sie schon einmal angemeldet waren, oder zusammen mit einem Code Ihrer App. Verwenden Sie einen solchen Browser oder einen Code, oder bitten Sie Ihre Einrichtung, das Konto zu entsperren.
stay = Auf diesem Gerät angemeldet bleiben
stay-why = Wählen Sie dies nur auf Ihrem eigenen Gerät. Sonst bleiben Sie angemeldet, bis Sie den Browser schließen.
form-stale = Diese Seite war nicht mehr aktuell: Sie war zu lange geöffnet, oder Sie haben sich inzwischen an- oder abgemeldet. Ihre Antwort wurde nicht angenommen. Bitte antworten Sie noch einmal.
cookie-missing = Ihr Browser hat das Cookie dieser Seite nicht gesendet, deshalb konnten Sie nicht angemeldet werden. Erlauben Sie Cookies für diesen Dienst und geben Sie Ihr Passwort noch einmal ein.

consent-title = Möchten Sie { $client } Zugriff geben?
consent-why = { $client } möchte in Ihrem Namen diese Dienste von { $institution } nutzen:
consent-minutes = Die Anwendung darf sie { $count ->
    [one] eine Minute
   *[other] { $count } Minuten
} lang nutzen. Danach muss sie Sie erneut fragen.
consent-days = Die Anwendung bleibt etwa { $count ->
    [one] einen Tag
   *[other] { $count } Tage
} lang angemeldet. In dieser Zeit fragt sie Sie nicht noch einmal.
consent-hours = Die Anwendung bleibt etwa { $count ->
    [one] eine Stunde
   *[other] { $count } Stunden
} lang angemeldet. In dieser Zeit fragt sie Sie nicht noch einmal.
sends-you-to = Weiterleitung an
sends-here = Ihr Gerät ({ $host })
sends-app = Eine App auf Ihrem Gerät ({ $scheme })
registered-by = Registriert von
help-of-client = Hilfe dazu
allow = Erlauben
deny = Ablehnen
sign-out-after = Mich danach hier abmelden
form-hasty = Sie haben innerhalb einer Sekunde geantwortet, deshalb wurde Ihre Antwort nicht angenommen. Lesen Sie die Frage und antworten Sie dann noch einmal.
signed-in-as = Sie sind als { $user } angemeldet.
use-another = Anderes Konto verwenden

consent-device = Ein Gerät bittet darum. Es zeigt den Code { $code }. Wenn Sie es nicht vor sich haben oder wenn Ihnen jemand den Code oder den Link geschickt hat, wählen Sie „Ablehnen“.

device-title = Ein Gerät verbinden
device-why = Geben Sie den Code ein, den Ihr Gerät anzeigt. Fahren Sie nur fort, wenn Sie selbst auf dem Gerät damit begonnen haben.
device-compare = Vergleichen Sie den Code unten mit dem, den Ihr Gerät anzeigt. Fahren Sie nur fort, wenn beide gleich sind und Sie selbst auf dem Gerät damit begonnen haben.
device-code = Code auf Ihrem Gerät
device-unknown = Dieser Code ist nicht gültig. Vielleicht ist er falsch geschrieben, schon benutzt oder nicht mehr aktuell. Prüfen Sie den Code auf Ihrem Gerät, oder beginnen Sie dort neu.
device-allowed-title = Gehen Sie zurück zu Ihrem Gerät
device-allowed = { $client } macht dort gleich weiter. Sie können diese Seite schließen.
device-denied-title = Sie haben den Zugriff abgelehnt
device-denied = { $client } bekommt auf dem Gerät keinen Zugriff. Sie können diese Seite schließen.

institution-title = Wählen Sie Ihre Einrichtung
institution-why = { $client } möchte in Ihrem Namen handeln. Bitte wählen Sie die Einrichtung, bei der Sie ein Konto haben.
institution-find = Einrichtung nach Namen suchen
institution-list = Einrichtungen
institution-found = { $count ->
    [0] Zu Ihrer Suche wurde keine Einrichtung gefunden.
    [one] Eine Einrichtung
   *[other] { $count } Einrichtungen
}
institution-first = Die ersten { $count } von { $all } Einrichtungen. Suchen Sie nach dem Namen, um Ihre zu finden.
find = Suchen
go-on = Weiter

leave-title = Zurück zu { $client }
leave-what = Wenn sich die Anwendung nicht von selbst öffnet, wählen Sie „Weiter“. Danach können Sie diese Seite schließen.
alone-title = Beginnen Sie in einer Anwendung
alone = Diese Adresse ist für Anwendungen, die Sie um Ihre Anmeldung bitten. Gehen Sie zurück zur Anwendung und beginnen Sie dort.

sign-out-title = Möchten Sie sich abmelden?
sign-out = Abmelden
sign-out-what = Anwendungen, denen Sie Zugriff gegeben haben, bleiben angemeldet.
signed-out-title = Sie sind abgemeldet
signed-out = Sie können diese Seite schließen.
not-signed-in-title = Sie sind nicht angemeldet
not-signed-in = Sie waren in diesem Browser nicht angemeldet. Sie können diese Seite schließen.

date = { $day }. { $month ->
    [1] Januar
    [2] Februar
    [3] März
    [4] April
    [5] Mai
    [6] Juni
    [7] Juli
    [8] August
    [9] September
    [10] Oktober
    [11] November
   *[12] Dezember
} { $year }, { $time } UTC

applications-title = Anwendungen, die Ihr Konto nutzen dürfen
applications-what = Sie haben diesen Anwendungen erlaubt, in Ihrem Namen zu handeln. Wenn Sie einer den Zugriff entziehen, endet er sofort, und die Anwendung muss Sie erneut fragen.
applications-none = Keine Anwendung darf Ihr Konto nutzen.
applications-services = Sie darf diese Dienste von { $institution } nutzen:
applications-since = Erlaubt am { $date }.
applications-until = Endet spätestens am { $date }.
applications-end = { $client } den Zugriff entziehen
applications-ended = { $client } kann Ihr Konto nicht mehr nutzen.
applications-ended-here = Der Zugriff von { $client }, der in dieser Liste stand, ist beendet.
applications-nothing = Es gab nichts zu beenden: Die Anwendung hatte keinen Zugriff mehr auf Ihr Konto.
applications-nothing-here = In dieser Liste gab es nichts zu beenden.
applications-again = { $client } hat noch Zugriff, der erst jetzt gefunden wurde. Entziehen Sie ihn noch einmal.
applications-failed = Der Zugriff der Anwendung konnte nicht ganz beendet werden. Beginnen Sie neu: Die Liste zeigt, was noch übrig ist.
applications-next = Anwendungen, denen Sie früher Zugriff gegeben haben
applications-first = Anwendungen, denen Sie zuletzt Zugriff gegeben haben
applications-most = Sie haben sehr oft Zugriff gegeben. Diese Liste entsteht aus den letzten { $count } Malen; eine Anwendung, der Sie nur davor Zugriff gegeben haben, fehlt möglicherweise.
applications-incomplete = Anwendungen, denen Sie vor längerer Zeit Zugriff gegeben haben, fehlen hier möglicherweise und können Ihr Konto noch nutzen: Wenden Sie sich an { $institution }, wenn Sie ihnen den Zugriff entziehen möchten.
applications-unlisted = Die Liste kann zurzeit nicht angezeigt werden. Bitten Sie um Hilfe, wenn Sie einer Anwendung den Zugriff entziehen möchten.
applications-institution = Bitte wählen Sie die Einrichtung, bei der Sie ein Konto haben.
applications-sign-in = Melden Sie sich mit Ihrem Konto bei { $institution } an, um zu sehen, welche Anwendungen es nutzen dürfen.
consent-undo = Sie können das jederzeit beenden:

provider-go = Weiter zur Anmeldung bei { $institution }
provider-or = Oder mit einem Passwort anmelden
provider-title = Anmeldung bei { $institution }
provider-what = Wenn sich die nächste Seite nicht von selbst öffnet, wählen Sie „Weiter“.
provider-back = Sie sind angemeldet
provider-over = Diese Anmeldung ist vorbei
provider-finished = Diese Anmeldung war schon abgeschlossen, hat zu lange gedauert, oder sie wurde mit einem anderen Browser begonnen. Wenn Sie zuvor angemeldet waren, sind Sie es noch.
provider-unreachable = Die Anmeldung Ihrer Einrichtung antwortet zurzeit nicht, deshalb sind Sie nicht angemeldet. Beginnen Sie in einigen Minuten neu.
provider-failed = Dieser Dienst konnte die Anmeldung Ihrer Einrichtung nicht finden, ihr nicht vertrauen oder ihre Antwort nicht annehmen, deshalb sind Sie nicht angemeldet. Beginnen Sie neu. Wenn es wieder geschieht, wenden Sie sich an Ihre Einrichtung.
provider-cancelled = Die Anmeldung bei Ihrer Einrichtung wurde abgebrochen oder abgelehnt, deshalb sind Sie nicht angemeldet. Beginnen Sie neu, wenn Sie sich anmelden möchten.
provider-stale = Sie sind nicht angemeldet: Sie waren zu lange fort, diese Anmeldung war schon abgeschlossen, oder sie wurde mit einem anderen Browser begonnen. Beginnen Sie neu, hier oder in der Anwendung. Wenn es wieder geschieht, erlauben Sie Cookies für diesen Dienst.
provider-changed = Die Anmeldung Ihrer Einrichtung hat sich inzwischen geändert, deshalb sind Sie nicht angemeldet. Beginnen Sie neu.
provider-required = Wer zu Ihrer Einrichtung gehört, meldet sich auf deren eigener Seite an. Ihr Passwort wurde nicht geprüft.
signed-out-here = Sie sind bei diesem Dienst abgemeldet. Bei Ihrer Einrichtung sind Sie möglicherweise noch angemeldet: Wenn andere dieses Gerät nutzen, melden Sie sich auch dort ab.
sign-out-there = Bei Ihrer Einrichtung abmelden
for-institution = Für Ihre Einrichtung:

help = Hilfe
forgotten = Haben Sie Ihren Benutzernamen oder Ihr Passwort vergessen?
quote = Wenn Sie um Hilfe bitten, nennen Sie die Nummer dieser Anfrage:
start-again = Neu beginnen
for-developers = Für die Entwickler der Anwendung:
error-title = Etwas ist schiefgelaufen
error-request = Die Anwendung, von der Sie kommen, hat einen Fehler gemacht. Sie haben nichts erlaubt. Gehen Sie zurück, oder wenden Sie sich an die Betreiber der Anwendung.
error-client = Dieser Dienst kennt die Anwendung nicht, von der Sie kommen. Sie haben nichts erlaubt.
error-redirect = Die Anwendung möchte die Antwort an eine Adresse erhalten, die nicht für sie registriert ist. Die Adresse gehört möglicherweise jemand anderem, deshalb hat der Dienst die Anfrage abgelehnt. Sie haben nichts erlaubt.
error-stale = Diese Seite ist nicht mehr aktuell. Sie war zu lange geöffnet, oder Sie haben sich inzwischen an- oder abgemeldet. Sie haben nichts erlaubt.
error-forged = Diese Anfrage kam nicht von einer Seite dieses Dienstes. Sie haben nichts erlaubt.
error-answered = Sie haben bereits geantwortet. Bitte gehen Sie zurück zur Anwendung.
error-unavailable = Der Dienst ist vorübergehend nicht verfügbar. Bitte versuchen Sie es gleich noch einmal.
