/** What the writers of archives take: files in ascending order of name, one time for all, owner 0, fixed modes. */
export interface Entry {
  /** A part's name: plain components, `/` between them, nothing that leaves the archive. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly executable: boolean;
}

/** The folders of the entries' names, a parent before its children, ascending. */
export function foldersOf(names: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const name of names) {
    for (let at = name.indexOf("/"); at >= 0; at = name.indexOf("/", at + 1)) folders.add(name.slice(0, at));
  }
  return [...folders].sort();
}

/** Entries in ascending order of name. */
export function sorted(entries: readonly Entry[]): Entry[] {
  return [...entries].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** Permission bits of a file. */
export function modeOf(entry: Entry): number {
  return entry.executable ? 0o755 : 0o644;
}

export const FOLDER_MODE = 0o755;
