// The function `authorize` as Lambda runs it, under a Runtime API of the tests, behind a gateway that a browser can reach.
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { after } from "node:test";
import { environment, latchkey } from "./harness.mjs";

const body = async (request) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
};
const listening = async (handle) => {
  const server = createServer(handle);
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  after(() => { server.close(); server.closeAllConnections(); });
  return [server, `127.0.0.1:${server.address().port}`];
};

/** Starts the function. Returns the URL at which a browser finds its pages. */
export async function authorize() {
  const events = [], waiting = [], answers = new Map();
  let last = 0;
  const deal = () => {
    while (events.length > 0 && waiting.length > 0) {
      const { id, event } = events.shift();
      const headers = {
        "lambda-runtime-aws-request-id": id, "lambda-runtime-deadline-ms": `${Date.now() + 10000}`,
        "lambda-runtime-invoked-function-arn": "arn:aws:lambda:us-east-1:111122223333:function:authorize",
      };
      waiting.shift().writeHead(200, { "content-type": "application/json", ...headers }).end(JSON.stringify(event));
    }
  };
  const [, runtime] = await listening(async (request, response) => {
    if (request.url.endsWith("/next")) {
      waiting.push(response);
      return deal();
    }
    const id = request.url.split("/").at(-2);
    answers.get(id)(JSON.parse(await body(request)));
    answers.delete(id);
    return response.writeHead(202).end();
  });
  // What API Gateway makes of a request, and of an answer.
  const [, host] = await listening(async (request, response) => {
    const { pathname: path, search } = new URL(request.url, "http://gateway");
    const { cookie, ...headers } = request.headers;
    const http = { method: request.method, path, protocol: "HTTP/1.1", sourceIp: "127.0.0.1", userAgent: "" };
    const event = {
      version: "2.0", routeKey: `${request.method} ${path}`, rawPath: path, rawQueryString: search.slice(1),
      cookies: cookie?.split("; "), headers, requestContext: { domainName: host, stage: "$default", http },
      body: (await body(request)).toString("base64"), isBase64Encoded: true,
    };
    const id = `${++last}`;
    const answer = await new Promise((answered) => { answers.set(id, answered); events.push({ id, event }); deal(); });
    response.writeHead(answer.statusCode, { ...answer.headers, ...(answer.cookies && { "set-cookie": answer.cookies }) });
    response.end(Buffer.from(answer.body ?? "", answer.isBase64Encoded ? "base64" : "utf8"));
  });
  const child = spawn(join(dirname(latchkey), "authorize"), {
    env: {
      PATH: process.env.PATH, ...environment(), AWS_LAMBDA_RUNTIME_API: runtime, AWS_LAMBDA_FUNCTION_NAME: "authorize",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "128", AWS_LAMBDA_FUNCTION_VERSION: "1", LATCHKEY_ISSUER: `http://${host}`,
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  after(() => child.kill());
  return `http://${host}`;
}
