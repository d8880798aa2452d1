import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { canonicalBytes } from "../../../host/bundle/canonical.js";
import {
  generateKeyFiles,
  KeyError,
  readPrivateKey,
  readPublicKey,
  signMessage,
  verifySignature,
} from "../../../host/bundle/keys.js";
import { parseTrust } from "../../../host/bundle/trust.js";
import { makeTrust, STRANGER } from "./fixture.js";

const directory = mkdtempSync(join(tmpdir(), "fairlead-keys-"));
after(() => rmSync(directory, { recursive: true, force: true }));

describe("key files", () => {
  it("are written with safe modes whatever the umask, and never overwritten", () => {
    const before = process.umask(0);
    try {
      generateKeyFiles(join(directory, "one"));
    } finally {
      process.umask(before);
    }
    assert.equal(statSync(join(directory, "one.key")).mode & 0o777, 0o600);
    assert.equal(statSync(join(directory, "one.pub")).mode & 0o777, 0o644);
    const kept = readFileSync(join(directory, "one.key"), "latin1");
    assert.throws(() => generateKeyFiles(join(directory, "one")), KeyError);
    assert.equal(readFileSync(join(directory, "one.key"), "latin1"), kept);
  });

  it("that others may read are refused, without a word of what is in them", () => {
    const hex = generateKeyFiles(join(directory, "two"));
    const file = join(directory, "two.key");
    assert.equal(readPublicKey(join(directory, "two.pub")), hex);
    for (const mode of [0o640, 0o604, 0o620]) {
      chmodSync(file, mode);
      assert.throws(
        () => readPrivateKey(file),
        (error: Error) => {
          const secret = readFileSync(file, "latin1").split("\n")[1] as string;
          return error instanceof KeyError && /chmod 600/.test(error.message) && !error.message.includes(secret);
        },
      );
    }
    chmodSync(file, 0o600);
    assert.ok(verifySignature(hex, Buffer.from("m"), signMessage(readPrivateKey(file), Buffer.from("m"))));
  });

  it("of another kind are refused", () => {
    const rsa = join(directory, "rsa.key");
    const pem = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" });
    writeFileSync(rsa, pem, { mode: 0o600 });
    assert.throws(() => readPrivateKey(rsa), /no Ed25519 private key/);
    assert.throws(() => readPublicKey(rsa), /is a private key/);
    writeFileSync(join(directory, "noise.pub"), "noise");
    assert.throws(() => readPublicKey(join(directory, "noise.pub")), /no Ed25519 public key/);
    assert.throws(() => readPrivateKey(directory), /no plain file/);
  });
});

describe("Ed25519", () => {
  it("follows RFC 8032, section 7.1, test 3", () => {
    const key = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";
    const signature =
      "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a";
    assert.ok(verifySignature(key, Buffer.from("af82", "hex"), Buffer.from(signature, "hex")));
    assert.ok(!verifySignature(key, Buffer.from("af83", "hex"), Buffer.from(signature, "hex")));
    assert.ok(!verifySignature("00".repeat(32), Buffer.from("af82", "hex"), Buffer.from(signature, "hex")));
    assert.ok(!verifySignature(key, Buffer.from("af82", "hex"), Buffer.from(signature.slice(2), "hex")));
  });
});

describe("trust stores", () => {
  it("are read only in the spelling that they are written in", () => {
    const trust = makeTrust();
    assert.deepEqual(parseTrust(canonicalBytes(trust as never)), trust);
    const [first, second] = trust.keys as [string, string];
    const unfit: object[] = [
      { ...trust, threshold: 0 },
      { ...trust, threshold: 3 },
      { ...trust, keys: [] },
      { ...trust, keys: [first, first] },
      { ...trust, keys: [second, first] },
      { ...trust, keys: [first, second, STRANGER.hex.toUpperCase()] },
      { ...trust, format: "fairlead-trust-2" },
      { ...trust, product: "a b" },
      { ...trust, minimumSecurityCounter: 2 ** 32 },
      { ...trust, extra: 1 },
    ];
    for (const value of unfit) {
      assert.throws(() => parseTrust(canonicalBytes(value as never)), { reason: "TRUST_MALFORMED" });
    }
    const spelt = canonicalBytes(trust as never).toString("latin1");
    for (const text of [` ${spelt}`, `${spelt}\n`, spelt.replace("{", '{"threshold":2,'), "x".repeat(5000), ""]) {
      assert.throws(() => parseTrust(Buffer.from(text)), { reason: "TRUST_MALFORMED" });
    }
  });
});
