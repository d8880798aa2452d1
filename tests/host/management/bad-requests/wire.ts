/** What is no request, or asks for what is not there. */

import { type BadRequest, refused } from "./form.js";

const HEAD = "Host: 127.0.0.1\r\n";

export const wire: readonly BadRequest[] = [
  ...refused("both", 400, "no_http", {
    "no HTTP": "hello\r\n\r\n",
    "another version of HTTP": `GET / HTTP/7.3\r\n${HEAD}\r\n`,
    "an unknown method": `FROB / HTTP/1.1\r\n${HEAD}\r\n`,
    "a header without a name": `GET / HTTP/1.1\r\n${HEAD}: x\r\n\r\n`,
    "a negative length": `POST /api/v1/session HTTP/1.1\r\n${HEAD}Content-Length: -1\r\n\r\n`,
    "two lengths": `POST /api/v1/session HTTP/1.1\r\n${HEAD}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n`,
  }),
  ...refused("both", 431, "headers_too_large", {
    "headers of 20 KiB": { path: "/healthz", headers: { "x-long": "x".repeat(20_000) } },
  }),
  ...refused("both", 400, "bad_host", {
    "no Host": "GET /healthz HTTP/1.1\r\n\r\n",
    "a malformed Host": { path: "/healthz", headers: { host: "a b" } },
  }),
  ...refused("both", 421, "other_host", {
    "another Host (DNS rebinding)": { path: "/healthz", headers: { host: "evil.example:80" } },
  }),
  ...refused("both", 417, "not_expected", {
    "an expectation": { path: "/healthz", headers: { expect: "tea" } },
  }),
  ...refused("both", 408, "too_slow", {
    "headers that never end": `GET / HTTP/1.1\r\n${HEAD}`,
  }),
];

export const paths: readonly BadRequest[] = [
  ...refused("both", 404, "no_such_path", {
    "no such path": { path: "/api/v2/overview" },
    "a path upwards": { path: "/page/../../../../etc/passwd" },
    "a path upwards, encoded": { path: "/page/%2e%2e%2fmain.js" },
  }),
  ...refused("both", 400, "bad_path", {
    "a malformed path": { path: "/api/v1/processors/%zz/status" },
  }),
  ...refused("both", 414, "path_too_long", {
    "a path of 4 KB": { path: `/${"x".repeat(4000)}` },
  }),
  ...refused("both", 405, "other_method", {
    "another method": { method: "PUT", path: "/api/v1/session" },
    HEAD: { method: "HEAD", path: "/healthz" },
  }),
  ...refused("both", 400, "not_as_described", {
    "a query that nobody knows": { path: "/healthz?verbose=1" },
    "a number that is none": { path: "/api/v1/processors/sp1/logs?lines=many", role: "operator" },
    "too many lines": { path: "/api/v1/processors/sp1/logs?lines=1001", role: "operator" },
    "the same query twice": { path: "/api/v1/processors/sp1/logs?lines=1&lines=2", role: "operator" },
    "a name with a control character": { path: "/api/v1/processors/sp%001/status", role: "monitor" },
  }),
  ...refused("full", 400, "not_as_described", {
    "a page of no rows": { path: "/api/v1/ports?limit=0", role: "monitor" },
    "a stream too quick": { path: "/api/v1/events?everyMs=1", role: "monitor" },
  }),
  ...refused("both", 404, "no_processor", {
    "a processor that is none": { path: "/api/v1/processors/sp9/status", role: "monitor" },
  }),
];
