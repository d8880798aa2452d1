/** X.509 certificates for tests, made at run time: an authority and what it signs (RFC 5280, ECDSA with P-256). */

import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

export interface Pair {
  key: string;
  certificate: string;
}

export interface Authority extends Pair {
  name: string;
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const long = length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...(length < 128 ? [length] : long)]), content]);
}

const sequence = (...parts: Buffer[]) => der(0x30, ...parts);
const text = (value: string) => der(0x0c, Buffer.from(value));
const oid = (...bytes: number[]) => der(0x06, Buffer.from(bytes));
const time = (date: Date) => der(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`));
const ECDSA_SHA256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
const DAY_MS = 86_400_000;

/** One relative name, its common name: 2.5.4.3. */
const nameOf = (common: string) => sequence(der(0x31, sequence(oid(0x55, 0x04, 0x03), text(common))));

function alternativeNames(names: readonly string[]): Buffer {
  const addresses = [der(0x87, Buffer.from([127, 0, 0, 1]))];
  const content = sequence(...names.map((name) => der(0x82, Buffer.from(name))), ...addresses);
  return sequence(oid(0x55, 0x1d, 0x11), der(0x04, content));
}

function authorityMark(): Buffer {
  const isAuthority = sequence(der(0x01, Buffer.from([0xff])));
  return sequence(oid(0x55, 0x1d, 0x13), der(0x01, Buffer.from([0xff])), der(0x04, isAuthority));
}

function certificate(issuer: string, subject: string, key: KeyObject, signer: KeyObject, extension: Buffer): string {
  const validity = sequence(time(new Date(Date.now() - DAY_MS)), time(new Date(Date.now() + DAY_MS)));
  const serial = Buffer.concat([Buffer.from([1]), randomBytes(15)]);
  const signed = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    ECDSA_SHA256,
    nameOf(issuer),
    validity,
    nameOf(subject),
    key.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(extension)),
  );
  const signature = der(0x03, Buffer.from([0]), sign("sha256", signed, signer));
  const lines =
    sequence(signed, ECDSA_SHA256, signature)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

export function makeAuthority(name = "array authority"): Authority {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  return { name, key, certificate: certificate(name, name, publicKey, privateKey, authorityMark()) };
}

/** @param names DNS names besides 127.0.0.1 */
export function makeCertificate(authority: Authority, common: string, names: readonly string[]): Pair {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  const signer = createPrivateKey(authority.key);
  return { key, certificate: certificate(authority.name, common, publicKey, signer, alternativeNames(names)) };
}
