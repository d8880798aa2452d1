/** The shelf's agent behind the authenticated link between controllers. */

import { ShelfRefusal } from "../unit-shelf.js";
import type { ShelfAgent } from "./agent.js";

/** As `host/coordination/commands/link.ts` has it; the shelf is one more that is asked. */
export interface ServingLink {
  serve(kind: string, handler: (from: string, message: ShelfMessage) => Promise<ShelfMessage>): void;
}

export type ShelfMessage = { readonly kind: string } & Readonly<Record<string, unknown>>;

/** Serves `admitUnit`, `releaseUnit` and `unitStates`. A controller asks for itself only. */
export function serveShelf(agent: ShelfAgent, link: ServingLink, report: (line: string) => void): void {
  const answer = async (work: () => Promise<ShelfMessage>): Promise<ShelfMessage> => {
    try {
      return await work();
    } catch (error) {
      const why = (error as Error).message;
      report(why);
      return { kind: error instanceof ShelfRefusal ? "refused" : "failed", why };
    }
  };
  link.serve("admitUnit", (from, { unit, instance, epoch }) =>
    answer(async () => {
      const { initiator } = await agent.admit(String(unit), from, String(instance), Number(epoch));
      return { kind: "admitted", initiator };
    }),
  );
  link.serve("releaseUnit", (from, { unit, epoch }) =>
    answer(async () => {
      await agent.release(String(unit), from, Number(epoch));
      return { kind: "released" };
    }),
  );
  link.serve("unitStates", () => Promise.resolve({ kind: "unitStates", units: agent.states() }));
}
