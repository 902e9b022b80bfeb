// Drives an MCP server over stdio with the stock client, as an agent's host would.
//
//   node drive.mjs FILE
//
// FILE holds {command, args, env?, era?, steps, timeout_ms}. A step is {"list": true},
// {"call": {name, arguments}} or {"info": true}. `era` is "legacy" (the default: `initialize`),
// "modern" (2026-07-28 or nothing) or "auto" (ask first). One line of JSON is printed for each
// step: {"ok": true, "result": …} or {"ok": false, "error": {name, message, code?, data?}}. A step
// that fails does not stop the next one. Where the server cannot be connected to, one line with
// the error is all that is printed, and the exit status is 1.

import { readFile } from "node:fs/promises";

import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport, getDefaultEnvironment } from "@modelcontextprotocol/client/stdio";

const modes = { legacy: "legacy", modern: { pin: "2026-07-28" }, auto: "auto" };

function print(line) {
  return new Promise((resolve) => process.stdout.write(`${JSON.stringify(line)}\n`, resolve));
}

function describe(error) {
  const { name, message, code, data } = error;
  return { name, message, code, data };
}

async function attempt(work) {
  try {
    return { ok: true, result: await work() };
  } catch (error) {
    return { ok: false, error: describe(error) };
  }
}

function perform(client, step, options) {
  if (step.list) return client.listTools({}, options);
  if (step.call) return client.callTool(step.call, options);
  if (step.info) {
    return { protocol: client.getNegotiatedProtocolVersion(), server: client.getServerVersion() };
  }
  throw new TypeError(`no such step: ${JSON.stringify(step)}`);
}

const script = JSON.parse(await readFile(process.argv[2], "utf8"));
const mode = modes[script.era ?? "legacy"];
if (mode === undefined) throw new TypeError(`no such era: ${script.era}`);
const options = { timeout: script.timeout_ms };
const client = new Client(
  { name: "procura-tests", version: "0.0.0" },
  { versionNegotiation: { mode } },
);
const transport = new StdioClientTransport({
  command: script.command,
  args: script.args,
  env: { ...getDefaultEnvironment(), ...script.env },
  stderr: "inherit",
});

const connected = await attempt(() => client.connect(transport, options));
if (connected.ok) {
  for (const step of script.steps) {
    await print(await attempt(() => perform(client, step, options)));
  }
} else {
  await print(connected);
}
await attempt(() => client.close());
process.exit(connected.ok ? 0 : 1);
