/** Commands of a session: log in, see who one is, log out; and what the servers say of themselves to anyone. */

import { type Command, ROLES } from "./command.js";
import { flag, name, object, oneOf, orNull, text, time, userName } from "./schemas.js";

const session = object({
  user: userName,
  role: oneOf(ROLES),
  expiresAt: time,
  processor: name,
  server: oneOf(["full", "restricted"]),
});

export const sessionCommands: readonly Command[] = [
  {
    name: "getHealth",
    method: "GET",
    path: "/healthz",
    summary: "Whether the server answers, and which kind of server it is.",
    class: "restricted",
    audience: "anyone",
    routing: "own",
    answer: object({ processor: name, server: oneOf(["full", "restricted"]), active: orNull(name), loginNeeded: flag }),
    audited: false,
  },
  {
    name: "login",
    method: "POST",
    path: "/api/v1/session",
    summary: "Log in with a password, or with the token that the start of a run has printed.",
    class: "restricted",
    audience: "anyone",
    routing: "own",
    body: {
      oneOf: [
        object({ user: userName, password: { type: "string", minLength: 1, maxLength: 256 } }),
        object({ oneTimeToken: { type: "string", pattern: "^[A-Za-z0-9_-]{43}$" } }),
      ],
      type: "object",
    },
    answer: object({ session, token: text }),
    audited: true,
  },
  {
    name: "getSession",
    method: "GET",
    path: "/api/v1/session",
    summary: "Who is logged in, in which role and until when.",
    class: "restricted",
    audience: "monitor",
    routing: "own",
    answer: object({ session }),
    audited: false,
  },
  {
    name: "logout",
    method: "DELETE",
    path: "/api/v1/session",
    summary: "End the session; its token is refused from now on, by all processors.",
    class: "restricted",
    audience: "monitor",
    routing: "own",
    answer: object({ ended: flag }),
    audited: true,
  },
];
