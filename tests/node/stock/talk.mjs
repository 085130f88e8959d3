// How a library's script talks to tests/python/stock.py, which is a browser and an operator to it: a line out, a line in.
import { createInterface } from "node:readline";

export const { LATCHKEY_URL: url, CLIENT_ID: id, CLIENT_SECRET: secret, REDIRECT_URI: redirect, METHOD: method } = process.env;
export const scope = "WMS_NCIP refresh_token";
export const at = (path) => new URL(path, url).href;

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const ask = async (line) => {
  console.log(line);
  return (await lines.next()).value;
};

/** The step was done. */
export const ok = (step) => console.log(`ok ${step}`);
/** Sends a user to an address; returns where the pages send the browser. */
export const visit = (address) => ask(`visit ${address}`);
/** Has the operator disable the client. */
export const disable = () => ask("disable");
export const done = () => process.exit(0);

/** Fails unless `attempt` fails because the client is not authenticated. */
export async function refused(step, attempt, is) {
  let error;
  try {
    await attempt();
  } catch (thrown) {
    error = thrown;
  }
  if (!error || !is(error)) throw error ?? new Error(`${step}: it succeeded`);
  ok(step);
}
