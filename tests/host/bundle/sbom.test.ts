import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { Ajv } from "ajv";
import { BundleInputError } from "../../../host/bundle/input-error.js";
import { compilerPackages, encodeSbom } from "../../../host/bundle/sbom.js";
import { topFolder } from "../../../host/cli/exit.js";

const SUBJECT = { product: "fairlead", version: "1.2.3", hardwareClass: "bench" };
const PARTS = [
  { name: "modules/b.wasm", bytes: Buffer.from("b") },
  { name: "modules/a.wasm", bytes: Buffer.from("a") },
];
const PACKAGES = [{ purl: "pkg:deb/debian/libsodium-dev@1.0.18-1%2Bdeb12u1?arch=amd64", license: "ISC" }];

/** The validator of the schema that the CycloneDX project publishes. */
function cycloneDx() {
  const folder = join(
    dirname(createRequire(import.meta.url).resolve("@cyclonedx/cyclonedx-library/package.json")),
    "res/schema",
  );
  const schema = (name: string) => JSON.parse(readFileSync(join(folder, `${name}.SNAPSHOT.schema.json`), "utf8"));
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  for (const name of ["spdx", "jsf-0.82"]) {
    ajv.addSchema(schema(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
  }
  return ajv.compile(schema("bom-1.5"));
}

describe("bill of materials", () => {
  it("is CycloneDX 1.5 by the published schema", () => {
    const validate = cycloneDx();
    const packages = [...PACKAGES, ...compilerPackages(join(topFolder(), "package-lock.json"))];
    assert.ok(packages.some(({ purl }) => purl.startsWith("pkg:npm/assemblyscript@")));
    const bom = JSON.parse(encodeSbom({ ...SUBJECT, seconds: 0 }, PARTS, packages).toString());
    validate(bom);
    assert.deepEqual(validate.errors ?? [], []);
    assert.equal(validate({ ...bom, specVersion: 1 }), false, "the schema does tell");
  });

  it("names every part with its SHA-256 and every package, and what the product depends on", () => {
    const bom = JSON.parse(encodeSbom(SUBJECT, PARTS, PACKAGES).toString());
    const names = bom.components.map((component: { name: string }) => component.name);
    assert.deepEqual(names, ["modules/a.wasm", "modules/b.wasm", "libsodium-dev"]);
    assert.equal(bom.components[0].hashes[0].content, createHash("sha256").update("a").digest("hex"));
    assert.equal(bom.components[2].version, "1.0.18-1+deb12u1");
    assert.deepEqual(
      bom.dependencies[0].dependsOn,
      bom.components.map((part: { "bom-ref": string }) => part["bom-ref"]),
    );
    assert.equal(bom.metadata.timestamp, undefined);
  });

  it("has the same bytes for the same input, and another serial number for another", () => {
    const one = encodeSbom(SUBJECT, PARTS, PACKAGES);
    assert.deepEqual(encodeSbom(SUBJECT, [...PARTS].reverse(), PACKAGES), one);
    const other = JSON.parse(encodeSbom({ ...SUBJECT, version: "1.2.4" }, PARTS, PACKAGES).toString());
    const { serialNumber } = JSON.parse(one.toString());
    assert.notEqual(other.serialNumber, serialNumber);
    assert.match(serialNumber, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it("refuses what is no package URL", () => {
    for (const purl of ["libsodium", "pkg:deb", "pkg:deb/debian/libsodium", "pkg:deb/a b@1"]) {
      assert.throws(() => encodeSbom(SUBJECT, PARTS, [{ purl }]), BundleInputError);
    }
  });
});
