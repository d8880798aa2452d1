/**
 * Canonical JSON: RFC 8785, restricted to objects, arrays, printable ASCII strings without `"` and `\`, and integers
 * from 0 to 2^53-1. Within that restriction a value has exactly one spelling, so a reader may compare bytes, and the
 * C reader needs neither escapes nor a token buffer.
 */
export type CanonicalValue = string | number | readonly CanonicalValue[] | { readonly [key: string]: CanonicalValue };

const PLAIN_TEXT = /^[ !#-[\]-~]*$/;

function encodeText(text: string): string {
  if (!PLAIN_TEXT.test(text)) throw new RangeError(`${JSON.stringify(text)} is not plain printable ASCII`);
  return `"${text}"`;
}

function encodeNumber(value: number): string {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} is not an integer from 0 to 2^53-1`);
  return String(value);
}

/** The one spelling of a value; a RangeError where it has none. */
export function canonicalText(value: CanonicalValue): string {
  if (typeof value === "string") return encodeText(value);
  if (typeof value === "number") return encodeNumber(value);
  if (Array.isArray(value)) return `[${value.map((item) => canonicalText(item)).join(",")}]`;
  const record = value as { readonly [key: string]: CanonicalValue };
  const fields = Object.keys(record)
    .sort()
    .map((key) => `${encodeText(key)}:${canonicalText(record[key] as CanonicalValue)}`);
  return `{${fields.join(",")}}`;
}

/** The bytes of that spelling. */
export function canonicalBytes(value: CanonicalValue): Buffer {
  return Buffer.from(canonicalText(value), "latin1");
}

/**
 * Reads canonical JSON. Returns undefined for anything that is not spelt canonically: blanks, another order of keys,
 * a key that stands twice, a number with a fraction, text beyond ASCII.
 */
export function parseCanonical(bytes: Uint8Array): unknown {
  const text = Buffer.from(bytes).toString("latin1");
  try {
    const value: unknown = JSON.parse(text);
    return canonicalText(value as CanonicalValue) === text ? value : undefined;
  } catch {
    return undefined;
  }
}
