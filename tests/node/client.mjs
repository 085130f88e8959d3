// Signs token and refresh requests with oclc-wskey, as an application of 2015 would, and sends them.
import assert from 'node:assert/strict';
import WSKey from 'oclc-wskey';

const [url, key, secret] = process.argv.slice(2);
const user = { principalID: '201571dd-b197-42e1', principalIDNS: 'urn:oclc:wms:da' };

async function post(path, query, wskey) {
  const target = `${url}/oauth2/${path}?${query}`;
  const response = await fetch(target, {
    method: 'POST',
    headers: { Accept: 'application/json', Authorization: wskey.HMACSignature('POST', target) },
  });
  return [response.status, await response.json()];
}

const ask = 'grant_type=client_credentials&scope=WMS_NCIP%20refresh_token'
  + '&authenticatingInstitutionId=128807&contextInstitutionId=128807';

const [status, tokens] = await post('accessToken', ask, new WSKey(key, secret));
assert.equal(status, 200, JSON.stringify(tokens));
assert.match(tokens.access_token, /^tk_/);

for (const path of ['accessToken', 'refreshToken']) {
  const query = `grant_type=refresh_token&refresh_token=${tokens.refresh_token}`;
  const [refreshStatus, refreshed] = await post(path, query, new WSKey(key, secret));
  assert.equal(refreshStatus, 200, JSON.stringify(refreshed));
  assert.notEqual(refreshed.access_token, tokens.access_token);
}

const [principalStatus, named] = await post('accessToken', ask, new WSKey(key, secret, user));
assert.equal(principalStatus, 200, JSON.stringify(named));
assert.equal(named.principalID, user.principalID);

const [wrongStatus, wrong] = await post('accessToken', ask, new WSKey(key, 'another secret'));
assert.equal(wrongStatus, 401);
assert.equal(wrong.error, 'invalid_client');

console.log('tokens, refresh, principal: ok');
