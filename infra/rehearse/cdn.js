// Runs the CDN's rule over requests as CloudFront hands them in. Argument: the file with the rule.
'use strict';
const fs = require('node:fs');
const file = process.argv[2];
const handler = new Function(`${fs.readFileSync(file, 'utf8')}; return handler;`)();

const ISSUE = '/oauth2/accessToken';
const REFRESH = '/oauth2/refreshToken';
const one = (value) => ({ grant_type: { value } });
const cases = [
  ['a refresh goes to refresh', 'POST', ISSUE, one('refresh_token'), REFRESH],
  ['a refresh that names refresh stays there', 'POST', REFRESH, one('refresh_token'), REFRESH],
  ['client credentials stay', 'POST', ISSUE, one('client_credentials'), ISSUE],
  ['a code stays', 'POST', ISSUE, one('authorization_code'), ISSUE],
  ['no grant type stays', 'POST', ISSUE, {}, ISSUE],
  ['an empty one stays', 'POST', ISSUE, one(''), ISSUE],
  ['a repeated one stays, to be refused by issue', 'POST', ISSUE,
    { grant_type: { value: 'refresh_token', multiValue: [{ value: 'refresh_token' }, { value: 'client_credentials' }] } }, ISSUE],
  ['another method stays', 'GET', ISSUE, one('refresh_token'), ISSUE],
  ['a page stays, whatever its query', 'GET', '/oauth2/authorizeCode', one('refresh_token'), '/oauth2/authorizeCode'],
  ["a page's form stays", 'POST', '/oauth2/authorizeCode', one('refresh_token'), '/oauth2/authorizeCode'],
  ['another path stays', 'POST', '/oauth2/revoke', one('refresh_token'), '/oauth2/revoke'],
];

let differences = 0;
const say = (same, what) => {
  console.log(`${same ? 'ok  ' : 'NOT '} ${file.split('/').pop()}: ${what}`);
  differences += same ? 0 : 1;
};
for (const [what, method, uri, querystring, asked] of cases) {
  const request = { method, uri, querystring, headers: { authorization: { value: 'x' } }, cookies: {} };
  const before = structuredClone(request);
  const after = handler({ request });
  say(after.uri === asked, what);
  say(JSON.stringify({ ...after, uri }) === JSON.stringify(before), `${what}: nothing else changes`);
}
process.exit(differences ? 1 : 0);
