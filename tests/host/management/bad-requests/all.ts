import { credentials, roles } from "./access.js";
import { bodies } from "./bodies.js";
import { conditions } from "./commands.js";
import type { BadRequest } from "./form.js";
import { paths, wire } from "./wire.js";

export const badRequests: readonly BadRequest[] = [
  ...wire,
  ...paths,
  ...bodies,
  ...credentials,
  ...roles,
  ...conditions,
];
