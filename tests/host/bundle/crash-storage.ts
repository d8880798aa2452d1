/**
 * Storage whose power fails after a given number of operations. Names last once their folder is synced, contents once
 * the file is; what was not synced is, at the test's choice, lost or there. The operation that fails may have had no
 * effect or its whole one; a file's contents may also be torn.
 */
import type { BundleSource, Listed } from "../../../host/bundle/directory.js";
import { BundleRefused, type RefusalName } from "../../../host/bundle/refusal.js";
import type { TrialStorage } from "../../../host/bundle/trial-storage.js";

/** What survives of the unsynced: nothing, everything, or everything but half of the file being written. */
export type Survival = "synced" | "all" | "torn";

class Crash extends Error {}

export const isCrash = (error: unknown): boolean => error instanceof Crash;

interface Folder {
  entries: Map<string, Node>;
  lasting: Map<string, Node>;
}
interface File {
  bytes: Buffer;
}
type Node = Folder | File;

const isFolder = (node: Node | undefined): node is Folder => node !== undefined && "entries" in node;
const newFolder = (): Folder => ({ entries: new Map(), lasting: new Map() });

export class CrashStorage implements TrialStorage {
  private root = newFolder();
  /** Operations until the power fails; -1 never. */
  left = -1;
  /** Operations carried out so far. */
  done = 0;

  private node(name: string): Node | undefined {
    let node: Node | undefined = this.root;
    for (const part of name === "" ? [] : name.split("/")) node = isFolder(node) ? node.entries.get(part) : undefined;
    return node;
  }

  private parent(name: string): { folder: Folder; last: string } {
    const at = name.lastIndexOf("/");
    const folder = this.node(at < 0 ? "" : name.slice(0, at));
    if (!isFolder(folder)) throw new Error(`${name}: no folder`);
    return { folder, last: name.slice(at + 1) };
  }

  /** Counts an operation; the one that the power fails in either has its effect (through `effect`) or none. */
  private operate(effect: () => void, torn?: () => void): void {
    this.done += 1;
    if (this.left < 0) return effect();
    if (this.left > 0) {
      this.left -= 1;
      return effect();
    }
    if (this.survival !== "synced") (this.survival === "torn" && torn ? torn : effect)();
    throw new Crash("the power failed");
  }

  constructor(private survival: Survival = "all") {}

  /** The power is back: what lasted is there. */
  recover(): void {
    this.left = -1;
    const settle = (folder: Folder): void => {
      if (this.survival === "synced") folder.entries = new Map(folder.lasting);
      folder.lasting = new Map(folder.entries);
      for (const node of folder.entries.values()) if (isFolder(node)) settle(node);
    };
    settle(this.root);
  }

  setCrash(after: number, survival: Survival): void {
    this.left = after;
    this.survival = survival;
  }

  read(name: string): Uint8Array | undefined {
    const node = this.node(name);
    return node === undefined || isFolder(node) ? undefined : node.bytes;
  }

  writeFile(name: string, bytes: Uint8Array): void {
    const { folder, last } = this.parent(name);
    if (folder.entries.has(last)) throw new Error(`${name}: is there`);
    const put = (contents: Uint8Array) => folder.entries.set(last, { bytes: Buffer.from(contents) });
    this.operate(
      () => put(bytes),
      () => put(bytes.subarray(0, bytes.length >> 1)),
    );
  }

  makeFolder(name: string): void {
    const { folder, last } = this.parent(name);
    if (folder.entries.has(last)) throw new Error(`${name}: is there`);
    this.operate(() => folder.entries.set(last, newFolder()));
  }

  syncFolder(name: string): void {
    const folder = this.node(name);
    if (!isFolder(folder)) throw new Error(`${name}: no folder`);
    this.operate(() => {
      folder.lasting = new Map(folder.entries);
    });
  }

  rename(from: string, to: string): void {
    const source = this.parent(from);
    const target = this.parent(to);
    const node = source.folder.entries.get(source.last);
    if (node === undefined) throw new Error(`${from}: is not there`);
    if (isFolder(node) && target.folder.entries.has(target.last)) throw new Error(`${to}: is there`);
    this.operate(() => {
      source.folder.entries.delete(source.last);
      target.folder.entries.set(target.last, node);
    });
  }

  /** Removing many names is many operations: the power may fail between any two of them. */
  remove(name: string): void {
    const node = this.node(name);
    if (node === undefined) return;
    if (isFolder(node)) for (const last of [...node.entries.keys()]) this.remove(`${name}/${last}`);
    const { folder, last } = this.parent(name);
    this.operate(() => folder.entries.delete(last));
  }

  bundle(name: string): BundleSource {
    const at = (file: string) => this.node(file === "" ? name : `${name}/${file}`);
    return {
      read(file: string, bytesMax: number, missing: RefusalName, large: RefusalName): Buffer {
        const node = at(file);
        if (node === undefined || isFolder(node)) throw new BundleRefused(missing, file);
        if (node.bytes.length > bytesMax) throw new BundleRefused(large, file);
        return Buffer.from(node.bytes);
      },
      list(folder: string): Listed[] {
        const node = at(folder);
        if (!isFolder(node)) throw new BundleRefused("UNREADABLE", folder);
        return [...node.entries].map(([last, child]) => ({ name: last, kind: isFolder(child) ? "folder" : "file" }));
      },
    };
  }

  /** Flips a bit in a file, as a failing medium does. */
  damage(name: string): void {
    const node = this.node(name);
    if (node === undefined || isFolder(node)) throw new Error(`${name}: no file`);
    const at = node.bytes.length >> 1;
    node.bytes[at] = (node.bytes[at] as number) ^ 1;
  }
}
