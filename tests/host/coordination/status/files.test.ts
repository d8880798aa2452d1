/** The key file and the boot count's file. */

import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { FileBootStore } from "../../../../host/coordination/status/boot-count.js";
import { configurationDigest } from "../../../../host/coordination/status/identity.js";
import { deriveKey, KeyFileError, readKeyFile } from "../../../../host/coordination/status/key-file.js";
import { arrayOf } from "../../shim/support.js";

const folder = mkdtempSync(join(tmpdir(), "fairlead-status-"));
after(() => rmSync(folder, { recursive: true }));

function keyFile(name: string, content: string | Uint8Array, mode = 0o600): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  chmodSync(file, mode);
  return file;
}

test("a key as hex digits or as bytes", () => {
  const bytes = Buffer.from(Array.from({ length: 40 }, (_, index) => 200 - index));
  assert.deepEqual(readKeyFile(keyFile("hex", `${bytes.toString("hex")}\n`)), bytes);
  assert.deepEqual(readKeyFile(keyFile("raw", bytes, 0o400)), bytes);
});

test("a key file that others may read or write, or that is too short, is refused by name and without its content", () => {
  const secret = "ab".repeat(32);
  for (const mode of [0o640, 0o604, 0o620, 0o602, 0o601, 0o777]) {
    const file = keyFile(`open-${mode}`, secret, mode);
    assert.throws(
      () => readKeyFile(file),
      (error: Error) => {
        assert.ok(error instanceof KeyFileError);
        assert.ok(error.message.startsWith(`${file}: mode 0${mode.toString(8)}`), error.message);
        assert.ok(!error.message.includes("abab"));
        return true;
      },
    );
  }
  assert.throws(() => readKeyFile(keyFile("short", "ab".repeat(31))), /31 bytes are too few: 32 or more/);
  assert.throws(() => readKeyFile(keyFile("empty", "")), /0 bytes are too few/);
  assert.throws(() => readKeyFile(keyFile("long", "ab".repeat(4000))), /too long/);
  assert.throws(() => readKeyFile(join(folder, "none")), /none: can't be read: ENOENT/);
  mkdirSync(join(folder, "folder"), { mode: 0o700 });
  assert.throws(() => readKeyFile(join(folder, "folder")), /no plain file/);
});

test("keys of two uses, and of two arrays, differ", () => {
  const shared = Buffer.alloc(32, 1);
  const keys = [
    deriveKey(shared, "array-1", "status"),
    deriveKey(shared, "array-1", "commands"),
    deriveKey(shared, "array-2", "status"),
  ].map((key) => key.toString("hex"));
  assert.equal(new Set(keys).size, 3);
  assert.equal(keys[0], deriveKey(shared, "array-1", "status").toString("hex"));
});

test("the boot count grows with each start and is kept before it is given", () => {
  const file = join(folder, "boot");
  const store = () => new FileBootStore(file, () => 1_700_000_000_500, assert.fail);
  assert.equal(store().next(), 1_700_000_000, "with nothing kept: seconds since 1970");
  assert.equal(readFileSync(file, "latin1"), "1700000000\n");
  assert.equal(store().next(), 1_700_000_001);
  assert.equal(store().next(), 1_700_000_002);
  assert.ok(!existsSync(`${file}.tmp`));
});

test("a damaged boot count begins anew and says so; one that can't be written is not given", () => {
  const warnings: string[] = [];
  for (const text of ["", "12", "-4\n", "99999999999\n", "4294967295\n", "x\n"]) {
    const file = join(folder, "damaged");
    writeFileSync(file, text);
    const boot = new FileBootStore(
      file,
      () => 1_700_000_000_000,
      (line) => warnings.push(line),
    ).next();
    assert.equal(boot, 1_700_000_000, JSON.stringify(text));
  }
  assert.equal(warnings.length, 6);
  const nowhere = new FileBootStore(join(folder, "no-such", "boot"), Date.now, assert.fail);
  assert.throws(() => nowhere.next(), /ENOENT/);
});

test("the digest follows what the file means, not how it is written", () => {
  const text = "name: x\nports: [{name: p1}, {name: p2, tag: 2}]\ntargets: [t1]\n";
  const digest = configurationDigest(arrayOf(text));
  assert.equal(configurationDigest(arrayOf(`# remark\ntargets: [t1]\n${text.replace("targets: [t1]\n", "")}`)), digest);
  assert.notEqual(configurationDigest(arrayOf(text.replace("t1", "t2"))), digest);
  assert.notEqual(configurationDigest(arrayOf(text.replace("tag: 2", "tag: 3"))), digest);
});
