// The device grant by npm's clients: node device.mjs openid-client|oauth4webapi, by tests/python/stock_device.py. It prints the code
// and then the tokens, a line of JSON each.
const { LATCHKEY_URL: url, CLIENT_ID: id, CLIENT_SECRET: secret } = process.env;
const scope = "WMS_NCIP refresh_token";
const say = (what) => console.log(JSON.stringify(what));

const clients = {
  async "openid-client"() {
    const client = await import("openid-client");
    const config = await client.discovery(new URL(url), id, undefined, client.ClientSecretBasic(secret), {
      algorithm: "oauth2", execute: [client.allowInsecureRequests],
    });
    const begun = await client.initiateDeviceAuthorization(config, { scope });
    say(begun);
    say(await client.pollDeviceAuthorizationGrant(config, begun));
  },
  async oauth4webapi() {
    const oauth = await import("oauth4webapi");
    const insecure = { [oauth.allowInsecureRequests]: true }, client = { client_id: id }, auth = oauth.ClientSecretBasic(secret);
    const issuer = new URL(url);
    const found = await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...insecure });
    const server = await oauth.processDiscoveryResponse(issuer, found);
    const asked = await oauth.deviceAuthorizationRequest(server, client, auth, { scope }, insecure);
    const begun = await oauth.processDeviceAuthorizationResponse(server, client, asked);
    say(begun);
    for (;;) {
      await new Promise((later) => setTimeout(later, begun.interval * 1000));
      const answer = await oauth.deviceCodeGrantRequest(server, client, auth, begun.device_code, insecure);
      try {
        return say(await oauth.processDeviceCodeResponse(server, client, answer));
      } catch (error) {
        if (error.error !== "authorization_pending") throw error;
      }
    }
  },
};
await clients[process.argv[2]]();
