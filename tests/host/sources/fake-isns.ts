/** An iSNS server behind `isnsadm`'s command line, with the habits of open-isns 0.101 that matter here. */

import type { CommandRunner } from "../../../host/sources/command.js";

export class FakeIsns {
  /** In order of registration; tag 0 is NULL and not listed. */
  readonly groups = new Map<string, number>();
  private nodes = new Set<string>();
  private portals = new Set<string>();
  private entity = "";
  /** Every command line, without its options. */
  readonly commands: string[][] = [];
  /** How the next commands end instead. */
  fault: "none" | "timeout" | "refused" | "unreachable" = "none";
  /** Registrations that are taken and have no effect. */
  deaf = false;

  readonly run: CommandRunner = async (file, args) => {
    if (file !== "isnsadm") throw new Error(`unexpected command ${file}`);
    const words = args.slice(args.findIndex((word) => word === "--list" || word === "--register"));
    this.commands.push(words);
    const failed = { status: 1, stdout: "", timedOut: false };
    if (this.fault === "timeout") return { ...failed, status: -1, stderr: "", timedOut: true };
    if (this.fault === "refused") return { ...failed, stderr: "Failed to register object(s): Invalid registration" };
    if (this.fault === "unreachable") return { ...failed, stderr: "GetNext call failed: Internal error" };
    const stdout = words[0] === "--list" ? this.list(words) : this.register(words);
    return { status: 0, stdout, stderr: "Warning: internal error: unknown address family (0)", timedOut: false };
  };

  /** As after a restart without its database. */
  forget(): void {
    this.groups.clear();
    this.nodes.clear();
    this.portals.clear();
    this.entity = "";
  }

  /** Pairs `target portal=tag` with a tag. */
  get listed(): string[] {
    return [...this.groups].filter(([, tag]) => tag > 0).map(([pair, tag]) => `${pair}=${tag}`);
  }

  private list(words: readonly string[]): string {
    const wanted = words[2]?.replace("pg-name=", "");
    let text = "";
    let number = 0;
    for (const [pair, tag] of this.groups) {
      const [name, portal] = pair.split(" ") as [string, string];
      if (tag === 0 || (wanted !== undefined && name !== wanted)) continue;
      const [, address, port] = /^\[?(.*?)\]?:(\d+)$/.exec(portal) as unknown as string[];
      text += `Object ${number++}:\n  0030  string      : Portal group name = "${name}"\n`;
      text += `  0031  ipaddr      : Portal group address = ${address}\n`;
      text += `  0032  uint32      : Portal group port = ${port}/tcp\n  0033  uint32      : Portal group tag = ${tag}\n`;
      text += `  0034  uint32      : Portal group index = ${number}\n`;
    }
    return text;
  }

  /** Pairs of the entity's nodes and portals that nobody gave a tag get tag 1 (RFC 4171, section 5.6.5.1). */
  private register(words: readonly string[]): string {
    const [, entity = "", target = "", ...objects] = words;
    if (this.entity !== "" && this.entity !== entity) throw new Error("a second entity");
    this.entity = entity;
    const name = target.replace("target=", "");
    const given = new Map<string, number>();
    for (let index = 0; index < objects.length; index += 2) {
      const portal = (objects[index] as string).replace("portal=", "");
      if (given.has(portal)) throw new Error(`portal ${portal} twice in a message`);
      given.set(portal, Number((objects[index + 1] as string).replace("pg,pgt=", "")));
    }
    if (!this.deaf) this.take(name, given);
    return "Successfully registered object(s)\n";
  }

  private take(name: string, given: ReadonlyMap<string, number>): void {
    this.nodes.add(name);
    for (const [portal, tag] of given) {
      this.portals.add(portal);
      this.groups.set(`${name} ${portal}`, tag);
    }
    for (const node of this.nodes) {
      for (const portal of this.portals) {
        if (!this.groups.has(`${node} ${portal}`)) this.groups.set(`${node} ${portal}`, 1);
      }
    }
  }
}
