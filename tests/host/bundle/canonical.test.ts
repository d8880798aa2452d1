import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { canonicalText, parseCanonical } from "../../../host/bundle/canonical.js";
import { encodeManifest } from "../../../host/bundle/manifest.js";
import { BundleFixture } from "./fixture.js";

describe("canonical JSON", () => {
  it("has one spelling, whatever the order of fields", () => {
    assert.equal(canonicalText({ b: [1, "x"], a: { d: 0, c: "" } }), '{"a":{"c":"","d":0},"b":[1,"x"]}');
    assert.equal(canonicalText({ a: { c: "", d: 0 }, b: [1, "x"] }), '{"a":{"c":"","d":0},"b":[1,"x"]}');
  });

  it("has none for what C would read otherwise", () => {
    for (const value of [-1, 0.5, 2 ** 53, Number.NaN, 'a"b', "a\\b", "\u00e4", "a\nb", "\x7f"]) {
      assert.throws(() => canonicalText(value), RangeError);
    }
  });

  it("reads back only that spelling", () => {
    assert.deepEqual(parseCanonical(Buffer.from('{"a":1}')), { a: 1 });
    const others = [
      '{"a":1,"a":1}',
      '{"a": 1}',
      '{"b":1,"a":1}',
      '{"a":1e0}',
      '{"a":null}',
      '"\\u0061"',
      "",
      "\ufeff1",
    ];
    for (const text of others) assert.equal(parseCanonical(Buffer.from(text)), undefined, text);
  });
});

describe("manifest bytes", () => {
  it("are stable: this is what a signer of version 1 signs", () => {
    const fixture = new BundleFixture();
    fixture.remove();
    fixture.files.clear();
    fixture.files.set("b", Buffer.from("b"));
    fixture.files.set("a", Buffer.from("a"));
    const part = (name: string, sha256: string) =>
      `{"bytes":1,"kind":"document","layout":"","name":"${name}","sha256":"${sha256}","target":"any"}`;
    const parts = [
      part("a", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
      part("b", "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"),
    ];
    const expected =
      `{"abi":1,"format":"fairlead-bundle-1","hardwareClass":"bench","layoutVersion":1,"parts":[${parts.join(",")}],` +
      '"product":"fairlead","securityCounter":3,"version":"1.2.3"}';
    const manifest = fixture.manifest();
    assert.equal(encodeManifest(manifest).toString("latin1"), expected);
    assert.equal(encodeManifest({ ...manifest, parts: [...manifest.parts].reverse() }).toString("latin1"), expected);
  });
});
