// A refresh as the function `refresh` does it, for the benchmark: the same reads, checks, write and answer.
import { createDecipheriv, createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { BatchGetItemCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { serve } from "./runtime.mjs";

const CLIENTS = process.env.LATCHKEY_CLIENTS_TABLE;
const TOKENS = process.env.LATCHKEY_TOKENS_TABLE;
const SCHEME = "http://www.worldcat.org/wskey/v2/hmac/v1";
const SKEW = 300;
const ACCESS_SECONDS = 1200;
const REPLAY_SECONDS = 7201;
/** A client has at most two secrets. Two are tried whatever it has, so that the time says nothing. */
const SECRETS = 2;
const DECOY = "no client";

class Refused extends Error {
  constructor(status, error) {
    super(error);
    this.status = status;
  }
}
const demand = (holds, status, error) => {
  if (!holds) throw new Refused(status, error);
};

const sha256 = (bytes) => createHash("sha256").update(bytes).digest();
const now = () => Math.floor(Date.now() / 1000);
const instant = (seconds) => new Date(seconds * 1000).toISOString().replace("T", " ").replace(/\.\d+/, "");

/** The sealing keys of the client secrets, by their names. */
const keys = new Map();
for (const line of readFileSync(process.env.LATCHKEY_SEALING_KEY_FILE, "utf8").split("\n")) {
  const [name, key] = line.trim().split(":");
  if (!key || name.startsWith("#")) continue;
  const derived = createHmac("sha256", Buffer.from(key, "base64")).update(`latchkey sealing key clients/${name}`);
  keys.set(`clients/${name}`, derived.digest());
}
const decoy = { M: { key: { S: keys.keys().next().value }, sealed: { B: randomBytes(60) } } };

/** Opens a sealed secret; nothing if it does not open. */
function open(clientId, { key, sealed }) {
  const bytes = Buffer.from(sealed.B);
  const cipher = createDecipheriv("aes-256-gcm", keys.get(key.S), bytes.subarray(0, 12));
  cipher.setAAD(Buffer.from(clientId)).setAuthTag(bytes.subarray(-16));
  const opened = cipher.update(bytes.subarray(12, -16));
  try {
    cipher.final();
    return opened;
  } catch {
    return undefined;
  }
}

function credentials(header) {
  demand(header?.startsWith(`${SCHEME} `), 401, "invalid_client");
  const found = {};
  for (const [, name, value] of header.slice(SCHEME.length).matchAll(/([\w.-]+)\s*=\s*"([^"]*)"/g)) {
    demand(!(name in found), 401, "invalid_client");
    found[name] = value;
  }
  demand(found.clientId && found.nonce && found.signature && /^\d{1,12}$/.test(found.timestamp), 401, "invalid_client");
  demand(Math.abs(now() - Number(found.timestamp)) <= SKEW, 401, "invalid_client");
  return found;
}

const decode = (text) => decodeURIComponent(text.replaceAll("+", " "));
const encode = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
const pairs = (query) =>
  query.split("&").filter(Boolean).map((pair) => {
    const at = pair.includes("=") ? pair.indexOf("=") : pair.length;
    return [decode(pair.slice(0, at)), decode(pair.slice(at + 1))];
  });

function signedText({ clientId, timestamp, nonce }, method, query) {
  const compare = ([name, value], [other, another]) =>
    name < other ? -1 : name > other ? 1 : value < another ? -1 : value > another ? 1 : 0;
  const lines = query.map(([name, value]) => [encode(name), encode(value)]).sort(compare);
  const head = [clientId, timestamp, nonce, "", method, "www.oclc.org", "443", "/wskey"];
  return [...head, ...lines.map(([name, value]) => `${name}=${value}`), ""].join("\n");
}

function verify(client, sent, text, at) {
  const signature = Buffer.from(sent.signature, "base64");
  const able = client && !client.disabled?.BOOL && (client.auth_methods?.L ?? [{ S: "wskey" }]).some(({ S }) => S === "wskey");
  const live = able ? client.secrets.L.filter(({ M }) => !M.expires_at || at < Number(M.expires_at.N)) : [];
  let verified = false;
  for (let index = 0; index < SECRETS; index += 1) {
    const candidate = live[index];
    const secret = open(candidate ? sent.clientId : DECOY, (candidate ?? decoy).M);
    const expected = createHmac("sha256", secret ?? "decoy").update(text).digest();
    const fits = signature.length === expected.length && timingSafeEqual(signature, expected);
    verified ||= fits && secret !== undefined && candidate !== undefined;
  }
  demand(verified, 401, "invalid_client");
}

/** The grant id and the hash of the secret of a refresh token. */
function parse(token) {
  const bytes = Buffer.from(token.slice(3), "base64url");
  demand(token.startsWith("rt_") && bytes.length === 36, 400, "invalid_grant");
  const id = bytes.toString("hex", 0, 16).replace(/(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  return { id, bytes: bytes.subarray(0, 16), hash: sha256(bytes.subarray(16)) };
}

const number = (value) => ({ N: String(value) });

/** What the grant still gives, and the item to write. */
function decide(client, grant, token, sent, at) {
  demand(client.grant_types.L.some(({ S }) => S === "refresh_token"), 400, "unauthorized_client");
  const theirs = grant?.refresh_hash && timingSafeEqual(Buffer.from(grant.refresh_hash.B), token.hash);
  demand(theirs && grant.client_id.S === client.client_id.S, 400, "invalid_grant");
  demand(!grant.revoked_at && Number(grant.created_at.N) >= Number(client.not_before?.N ?? 0), 400, "invalid_grant");
  const end = Number(grant.expires_at.N);
  demand(at < Math.min(Number(grant.refresh_expires_at.N), end), 400, "invalid_grant");
  const institutions = [grant.authenticating_institution_id.S, grant.context_institution_id.S];
  const known = client.institutions.L.map(({ S }) => S);
  demand(institutions.every((id) => known.includes("*") || known.includes(id)), 400, "invalid_grant");
  const allowed = ["refresh_token", ...client.scopes.L.map(({ S }) => S)];
  const scope = grant.scope.S.split(" ").filter((name) => allowed.includes(name));
  demand(scope.some((name) => name !== "refresh_token"), 400, "invalid_scope");
  const selector = sha256(`${sent.clientId}\n${sent.timestamp}\n${sent.nonce}\n`).subarray(0, 12);
  const secret = randomBytes(20);
  const expires = Math.min(at + ACCESS_SECONDS, end);
  const item = {
    grant_id: { S: token.id },
    part: { S: `access#${selector.toString("base64url")}` },
    access_hash: { B: sha256(secret) },
    access_expires_at: number(expires),
    scope: { S: scope.join(" ") },
    created_at: number(at),
    expires_at: number(Math.max(expires, at + REPLAY_SECONDS)),
  };
  const text = `tk_${Buffer.concat([token.bytes, selector, secret]).toString("base64url")}`;
  return { item, text, expires, scope: item.scope.S, institutions };
}

function body(client, grant, { text, expires, scope, institutions: [authenticating, context] }) {
  const left = Math.max(expires - now() - 1, 0);
  const named = client.principal_on_refresh?.BOOL;
  return {
    access_token: text,
    token_type: "bearer",
    expires_in: client.numbers_as_strings?.BOOL ? String(left) : left,
    expires_at: instant(expires),
    scope,
    scopes: scope,
    principalID: (named && grant.principal_id?.S) || "",
    principalIDNS: (named && grant.principal_idns?.S) || "",
    context_institution_id: context,
    contextInstitutionId: context,
    authenticating_institution_id: authenticating,
    error_code: null,
  };
}

const db = new DynamoDBClient({});
const key = (id, part) => ({ grant_id: { S: id }, part: { S: part } });

async function refresh(event, line) {
  const sent = credentials(event.headers.authorization);
  const query = pairs(event.rawQueryString);
  const parameters = Object.fromEntries(query);
  const token = parse(parameters.refresh_token ?? "");
  const found = await db.send(
    new BatchGetItemCommand({
      RequestItems: {
        [CLIENTS]: { Keys: [{ client_id: { S: sent.clientId } }], ConsistentRead: true },
        [TOKENS]: { Keys: [key(token.id, "grant")], ConsistentRead: true },
      },
      ReturnConsumedCapacity: "TOTAL",
    }),
  );
  const [client] = found.Responses[CLIENTS];
  const [grant] = found.Responses[TOKENS];
  const at = now();
  verify(client, sent, signedText(sent, event.requestContext.http.method, query), at);
  demand(parameters.grant_type === "refresh_token", 400, "unsupported_grant_type");
  const decided = decide(client, grant, token, sent, at);
  const written = await db.send(
    new PutItemCommand({
      TableName: TOKENS,
      Item: decided.item,
      ConditionExpression: "attribute_not_exists(grant_id)",
      ReturnConsumedCapacity: "TOTAL",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    }),
  );
  line.client_id = sent.clientId;
  line.grant_id = token.id;
  line.read_units = found.ConsumedCapacity.reduce((sum, { CapacityUnits }) => sum + CapacityUnits, 0);
  line.write_units = written.ConsumedCapacity.CapacityUnits;
  return body(client, grant, decided);
}

async function handler(event) {
  const began = performance.now();
  const line = { function: "refresh", outcome: "granted", status: 200 };
  let answer;
  try {
    answer = await refresh(event, line);
  } catch (error) {
    line.outcome = "denied";
    line.status = error.status ?? (error.name === "ConditionalCheckFailedException" ? 401 : 503);
    answer = { error: error.status ? error.message : "temporarily_unavailable" };
  }
  line.duration_ms = performance.now() - began;
  console.log(JSON.stringify(line));
  const headers = { "content-type": "application/json;charset=UTF-8", "cache-control": "no-store", pragma: "no-cache" };
  return { statusCode: line.status, headers, body: JSON.stringify(answer), isBase64Encoded: false };
}

// The connection stands before the first event, as that of `refresh` does.
await db.send(new GetItemCommand({ TableName: TOKENS, Key: key("00000000-0000-4000-8000-000000000000", "grant") }));
await serve(handler);
