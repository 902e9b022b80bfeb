import { createServer } from "node:http";

import { sessionOf } from "./auth.js";

createServer((request, response) => {
  const session = sessionOf(request.headers.cookie);
  response.writeHead(session === undefined ? 401 : 200, { "content-type": "text/plain" });
  response.end(session === undefined ? "sign in first\n" : `hello, ${session.user}\n`);
}).listen(8080);
