/** The configuration by revision of a controller for real: over its lease's store, its module, its machine and its file. */

import { existsSync, readFileSync } from "node:fs";
import type { ArrayDescription, Problem } from "../../array/description.js";
import { writeWhole } from "../../management/access/safe-file.js";
import { problemOf } from "../../shim/staging.js";
import type { Clock } from "../clock.js";
import type { CommandLink } from "../commands/link.js";
import type { Controller } from "../controller.js";
import type { StoredLease } from "../lease/stored-lease.js";
import type { OpenOptions } from "../open-controller.js";
import { leaseRevisionStore } from "./record.js";
import { Revisions } from "./revisions.js";
import { ArrayConfiguration } from "./running.js";

export interface OpenRevisionsParts {
  array: ArrayDescription;
  options: OpenOptions;
  clock: Clock;
  link: CommandLink;
  controller: Controller;
  /** This controller was set up to host addresses. */
  hosts: boolean;
}

/** Shorter than a server's thread waits for the engine's answer. */
const STAGE_TIMEOUT_MS = 3000;
const JOIN_MS = 1000;
const FILE_MODE = 0o644;

export function openRevisions(lease: StoredLease, parts: OpenRevisionsParts): Revisions {
  const { array, options, clock, link, controller, hosts } = parts;
  const { controller: self, report, text = "", file, tryOut = () => [] } = options;
  const running = new ArrayConfiguration({
    self,
    started: array,
    controller,
    tryOut: (next) => [...missingHere(next, self, hosts), ...tryOut(next)],
    keep(confirmed) {
      try {
        if (file !== undefined && readFileSync(file, "utf8") !== confirmed) writeWhole(file, confirmed, FILE_MODE);
      } catch (error) {
        report(`configuration: ${file} can't be written: ${(error as Error).message}; the lease service has the text`);
      }
    },
  });
  return new Revisions({
    self,
    clock,
    link,
    store: leaseRevisionStore(lease, report),
    running,
    initial: text,
    timeoutMs: STAGE_TIMEOUT_MS,
    joinMs: JOIN_MS,
    report,
  });
}

/** Network ports of a controller that it has no device for, or was not set up to have. */
function missingHere({ networkPorts = [] }: ArrayDescription, self: string, hosts: boolean): Problem[] {
  return networkPorts
    .filter(({ controller }) => controller === self)
    .flatMap(({ name, device }) => {
      const at = (field: string) => `networkPorts[${name}].${field}`;
      if (!hosts) {
        const message = `${self} was started without network ports and has no fence for addresses`;
        return [problemOf(at("controller"), message, `${self} restarted with a file that gives it one`)];
      }
      if (existsSync(`/sys/class/net/${device}`)) return [];
      return [problemOf(at("device"), `${self} has no network device ${device}`, "a device of that controller")];
    });
}
