/** The page's files, held in memory: what is not in this list is not served. */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { topFolder } from "../../cli/exit.js";

export interface PageFile {
  type: string;
  etag: string;
  bytes: Buffer;
}

const HTML = "text/html; charset=utf-8";
const CSS = "text/css; charset=utf-8";
const SCRIPT = "text/javascript; charset=utf-8";

/** Scripts are what `tsc` made of the `.ts` files in `page/`. */
const SCRIPTS = [
  "main",
  "api",
  "chart",
  "commands",
  "configuration",
  "details",
  "elements",
  "login",
  "operations",
  "panels",
  "restricted",
  "stream",
  "words",
] as const;

export class PageFiles {
  /** Nothing but this server's own files, no inline script, no frames. uPlot sets styles of elements it makes by script only. */
  static readonly policy = {
    "content-security-policy": [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
    "cross-origin-opener-policy": "same-origin",
  };

  private readonly files = new Map<string, PageFile>();

  constructor() {
    const sources = join(topFolder(), "host/management/page");
    const compiled = join(topFolder(), "build/js/host/management/page");
    this.add("/", join(sources, "index.html"), HTML);
    this.add("/page/page.css", join(sources, "page.css"), CSS);
    this.add("/favicon.svg", join(sources, "favicon.svg"), "image/svg+xml");
    for (const name of SCRIPTS) this.add(`/page/${name}.js`, join(compiled, `${name}.js`), SCRIPT);
    const chart = dirname(createRequire(import.meta.url).resolve("uplot"));
    this.add("/page/uplot.js", join(chart, "uPlot.esm.js"), SCRIPT);
    this.add("/page/uplot.css", join(chart, "uPlot.min.css"), CSS);
  }

  get paths(): string[] {
    return [...this.files.keys()];
  }

  file(path: string): PageFile {
    const file = this.files.get(path);
    if (file === undefined) throw new RangeError(`no page file ${path}`);
    return file;
  }

  private add(path: string, file: string, type: string): void {
    const bytes = readFileSync(file);
    const etag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
    this.files.set(path, { type, etag, bytes });
  }
}
