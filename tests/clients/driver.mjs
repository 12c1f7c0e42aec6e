// Lets a test drive TypeScript clients: node driver.mjs MODULE, one JSON command a line in, one JSON answer or event a line out.
//   {"id", "client", "options"}        makes a client            -> {"id", "value": null}
//   {"id", "client", "path", "args"}   calls client.path(...args) -> {"id", "value"} or {"id", "error"}
// Every event of a client is told as {"client", "event", "value"}.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const { GoChat } = await import(pathToFileURL(process.argv[2]));
const EVENTS = ["state", "message", "synced", "new-message", "message-ack", "online-status", "pong", "error", "frame"];
const clients = new Map();

function tell(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function make(name, options) {
  const client = new GoChat(options);
  for (const event of EVENTS) client.socket.on(event, (value) => tell({ client: name, event, value: value ?? null }));
  client.on("user", (value) => tell({ client: name, event: "user", value }));
  clients.set(name, client);
}

async function run({ id, client: name, options, path, args }) {
  try {
    if (path === undefined) make(name, options);
    const names = (path ?? "").split(".");
    const last = names.pop();
    const target = names.reduce((inner, each) => inner[each], clients.get(name));
    const member = path === undefined ? null : target[last];
    const value = typeof member === "function" ? await member.apply(target, args) : member;
    tell({ id, value: value ?? null });
  } catch (error) {
    const { name: kind, code, message, details, status, retryable } = error;
    tell({ id, error: { kind, code, message, details, status, retryable } });
  }
}

for await (const line of createInterface({ input: process.stdin })) void run(JSON.parse(line));
process.exit(0);
