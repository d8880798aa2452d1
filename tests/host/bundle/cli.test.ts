import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Command } from "commander";
import { register as registerBundle } from "../../../host/cli/bundle.js";
import { register as registerSign } from "../../../host/cli/sign.js";
import { register as registerTrust } from "../../../host/cli/trust.js";
import { makeModule } from "./fixture.js";

const folder = mkdtempSync(join(tmpdir(), "fairlead-cli-"));
const at = (name: string) => join(folder, name);
after(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  code: number;
  out: string;
  errors: string;
}

/** Runs a command in this process, as the `fairlead` command does. */
async function fairlead(...words: string[]): Promise<Outcome> {
  const program = new Command("fairlead").exitOverride();
  const outcome: Outcome = { code: 0, out: "", errors: "" };
  for (const register of [registerBundle, registerSign, registerTrust]) register(program);
  const before = process.exitCode; // the test runner's own, to be left as it was
  process.exitCode = undefined;
  const [write, writeError] = [process.stdout.write, process.stderr.write];
  const keep = (stream: "out" | "errors") => (text: string) => {
    outcome[stream] += text;
    return true;
  };
  process.stdout.write = keep("out") as typeof process.stdout.write;
  process.stderr.write = keep("errors") as typeof process.stderr.write;
  try {
    await program.parseAsync(["node", "fairlead", ...words]);
    outcome.code = Number(process.exitCode ?? 0);
  } finally {
    process.stdout.write = write;
    process.stderr.write = writeError;
    process.exitCode = before;
  }
  return outcome;
}

async function well(...words: string[]): Promise<string> {
  const { code, out, errors } = await fairlead(...words);
  assert.deepEqual([code, errors], [0, ""], words.join(" "));
  return out;
}

async function badly(code: number, message: RegExp, ...words: string[]): Promise<void> {
  const outcome = await fairlead(...words);
  assert.equal(outcome.code, code, `${words.join(" ")}: ${outcome.errors}`);
  assert.match(outcome.errors, message);
  assert.doesNotMatch(outcome.errors, /\n.|PRIVATE KEY/, "one line, and no key in it");
}

const made = (out: string, ...more: string[]) => [
  "bundle",
  "--out",
  at(out),
  "--build",
  folder,
  "--profile",
  "small",
  ...more,
];

before(async () => {
  for (const build of ["plain", "shared"]) writeFileSync(at(`fairlead-small-${build}.wasm`), makeModule());
  writeFileSync(at("fairlead.h"), "/* generated */\n");
  await well("trust", "key", "--out", at("one"));
  await well("trust", "key", "--out", at("two"));
  const keys = ["--key", at("one.pub"), "--key", at("two.pub")];
  await well(
    "trust",
    "store",
    "--out",
    at("trust.json"),
    ...keys,
    "--threshold",
    "2",
    "--minimum-security-counter",
    "1",
  );
});

describe("fairlead bundle, sign and verify", () => {
  it("make a bundle that a device takes once enough keys have signed", async () => {
    await well(...made("b", "--security-counter", "1", "--key", at("one.key")));
    await badly(1, /THRESHOLD_NOT_MET/, "verify", at("b"), "--trust", at("trust.json"));
    const signed = await well("sign", at("b"), "--key", at("two.key"), "--key", at("two.key"));
    assert.match(signed, /2 signatures/);
    const facts = JSON.parse(await well("verify", at("b"), "--trust", at("trust.json"), "--json"));
    assert.deepEqual([facts.securityCounter, facts.signers.length], [1, 2]);
    await badly(1, /COUNTER_TOO_OLD/, "verify", at("b"), "--trust", at("trust.json"), "--kept", "2");
  });

  it("make the same bytes twice", async () => {
    for (const format of ["tar", "cpio"]) {
      await well(...made(`1.${format}`, "--format", format));
      await well(...made(`2.${format}`, "--format", format));
      assert.deepEqual(readFileSync(at(`1.${format}`)), readFileSync(at(`2.${format}`)));
    }
    process.env["SOURCE_DATE_EPOCH"] = "86400";
    try {
      await well(...made("dated"));
      assert.equal(statSync(at("dated/sbom.cdx.json")).mtimeMs, 86_400_000);
      assert.match(readFileSync(at("dated/sbom.cdx.json"), "utf8"), /"timestamp": "1970-01-02T00:00:00.000Z"/);
      process.env["SOURCE_DATE_EPOCH"] = "yesterday";
      await badly(2, /seconds since 1970/, ...made("undated"));
    } finally {
      delete process.env["SOURCE_DATE_EPOCH"];
    }
  });

  it("say what is wrong with what they are given, with exit code 2", async () => {
    await badly(2, /--out is missing/, "bundle");
    await badly(2, /is there already/, ...made("b"));
    await badly(2, /no such directory/, ...made("none/b"));
    await badly(2, /"tiny" is no profile/, ...made("x", "--profile", "tiny"));
    await badly(2, /npm run build makes it/, ...made("x", "--build", at("none")));
    await badly(2, /FILE@TARGET/, ...made("x", "--executable", "served"));
    await badly(2, /package URL/, ...made("x", "--package", "libsodium"));
    await badly(2, /no such directory/, "verify", at("none"), "--trust", at("trust.json"));
    await badly(2, /no such directory/, "sign", at("none"), "--key", at("one.key"));
    await badly(2, /TRUST_MALFORMED/, "verify", at("b"), "--trust", at("fairlead.h"));
    await badly(2, /sign it first/, ...made("x", "--from", at("b"), "--key", at("one.key")));
    await badly(2, /ENOENT/, "sign", at("b"), "--key", at("none.key"));
    writeFileSync(at("noise.key"), "noise", { mode: 0o600 });
    await badly(2, /no Ed25519 private key/, "sign", at("b"), "--key", at("noise.key"));
  });

  it("refuse to sign or pack what was damaged", async () => {
    await well(...made("damaged"));
    writeFileSync(at("damaged/build/fairlead.h"), "/* GENERATED */\n");
    await badly(1, /PART_HASH/, "sign", at("damaged"), "--key", at("one.key"));
    await badly(1, /PART_HASH/, "bundle", "--from", at("damaged"), "--out", at("damaged.tar"), "--format", "tar");
  });
});

describe("fairlead trust", () => {
  it("refuses stores that would trust nobody or anybody, and private keys in them", async () => {
    const store = (...more: string[]) => ["trust", "store", "--out", at("other.json"), ...more];
    await badly(2, /threshold of 2 with 1 keys/, ...store("--key", at("one.pub"), "--threshold", "2"));
    await badly(2, /threshold of 0/, ...store("--key", at("one.pub"), "--threshold", "0"));
    await badly(2, /keys/, ...store("--key", at("one.pub"), "--key", at("one.pub"), "--threshold", "1"));
    await badly(2, /is a private key/, ...store("--key", at("one.key"), "--threshold", "1"));
    await badly(
      2,
      /is there already/,
      "trust",
      "store",
      "--out",
      at("trust.json"),
      "--key",
      at("one.pub"),
      "--threshold",
      "1",
    );
    await badly(2, /never overwritten/, "trust", "key", "--out", at("one"));
    assert.equal(JSON.parse(await well("trust", "show", at("trust.json"))).threshold, 2);
  });
});

describe("fairlead slots", () => {
  it("provision, install, return", async () => {
    const place = ["--slots", at("slots"), "--trust", at("trust.json")];
    const signed = ["--security-counter", "1", "--key", at("one.key"), "--key", at("two.key")];
    await well(...made("old", ...signed));
    await well(...made("new", ...signed, "--bundle-version", "9"));
    await badly(2, /no such directory/, "slots", "provision", at("old"), ...place);
    mkdirSync(at("slots"));
    await well("slots", "provision", at("old"), ...place);
    assert.match(await well("slots", "install", at("new"), ...place, "--attempts", "1"), /version 9 is on trial/);
    await badly(1, /has not run yet/, "slots", "confirm", ...place);
    await well("slots", "return", ...place);
    assert.equal(JSON.parse(await well("slots", "status", ...place)).returned, "OPERATOR");
  });
});
