/** What a controller can be ordered to do to its own kernel, its units and its roles; and what it holds. */

/** `host`, `unhost`: an address; `takeUnit`, `releaseUnit`: a unit; `activate`, `passivate`: the management address. */
export const ORDER_KINDS = ["host", "unhost", "takeUnit", "releaseUnit", "activate", "passivate"] as const;

export interface Order {
  kind: (typeof ORDER_KINDS)[number];
  /** Name of the interface or unit; "" for the active role. */
  subject: string;
  /** Name of the network port for `host`; "" otherwise. */
  port: string;
  scope: string;
  epoch: number;
}

/** What a controller holds: by its kernel, not by what it was told. */
export interface Holdings {
  /** Addresses of interfaces, each with the port that holds it. */
  interfaces: { name: string; port: string }[];
  /** Units that it serves. */
  units: string[];
  /** It has the management address. */
  active: boolean;
}

/** Something that only one may have, as orders and holdings name it. */
export function subjectsOf(holdings: Holdings): Set<string> {
  const subjects = new Set<string>();
  for (const { name } of holdings.interfaces) subjects.add(`interface/${name}`);
  for (const name of holdings.units) subjects.add(`unit/${name}`);
  if (holdings.active) subjects.add("active/");
  return subjects;
}

export function subjectOf(order: Pick<Order, "kind" | "subject">): string {
  const { kind, subject } = order;
  if (kind === "activate" || kind === "passivate") return "active/";
  return kind === "host" || kind === "unhost" ? `interface/${subject}` : `unit/${subject}`;
}

/** Whether an order lets its addressee have something that it may not have had before. */
export function isTake(kind: Order["kind"]): boolean {
  return kind === "host" || kind === "takeUnit" || kind === "activate";
}

export interface Effects {
  /** Resolves when the effect is there, as its target confirms. Doing it twice does no harm. */
  carryOut(order: Order): Promise<void>;
  holdings(): Promise<Holdings>;
  /** Gives up all that it holds; resolves when the kernel confirms that nothing is left. */
  releaseAll(): Promise<void>;
  /** Gives up what the configuration in force doesn't have; resolves when the kernel confirms that it is gone. */
  releaseUnknown(): Promise<void>;
  /**
   * From this time of the wall clock on the kernel lets nothing through for any failover address; and in no case for
   * longer than `forMs` from when the kernel got this. The first holds when this process was paused before the kernel
   * got it, the second when the wall clock is set back afterwards.
   */
  fenceUntil(wallMs: number, forMs: number): Promise<void>;
}
