import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync } from "node:fs";
import { afterEach, beforeEach, describe, it } from "node:test";
import { canonicalBytes } from "../../../host/bundle/canonical.js";
import { MANIFEST_BYTES_MAX, PART_BYTES_MAX } from "../../../host/bundle/manifest.js";
import { type OpenOptions, openBundle } from "../../../host/bundle/open.js";
import { BundleRefused, type RefusalName, RefusalReason } from "../../../host/bundle/refusal.js";
import {
  BundleFixture,
  KEY_ONE,
  LAYOUT_HASH,
  MODULE_NAME,
  makeModule,
  makeTrust,
  partFor,
  STRANGER,
} from "./fixture.js";

let fixture: BundleFixture;
const seen = new Set<RefusalName>();

beforeEach(() => {
  fixture = new BundleFixture();
});
afterEach(() => fixture.remove());

function refused(reason: RefusalName, trust = makeTrust(), options: OpenOptions = {}): void {
  assert.throws(
    () => openBundle(fixture.directory, trust, options),
    (error: unknown) => {
      assert.ok(error instanceof BundleRefused, String(error));
      assert.equal(error.reason, reason, error.message);
      assert.equal(error.code, RefusalReason[reason]);
      return true;
    },
  );
  seen.add(reason);
}

function flip(name: string, bit = 0): void {
  const bytes = readFileSync(fixture.file(name));
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] as number) ^ (1 << bit);
  fixture.put(name, bytes);
}

describe("openBundle takes", () => {
  it("a bundle that two trusted keys signed, and hands back the verified bytes", () => {
    fixture.write();
    const bundle = openBundle(fixture.directory, makeTrust());
    assert.deepEqual([...bundle.signers].sort(), [...makeTrust().keys]);
    assert.deepEqual(Buffer.from(bundle.module("small")), makeModule());
    assert.equal(bundle.manifest.version, "1.2.3");
    flip(MODULE_NAME);
    assert.deepEqual(Buffer.from(bundle.module("small")), makeModule(), "what is used is what was verified");
  });

  it("a signature of a stranger beside enough trusted ones", () => {
    fixture.signers = [...fixture.signers, STRANGER];
    fixture.write();
    assert.equal(openBundle(fixture.directory, makeTrust()).signers.length, 2);
  });

  it("a security counter equal to the one kept, and the host's own layout", () => {
    fixture.write();
    const layout = { version: 1, hashes: [LAYOUT_HASH] };
    assert.ok(openBundle(fixture.directory, makeTrust(), { keptSecurityCounter: 3, layout }));
  });
});

describe("openBundle refuses signatures", () => {
  it("UNSIGNED: no file, an empty file", () => {
    fixture.write();
    rmSync(fixture.file("manifest.sig"));
    refused("UNSIGNED");
    fixture.put("manifest.sig", "");
    refused("UNSIGNED");
  });

  it("SIGNATURE_MALFORMED: truncated, oversized, upper case, no newline", () => {
    fixture.write();
    const whole = readFileSync(fixture.file("manifest.sig"), "latin1");
    for (const spoiled of [whole.slice(0, -1), whole.toUpperCase(), `${whole.slice(0, -1)} `, whole.repeat(9)]) {
      fixture.put("manifest.sig", spoiled);
      refused("SIGNATURE_MALFORMED");
    }
  });

  it("SIGNATURE_UNTRUSTED: signed by a wrong key only", () => {
    fixture.signers = [STRANGER];
    fixture.write();
    refused("SIGNATURE_UNTRUSTED");
  });

  it("SIGNATURE_INVALID: one bit of the manifest or of a signature flipped", () => {
    fixture.write();
    flip("manifest.json");
    refused("SIGNATURE_INVALID");
    fixture.write();
    const lines = readFileSync(fixture.file("manifest.sig"), "latin1");
    const digit = lines[100] === "0" ? "1" : "0";
    fixture.put("manifest.sig", lines.slice(0, 100) + digit + lines.slice(101));
    refused("SIGNATURE_INVALID");
  });

  it("THRESHOLD_NOT_MET: one of two keys, and the same key's line twice", () => {
    fixture.signers = [KEY_ONE];
    fixture.write();
    refused("THRESHOLD_NOT_MET");
    const line = readFileSync(fixture.file("manifest.sig"), "latin1");
    fixture.put("manifest.sig", line + line);
    refused("THRESHOLD_NOT_MET");
  });

  it("nothing of an unsigned manifest is parsed: a signature is missed before bad JSON is", () => {
    fixture.signers = [STRANGER];
    fixture.write(Buffer.from("{not json"));
    refused("SIGNATURE_UNTRUSTED");
  });
});

describe("openBundle refuses manifests", () => {
  it("UNREADABLE: none, a folder in its place, a symbolic link", () => {
    refused("UNREADABLE");
    mkdirSync(fixture.file("manifest.json"));
    refused("UNREADABLE");
    rmSync(fixture.file("manifest.json"), { recursive: true });
    fixture.write();
    renameSync(fixture.file("manifest.json"), fixture.file("elsewhere"));
    symlinkSync("elsewhere", fixture.file("manifest.json"));
    refused("UNREADABLE");
  });

  it("MANIFEST_SIZE: empty, larger than its limit", () => {
    fixture.write(Buffer.alloc(0));
    refused("MANIFEST_SIZE");
    fixture.write(Buffer.alloc(MANIFEST_BYTES_MAX + 1, 0x20));
    refused("MANIFEST_SIZE");
  });

  it("MANIFEST_MALFORMED: other spellings of the same value", () => {
    const right = fixture.manifestBytes().toString("latin1");
    const spoiled = [
      `${right}\n`,
      ` ${right}`,
      right.slice(0, -1),
      right.replace('"abi":1', '"abi":1,"abi":1'),
      right.replace('"abi":1', '"abi":1.0'),
      right.replace('"abi":1', '"abi":01'),
      right.replace('"abi":1', '"abi":-1'),
      right.replace('"abi":1', '"abi":true'),
      right.replace('"fairlead"', '"fairle\\u0061d"'),
      right.replace('"abi":1,', "").replace("}]", '}],"abi":1'),
      "null",
      "[]",
    ];
    for (const text of spoiled) {
      fixture.write(Buffer.from(text, "latin1"));
      refused("MANIFEST_MALFORMED");
    }
  });

  it("MANIFEST_MALFORMED: unknown, missing and ill-formed fields, of the manifest and of a part", () => {
    const part = partFor("build/fairlead.h", Buffer.from("x"));
    const unfit = [
      { extra: 1 },
      { version: "" },
      { version: "a b" },
      { securityCounter: 2 ** 32 },
      { parts: [] },
      { parts: [{ ...part, extra: 1 }] },
      { parts: [{ ...part, sha256: part.sha256.toUpperCase() }] },
      { parts: [{ ...part, bytes: PART_BYTES_MAX + 1 }] },
      { parts: [{ ...part, kind: "other" }] },
      { parts: [{ ...part, layout: "12" }] },
      { parts: [...fixture.parts()].reverse() },
      { parts: Array.from({ length: 65 }, (_, index) => ({ ...part, name: `p${100 + index}` })) },
    ];
    for (const changes of unfit) {
      fixture.write(canonicalBytes({ ...fixture.manifest(), ...changes } as never));
      refused("MANIFEST_MALFORMED");
    }
    const { abi: _, ...lacking } = fixture.manifest();
    fixture.write(canonicalBytes(lacking as never));
    refused("MANIFEST_MALFORMED");
  });

  it("FORMAT_UNKNOWN, PRODUCT_MISMATCH, HARDWARE_MISMATCH, ABI_MISMATCH", () => {
    const cases: [RefusalName, string, string | number][] = [
      ["FORMAT_UNKNOWN", "format", "fairlead-bundle-2"],
      ["PRODUCT_MISMATCH", "product", "other"],
      ["HARDWARE_MISMATCH", "hardwareClass", "other"],
      ["ABI_MISMATCH", "abi", 2],
    ];
    for (const [reason, field, value] of cases) {
      fixture.changes = { [field]: value };
      fixture.write();
      refused(reason);
    }
  });

  it("COUNTER_TOO_OLD: lower than the trust store's, lower than the one kept", () => {
    fixture.write();
    refused("COUNTER_TOO_OLD", makeTrust({ minimumSecurityCounter: 4 }));
    refused("COUNTER_TOO_OLD", makeTrust(), { keptSecurityCounter: 4 });
  });

  it("LAYOUT_MISMATCH: another version or hash than the host's views", () => {
    fixture.write();
    refused("LAYOUT_MISMATCH", makeTrust(), { layout: { version: 2, hashes: [LAYOUT_HASH] } });
    refused("LAYOUT_MISMATCH", makeTrust(), { layout: { version: 1, hashes: ["ffffffffffffffff"] } });
  });
});

describe("openBundle refuses parts", () => {
  it("PART_NAME: path traversal, absolute, hidden, reserved, too long, a file that is also a folder", () => {
    const bytes = Buffer.from("x");
    const names = ["../x", "a/../x", "/x", "a//x", "a/", "", ".x", "a/.x", "manifest.json", "a b", "x".repeat(97)];
    for (const name of names) {
      fixture.write(canonicalBytes({ ...fixture.manifest(), parts: [partFor(name, bytes)] } as never));
      refused("PART_NAME");
    }
    const both = [partFor("a", bytes), partFor("a-b", bytes), partFor("a/b", bytes)];
    fixture.write(canonicalBytes({ ...fixture.manifest(), parts: both } as never));
    refused("PART_NAME");
  });

  it("PART_DUPLICATE: a name that stands twice", () => {
    const part = partFor("x", Buffer.from("x"));
    fixture.write(canonicalBytes({ ...fixture.manifest(), parts: [part, part] } as never));
    refused("PART_DUPLICATE");
  });

  it("PART_MISSING: no such file, a folder, a symbolic link to the right bytes, a link as a folder", () => {
    const name = "build/fairlead.h";
    fixture.write();
    rmSync(fixture.file(name));
    refused("PART_MISSING");
    mkdirSync(fixture.file(name));
    refused("PART_MISSING");
    rmSync(fixture.file(name), { recursive: true });
    const other = new BundleFixture().write();
    symlinkSync(other.file(name), fixture.file(name));
    refused("PART_MISSING");
    rmSync(fixture.file("build"), { recursive: true });
    symlinkSync(other.file("build"), fixture.file("build"));
    refused("PART_MISSING");
    other.remove();
  });

  it("PART_SIZE: truncated and oversized", () => {
    fixture.write();
    truncateSync(fixture.file(MODULE_NAME), 20);
    refused("PART_SIZE");
    fixture.write();
    appendFileSync(fixture.file(MODULE_NAME), "\0");
    refused("PART_SIZE");
  });

  it("PART_HASH: any single bit of the module flipped", () => {
    fixture.write();
    for (let bit = 0; bit < 8; bit++) {
      fixture.write();
      flip(MODULE_NAME, bit);
      refused("PART_HASH");
    }
  });

  it("PART_UNEXPECTED: a file or folder that the manifest doesn't name", () => {
    fixture.write();
    fixture.put("modules/extra.wasm", "x");
    refused("PART_UNEXPECTED");
    rmSync(fixture.file("modules/extra.wasm"));
    fixture.put("extra/file", "x");
    refused("PART_UNEXPECTED");
  });
});

describe("openBundle refuses modules", () => {
  const withModule = (bytes: Buffer): void => {
    fixture.files.set(MODULE_NAME, bytes);
    fixture.write();
  };

  it("MODULE_MISSING: none in the bundle, none of that profile", () => {
    fixture.write();
    const bundle = openBundle(fixture.directory, makeTrust());
    assert.throws(() => bundle.module("large"), { reason: "MODULE_MISSING" });
    fixture.remove();
    fixture.files.delete(MODULE_NAME);
    fixture.write();
    refused("MODULE_MISSING");
  });

  it("MODULE_MALFORMED: no WebAssembly, cut in the middle", () => {
    withModule(Buffer.from("#!/bin/sh\n"));
    refused("MODULE_MALFORMED");
    withModule(makeModule().subarray(0, 40));
    refused("MODULE_MALFORMED");
  });

  it("MODULE_IMPORT: a function beside the memory, another memory, no memory", () => {
    withModule(
      makeModule({
        imports: [
          ["env", "memory", "memory"],
          ["env", "abort", "function"],
        ],
      }),
    );
    refused("MODULE_IMPORT");
    withModule(makeModule({ imports: [["host", "memory", "memory"]] }));
    refused("MODULE_IMPORT");
    withModule(makeModule({ imports: [] }));
    refused("MODULE_IMPORT");
  });

  it("MODULE_EXPORT: a call too few, a call too many", () => {
    const calls = ["fairlead_abi_1", "abiVersion", "reset", "configure", "attach", "tick", "scrub"];
    withModule(makeModule({ calls: calls.slice(1) }));
    refused("MODULE_EXPORT");
    withModule(makeModule({ calls: [...calls, "backdoor"] }));
    refused("MODULE_EXPORT");
  });

  it("LAYOUT_MISMATCH: a module that says another layout than the manifest, or none", () => {
    for (const layout of [
      "",
      "{}",
      `{"version":2,"profile":0,"hash":"${LAYOUT_HASH}"}`,
      '{"version":1,"profile":0,"hash":"0"}',
    ]) {
      withModule(makeModule({ layout }));
      refused("LAYOUT_MISMATCH");
    }
  });
});

describe("reasons", () => {
  it("are all produced by the tests above, but for the trust store's own", () => {
    const all = Object.keys(RefusalReason) as RefusalName[];
    assert.deepEqual(
      all.filter((reason) => !seen.has(reason)),
      ["TRUST_MALFORMED"],
    );
    assert.equal(new Set(Object.values(RefusalReason)).size, all.length);
  });
});
