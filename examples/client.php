<?php
// A client for PHP: gets tokens, refreshes the access token, and revokes both. It needs no package.
//
//   LATCHKEY_URL=… LATCHKEY_CLIENT_ID=… LATCHKEY_SECRET=… php client.php

/** Returns the Authorization header of a request. Each request needs a new one. */
function authorization(string $clientId, string $secret, string $method, string $url, string $body = ''): string
{
    $timestamp = (string) time();
    $nonce = bin2hex(random_bytes(8));
    $bodyHash = $body === '' ? '' : base64_encode(hash('sha256', $body, true));
    $pairs = [];
    foreach (array_filter(explode('&', (string) parse_url($url, PHP_URL_QUERY)), 'strlen') as $pair) {
        [$name, $value] = explode('=', $pair, 2) + [1 => ''];
        $pairs[] = rawurlencode(urldecode($name)) . "\0" . rawurlencode(urldecode($value));
    }
    // By name, then by value: a zero byte sorts before every other character.
    sort($pairs, SORT_STRING);
    $pairs = str_replace("\0", '=', $pairs);
    // www.oclc.org, 443 and /wskey are the same for every URL.
    $lines = [$clientId, $timestamp, $nonce, $bodyHash, $method, 'www.oclc.org', '443', '/wskey', ...$pairs];
    // The key is the text of the secret. Do not decode it.
    $signature = base64_encode(hash_hmac('sha256', implode("\n", $lines) . "\n", $secret, true));
    $attributes = compact('clientId', 'timestamp', 'nonce', 'signature');
    if ($body !== '') {
        $attributes['bodyhash'] = $bodyHash;
    }
    $pairs = array_map(fn ($name, $value) => "$name=\"$value\"", array_keys($attributes), $attributes);
    return 'http://www.worldcat.org/wskey/v2/hmac/v1 ' . implode(', ', $pairs);
}

/** Posts a form, or an empty body. A form keeps tokens out of the URL, which servers and proxies write to their logs. */
function post(string $path, array $form = []): array
{
    $url = getenv('LATCHKEY_URL') . $path;
    $body = http_build_query($form);
    $header = authorization(getenv('LATCHKEY_CLIENT_ID'), getenv('LATCHKEY_SECRET'), 'POST', $url, $body);
    $headers = ["Authorization: $header", 'Accept: application/json'];
    if ($body !== '') {
        $headers[] = 'Content-Type: application/x-www-form-urlencoded';
    }
    $http = ['method' => 'POST', 'header' => $headers, 'content' => $body, 'ignore_errors' => true, 'timeout' => 10];
    $text = file_get_contents($url, false, stream_context_create(['http' => $http]));
    if ($text === false) {
        throw new RuntimeException("no answer from $url");
    }
    $answer = json_decode($text, true, 512, JSON_THROW_ON_ERROR);
    if (isset($answer['error'])) {
        throw new RuntimeException("{$answer['error']}: {$answer['message']} {$answer['details']}");
    }
    // A gateway that is over its limit has words of its own.
    if (isset($answer['message'])) {
        throw new RuntimeException($answer['message']);
    }
    return $answer;
}

$ask = [
    'grant_type' => 'client_credentials',
    // With refresh_token among the scopes, the answer has a refresh token.
    'scope' => 'WMS_NCIP refresh_token',
    'authenticatingInstitutionId' => '128807',
    'contextInstitutionId' => '128807',
];
// Nothing in it is secret, so it may be in the query.
$tokens = post('/oauth2/accessToken?' . http_build_query($ask));
echo 'access token, good until ', $tokens['expires_at'], "\n";

// A refresh gives a new access token; the refresh token stays.
$refreshed = post('/oauth2/refreshToken', ['grant_type' => 'refresh_token', 'refresh_token' => $tokens['refresh_token']]);
echo 'refreshed, good until ', $refreshed['expires_at'], "\n";

// This ends every token of the grant.
post('/oauth2/revoke', ['token' => $tokens['refresh_token']]);
echo "revoked\n";
