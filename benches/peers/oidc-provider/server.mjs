// node-oidc-provider's refresh_token grant over a table of DynamoDB, for the benchmark of the local server.
import { createHash, randomBytes } from "node:crypto";
import {
  CreateTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import Provider from "oidc-provider";

const TABLE = process.env.TABLE;
const SCOPE = "WMS_NCIP offline_access";
const CLIENT = "demo";
const USER = "user";

const db = new DynamoDBClient({});
const now = () => Math.floor(Date.now() / 1000);

/** Each model's items. Only the hash of what a requester shows is stored. */
class Adapter {
  constructor(model) {
    this.model = model;
  }

  key(id) {
    return { S: `${this.model}#${createHash("sha256").update(id).digest("base64url")}` };
  }

  async find(id) {
    const { Item } = await db.send(new GetItemCommand({ TableName: TABLE, Key: { id: this.key(id) }, ConsistentRead: true }));
    const isThere = Item && !(Item.expires_at && Number(Item.expires_at.N) <= now());
    return isThere ? JSON.parse(Item.payload.S) : undefined;
  }

  async upsert(id, payload, expiresIn) {
    const item = { id: this.key(id), payload: { S: JSON.stringify({ ...payload, jti: undefined }) } };
    if (expiresIn) item.expires_at = { N: String(now() + expiresIn) };
    const condition = "attribute_not_exists(id)";
    await db.send(new PutItemCommand({ TableName: TABLE, Item: item, ConditionExpression: condition }));
  }
}

await db.send(
  new CreateTableCommand({
    TableName: TABLE,
    AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
    BillingMode: "PAY_PER_REQUEST",
  }),
);

const secret = randomBytes(32).toString("base64url");
await new Adapter("Client").upsert(CLIENT, {
  client_id: CLIENT,
  client_secret: secret,
  grant_types: ["authorization_code", "refresh_token"],
  redirect_uris: ["http://127.0.0.1/callback"],
  scope: SCOPE,
  token_endpoint_auth_method: "client_secret_basic",
});

const provider = new Provider("http://127.0.0.1", {
  adapter: Adapter,
  cookies: { keys: [randomBytes(32).toString("base64url")] },
  features: { devInteractions: { enabled: false } },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  rotateRefreshToken: false,
  scopes: SCOPE.split(" "),
  ttl: { AccessToken: 1200, Grant: 604800, RefreshToken: 604800 },
});
const client = await provider.Client.find(CLIENT);
const grant = new provider.Grant({ accountId: USER, clientId: CLIENT });
grant.addOIDCScope(SCOPE);
const grantId = await grant.save();
const token = new provider.RefreshToken({ accountId: USER, client, grantId, gty: "authorization_code", scope: SCOPE });
const refreshToken = await token.save();

const log = (outcome) => (ctx) =>
  console.log(JSON.stringify({ time: new Date().toISOString(), outcome, client_id: ctx.oidc?.client?.clientId, status: ctx.status }));
provider.on("grant.success", log("granted"));
provider.on("grant.error", log("denied"));
provider.on("server_error", log("unavailable"));
const server = provider.listen(0, "127.0.0.1", () => {
  const ready = { port: server.address().port, path: "/token", client_id: CLIENT, secret, refresh_token: refreshToken };
  console.log(JSON.stringify(ready));
});
