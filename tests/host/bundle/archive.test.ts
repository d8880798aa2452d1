import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { writeCpio } from "../../../host/bundle/archive/cpio.js";
import type { Entry } from "../../../host/bundle/archive/entry.js";
import { ProgramMissing } from "../../../host/bundle/archive/squashfs.js";
import { writeTar } from "../../../host/bundle/archive/tar.js";
import { openBundle } from "../../../host/bundle/open.js";
import { OutputError, readBundleEntries, writeBundle } from "../../../host/bundle/pack.js";
import { BundleFixture, makeTrust } from "./fixture.js";

const directory = mkdtempSync(join(tmpdir(), "fairlead-archive-"));
after(() => rmSync(directory, { recursive: true, force: true }));

const ENTRIES: Entry[] = [
  { name: "b/c/two.bin", bytes: Buffer.alloc(513, 7), executable: true },
  { name: "a.txt", bytes: Buffer.from("one"), executable: false },
  { name: "b/empty", bytes: Buffer.alloc(0), executable: false },
];

interface Unpacked {
  name: string;
  mode: number;
  owner: number;
  seconds: number;
  content: string;
}

/** Reads newc by the kernel's description of it, apart from the writer's code. */
function readCpio(bytes: Buffer): Unpacked[] {
  const found: Unpacked[] = [];
  for (let at = 0; ; ) {
    assert.equal(bytes.toString("latin1", at, at + 6), "070701");
    const field = (index: number) =>
      Number.parseInt(bytes.toString("latin1", at + 6 + index * 8, at + 14 + index * 8), 16);
    const [mode, owner, seconds, size, nameSize] = [field(1), field(2) + field(3), field(5), field(6), field(11)];
    const name = bytes.toString("latin1", at + 110, at + 110 + nameSize - 1);
    if (name === "TRAILER!!!") return found;
    const start = (at + 110 + nameSize + 3) & ~3;
    found.push({ name, mode, owner, seconds, content: bytes.toString("hex", start, start + size) });
    at = (start + size + 3) & ~3;
  }
}

/** Reads ustar by the standard's table of fields, apart from the writer's code. */
function readTar(bytes: Buffer): Unpacked[] {
  const found: Unpacked[] = [];
  for (let at = 0; bytes[at] !== 0; ) {
    const text = (start: number, length: number) => bytes.toString("latin1", at + start, at + start + length);
    const octal = (start: number, length: number) => Number.parseInt(text(start, length), 8);
    assert.equal(text(257, 8), "ustar\x0000");
    const head = Buffer.from(bytes.subarray(at, at + 512)).fill(" ", 148, 156);
    assert.equal(
      octal(148, 6),
      head.reduce((sum, byte) => sum + byte, 0),
      "checksum",
    );
    const size = octal(124, 11);
    const name = text(0, 100).split("\0")[0] as string;
    const type = text(156, 1) === "5" ? 0o040000 : 0o100000;
    const content = bytes.toString("hex", at + 512, at + 512 + size);
    const owner = octal(108, 7) + octal(116, 7);
    found.push({ name, mode: type | octal(100, 7), owner, seconds: octal(136, 11), content });
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return found;
}

function expected(seconds: number, folder: (name: string) => string, under = ""): Unpacked[] {
  const facts = (name: string, mode: number, content = "") => ({
    name: under + name,
    mode,
    owner: 0,
    seconds,
    content,
  });
  return [
    facts(folder("b"), 0o040755),
    facts(folder("b/c"), 0o040755),
    facts("a.txt", 0o100644, "6f6e65"),
    facts("b/c/two.bin", 0o100755, "07".repeat(513)),
    facts("b/empty", 0o100644),
  ];
}

describe("cpio", () => {
  it("holds folders before files, sorted, owned by root, at one time", () => {
    const bytes = writeCpio(ENTRIES, 1234);
    assert.deepEqual(
      readCpio(bytes),
      expected(1234, (name) => name),
    );
    assert.equal(bytes.length % 512, 0);
    const [, ...below] = readCpio(writeCpio(ENTRIES, 0, "fairlead"));
    assert.deepEqual(
      below,
      expected(0, (name) => name, "fairlead/"),
    );
  });

  it("doesn't depend on the order of entries", () => {
    assert.deepEqual(writeCpio([...ENTRIES].reverse(), 5), writeCpio(ENTRIES, 5));
  });
});

describe("tar", () => {
  it("holds folders before files, sorted, owned by root, at one time", () => {
    const bytes = writeTar(ENTRIES, 1234);
    assert.deepEqual(
      readTar(bytes),
      expected(1234, (name) => `${name}/`),
    );
    assert.deepEqual(bytes.subarray(-1024), Buffer.alloc(1024));
    assert.deepEqual(writeTar([...ENTRIES].reverse(), 1234), bytes);
  });

  it("refuses what a ustar header can't hold", () => {
    const entry = { name: "x".repeat(101), bytes: Buffer.alloc(0), executable: false };
    assert.throws(() => writeTar([entry], 0), RangeError);
  });
});

describe("writeBundle", () => {
  const bundle = new BundleFixture().write();
  const entries = readBundleEntries(bundle.directory);
  after(() => bundle.remove());

  it("gives the same bytes twice, for every format of its own", () => {
    for (const format of ["tar", "cpio"] as const) {
      const [one, two] = [join(directory, `one.${format}`), join(directory, `two.${format}`)];
      writeBundle(entries, one, format, 99);
      writeBundle([...entries].reverse(), two, format, 99);
      assert.deepEqual(readFileSync(one), readFileSync(two));
    }
  });

  it("writes a directory that opens, with fixed times and modes, and packs again to the same", () => {
    const out = join(directory, "plain");
    writeBundle(entries, out, "dir", 99);
    assert.equal(openBundle(out, makeTrust()).signers.length, 2);
    for (const name of ["", "modules", "manifest.json"]) assert.equal(statSync(join(out, name)).mtimeMs, 99_000);
    assert.equal(statSync(join(out, "manifest.json")).mode & 0o777, 0o644);
    const again = join(directory, "again.tar");
    writeBundle(readBundleEntries(out), again, "tar", 99);
    assert.deepEqual(readFileSync(again), readFileSync(join(directory, "one.tar")));
  });

  it("never writes over what is there, and leaves nothing half done", () => {
    const out = join(directory, "kept");
    writeFileSync(out, "kept");
    assert.throws(() => writeBundle(entries, out, "tar", 0), OutputError);
    assert.equal(readFileSync(out, "utf8"), "kept");
    assert.throws(() => writeBundle(entries, join(directory, "none", "out"), "dir", 0), OutputError);
    const long = { name: "x".repeat(101), bytes: Buffer.alloc(0), executable: false };
    assert.throws(() => writeBundle([long], join(directory, "half"), "tar", 0), RangeError);
    assert.ok(!existsSync(join(directory, "half")));
    assert.deepEqual(
      readdirSync(directory).filter((name) => name.startsWith(".")),
      [],
    );
  });

  it("does not ship a damaged bundle", () => {
    const damaged = new BundleFixture().write();
    damaged.put("build/fairlead.h", "/* HEADER */\n");
    assert.throws(() => readBundleEntries(damaged.directory), { reason: "PART_HASH" });
    damaged.remove();
  });

  it("makes squashfs with mksquashfs, the same bytes twice, or names the package that is missing", () => {
    const present = spawnSync("mksquashfs", ["-version"]).error === undefined;
    const [one, two] = [join(directory, "one.squashfs"), join(directory, "two.squashfs")];
    if (!present) {
      assert.throws(
        () => writeBundle(entries, one, "squashfs", 99),
        /mksquashfs is missing: apt-get install squashfs-tools/,
      );
      return;
    }
    writeBundle(entries, one, "squashfs", 99);
    writeBundle(entries, two, "squashfs", 99);
    assert.equal(readFileSync(one).toString("latin1", 0, 4), "hsqs");
    assert.deepEqual(readFileSync(one), readFileSync(two));
  });

  it("names the missing package in one line where mksquashfs isn't on the path", () => {
    const path = process.env["PATH"];
    process.env["PATH"] = directory;
    try {
      assert.throws(
        () => writeBundle(entries, join(directory, "no.squashfs"), "squashfs", 0),
        (error: Error) => {
          return (
            error instanceof ProgramMissing && !error.message.includes("\n") && /squashfs-tools/.test(error.message)
          );
        },
      );
    } finally {
      process.env["PATH"] = path;
    }
    assert.ok(!existsSync(join(directory, "no.squashfs")));
  });
});
