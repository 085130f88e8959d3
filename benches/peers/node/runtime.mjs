// Lambda's Runtime API, spoken over one kept-alive connection.
import { Agent, request } from "node:http";

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

const call = (method, path, body) =>
  new Promise((done, failed) => {
    const headers = body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const asked = request(`${api}/${path}`, { method, agent, headers }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => done({ id: answer.headers["lambda-runtime-aws-request-id"], text: Buffer.concat(parts).toString() }));
      answer.on("error", failed);
    });
    asked.on("error", failed);
    asked.end(body);
  });

/** Answers events until Lambda ends the process. */
export async function serve(handler) {
  for (;;) {
    const { id, text } = await call("GET", "next");
    await call("POST", `${id}/response`, JSON.stringify(await handler(JSON.parse(text))));
  }
}
