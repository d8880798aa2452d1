/**
 * A connection to any failover address for a unit reaches the unit's present server: the kernel forwards it there, and
 * answers come back the same way, since the forwarding controller stands in for the client.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { load } from "../addresses/fence.js";

/** Addresses that stay with their controller, one a family; "" where it has none. */
export interface FixedAddresses {
  ipv4: string;
  ipv6: string;
}

export interface ForwardingOptions {
  /** Name of this controller. */
  name: string;
  /** Failover addresses, without prefix lengths. */
  addresses4: readonly string[];
  addresses6: readonly string[];
  /** TCP port of each unit. */
  ports: ReadonlyMap<string, number>;
  /** All controllers, by name. */
  controllers: ReadonlyMap<string, FixedAddresses>;
}

/** Below /proc/sys/net. A redirect would have clients send to the unit's server for an address that isn't there. */
const SETTINGS: readonly (readonly [string, string])[] = [
  ["ipv4/conf/all/send_redirects", "0"],
  ["ipv4/conf/default/send_redirects", "0"],
  ["ipv4/ip_forward", "1"],
  ["ipv6/conf/all/forwarding", "1"],
];

export type ForwardedAddresses = Pick<ForwardingOptions, "addresses4" | "addresses6" | "controllers">;

export class UnitForwarding {
  private readonly table: string;
  private forwarded: ForwardedAddresses;
  private servers = new Map<string, string>();
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: ForwardingOptions) {
    this.forwarded = options;
    this.table = `fairlead-units-${options.name.replace(/[^A-Za-z0-9]/g, "_")}`;
  }

  /** @param devices of the own network ports */
  start(devices: readonly string[]): Promise<void> {
    const own = devices.map((device) => [`ipv4/conf/${device}/send_redirects`, "0"] as const);
    for (const [name, value] of [...SETTINGS, ...own]) {
      const file = `/proc/sys/net/${name}`;
      if (readFileSync(file, "utf8").trim() !== value) writeFileSync(file, value);
    }
    return this.inTurn(() => load(this.ruleset()));
  }

  /** From now on new connections for these units go to these servers; for a unit without a server, to nobody. */
  route(servers: ReadonlyMap<string, string>): Promise<void> {
    return this.inTurn(async () => {
      const same =
        servers.size === this.servers.size && [...servers].every(([unit, at]) => this.servers.get(unit) === at);
      if (same) return;
      const lines = [4, 6].flatMap((family) => [
        `flush map inet ${this.table} server${family}`,
        ...this.elements(servers, family).map((each) => `add element inet ${this.table} server${family} { ${each} }`),
      ]);
      await load(`${lines.join("\n")}\n`);
      this.servers = new Map(servers);
    });
  }

  /** Other addresses or controllers than before. Connections that are there stay. */
  follow(forwarded: ForwardedAddresses): Promise<void> {
    return this.inTurn(async () => {
      this.forwarded = forwarded;
      const sets = [
        ["addresses4", forwarded.addresses4],
        ["addresses6", forwarded.addresses6],
      ] as const;
      const lines = sets.flatMap(([name, addresses]) => [
        `flush set inet ${this.table} ${name}`,
        ...(addresses.length === 0 ? [] : [`add element inet ${this.table} ${name} { ${addresses.join(", ")} }`]),
      ]);
      await load(`${lines.join("\n")}\n`);
    });
  }

  close(): Promise<void> {
    return this.inTurn(() => load(`add table inet ${this.table}\ndelete table inet ${this.table}\n`));
  }

  private elements(servers: ReadonlyMap<string, string>, family: number): string[] {
    return [...servers].flatMap(([unit, server]) => {
      const port = this.options.ports.get(unit);
      const fixed = this.forwarded.controllers.get(server);
      const address = family === 4 ? fixed?.ipv4 : fixed?.ipv6;
      return port === undefined || address === undefined || address === "" ? [] : [`${port} : ${address}`];
    });
  }

  private ruleset(): string {
    const { options, table } = this;
    const own = options.controllers.get(options.name);
    const out = (family: string, address: string | undefined) =>
      address === undefined || address === "" ? [] : [`    ct status dnat meta nfproto ${family} snat to ${address}`];
    return [
      `add table inet ${table}`,
      `delete table inet ${table}`,
      `table inet ${table} {`,
      `  set addresses4 { type ipv4_addr; ${list(options.addresses4)} }`,
      `  set addresses6 { type ipv6_addr; ${list(options.addresses6)} }`,
      "  map server4 { type inet_service : ipv4_addr; }",
      "  map server6 { type inet_service : ipv6_addr; }",
      "  chain arriving { type nat hook prerouting priority dstnat;",
      "    ip daddr @addresses4 dnat ip to tcp dport map @server4",
      "    ip6 daddr @addresses6 dnat ip6 to tcp dport map @server6",
      "  }",
      "  chain leaving { type nat hook postrouting priority srcnat;",
      ...out("ipv4", own?.ipv4).map((line) => line.replace("snat to", "snat ip to")),
      ...out("ipv6", own?.ipv6).map((line) => line.replace("snat to", "snat ip6 to")),
      "  }",
      "}",
      "",
    ].join("\n");
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    const mine = this.turn.then(work);
    this.turn = mine.catch(() => undefined);
    return mine;
  }
}

function list(addresses: readonly string[]): string {
  return addresses.length === 0 ? "" : `elements = { ${addresses.join(", ")} }`;
}
