// Express, ws and better-sqlite3: signature, one durable commit a delivery, push to the page.
"use strict";
const crypto = require("node:crypto");
const http = require("node:http");
const Database = require("better-sqlite3");
const express = require("express");
const { WebSocketServer } = require("ws");

const [, , port, file, secret] = process.argv;
const db = new Database(file);
db.pragma("journal_mode = WAL");
db.pragma("synchronous = FULL");
db.exec("CREATE TABLE IF NOT EXISTS deliveries (id TEXT PRIMARY KEY, body BLOB)");
db.exec("CREATE TABLE IF NOT EXISTS agents (id TEXT PRIMARY KEY, state TEXT, version INTEGER)");
const insert = db.prepare("INSERT OR IGNORE INTO deliveries VALUES (?, ?)");
const upsert = db.prepare(
  "INSERT INTO agents VALUES (?, ?, 1) ON CONFLICT (id) DO UPDATE" +
    " SET state = excluded.state, version = version + 1 RETURNING version",
);
const commit = db.transaction((event, body, state) =>
  insert.run(event.id, body).changes ? upsert.get(event.data.user_id, state).version : 0,
);

const pages = new Map();
const app = express();
app.disable("x-powered-by");
app.disable("etag");
app.post("/webhooks/dialstack", express.raw({ type: () => true }), (req, res) => {
  const [t, v1] = String(req.get("X-DialStack-Signature")).split(",");
  const signed = crypto.createHmac("sha256", secret).update(`${t.slice(2)}.`).update(req.body);
  const expected = signed.digest();
  const given = Buffer.from(v1.slice(3), "hex");
  if (given.length !== expected.length || !crypto.timingSafeEqual(given, expected)) {
    return res.status(401).end();
  }
  const event = JSON.parse(req.body);
  const call = { call_id: event.data.call_id, number: event.data.from_number, type: event.type };
  const version = commit(event, req.body, JSON.stringify(call));
  const shown = { type: "view", state: event.type, version, calls: [call] };
  if (version) pages.get(event.data.user_id)?.send(JSON.stringify(shown));
  return res.status(200).end();
});

const server = http.createServer(app);
const sockets = new WebSocketServer({ server, path: "/ws", perMessageDeflate: false });
sockets.on("connection", (socket, req) => {
  pages.set(new URL(req.url, "http://localhost").searchParams.get("user"), socket);
});
server.listen(Number(port), "127.0.0.1", 4096);
