/** Stable ids by name, kept over reconfigurations and, through the snapshot, over restarts. */

export type BookKind = "ports" | "targets" | "initiators" | "controllers" | "networkPorts" | "interfaces" | "units";

/** As stored in a snapshot; kinds that an earlier version did not know are missing. */
export interface IdBookContents {
  ids: Partial<Record<BookKind, [name: string, id: number][]>>;
  /** Next id of each kind that was never given out. */
  next: Partial<Record<BookKind, number>>;
}

/** A thing that asks for its id; `id` from the array file wins. */
export interface IdRequest {
  name: string;
  id?: number;
}

const KINDS: readonly BookKind[] = [
  "ports",
  "targets",
  "initiators",
  "controllers",
  "networkPorts",
  "interfaces",
  "units",
];

/** One value for each kind. */
function forEachKind<T>(make: (kind: BookKind) => T): Record<BookKind, T> {
  return Object.fromEntries(KINDS.map((kind) => [kind, make(kind)])) as Record<BookKind, T>;
}

/**
 * The id book. An id stays with its name for good, so that a port that leaves the array file and comes back is the
 * same port; ids that were never given out are given in order of appearance, from 1.
 */
export class IdBook {
  private readonly ids: Record<BookKind, Map<string, number>>;
  private readonly next: Record<BookKind, number>;

  constructor(contents?: IdBookContents) {
    this.ids = forEachKind(() => new Map<string, number>());
    this.next = forEachKind(() => 1);
    if (contents === undefined) return;
    for (const kind of KINDS) {
      for (const [name, id] of contents.ids[kind] ?? []) this.put(kind, name, id);
      this.next[kind] = Math.max(this.next[kind], contents.next[kind] ?? 1);
    }
  }

  /** Ids of all requests, in their order; explicit ones first take theirs, also from a name that held it before. */
  assign(kind: BookKind, requests: readonly IdRequest[]): number[] {
    const known = this.ids[kind];
    const explicit = new Set(requests.filter((request) => request.id !== undefined).map((request) => request.id));
    for (const [name, id] of known) if (explicit.has(id)) known.delete(name);
    for (const request of requests) if (request.id !== undefined) this.put(kind, request.name, request.id);
    return requests.map((request) => this.idOf(kind, request.name));
  }

  /** Id of a name; a new name is given the next id. */
  idOf(kind: BookKind, name: string): number {
    const known = this.ids[kind].get(name);
    if (known !== undefined) return known;
    const id = this.next[kind];
    this.put(kind, name, id);
    return id;
  }

  /** Names by id. */
  namesById(kind: BookKind): Map<number, string> {
    return new Map([...this.ids[kind]].map(([name, id]) => [id, name]));
  }

  size(kind: BookKind): number {
    return this.ids[kind].size;
  }

  /** Forgets a name; its id is not given out again. */
  forget(kind: BookKind, name: string): void {
    this.ids[kind].delete(name);
  }

  names(kind: BookKind): IterableIterator<string> {
    return this.ids[kind].keys();
  }

  contents(): IdBookContents {
    return { ids: forEachKind((kind) => [...this.ids[kind]]), next: { ...this.next } };
  }

  copy(): IdBook {
    return new IdBook(this.contents());
  }

  private put(kind: BookKind, name: string, id: number): void {
    this.ids[kind].set(name, id);
    this.next[kind] = Math.max(this.next[kind], id + 1);
  }
}
