import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";

const readme = readFileSync("README.md", "utf8");

function printed(language: string, file: string): void {
  const text = readFileSync(file, "utf8").trimEnd();
  assert.ok(readme.includes(`\`\`\`${language}\n${text}\n\`\`\``), `${file} stands in README.md as it is`);
  assert.ok(text.split("\n").length <= 36, `${file} is short`);
}

test("the README prints the examples as they are", () => {
  printed("js", "host/shim/example.mjs");
  printed("c", "host/firmware/example/main.c");
});

test("the example of embedding moves one session and gives its registration back", () => {
  const output = execFileSync(process.execPath, ["host/shim/example.mjs"], { encoding: "utf8" });
  assert.deepEqual(
    output
      .trim()
      .split("\n")
      .map((line) => line.replace(/^\d+ ms: /, "")),
    [
      "WITHDRAW_REGISTRATION because OVERLOADED",
      "LOGOUT_SESSION because OVERLOADED",
      "RESTORE_REGISTRATION because RELIEVED",
    ],
  );
});

test("links of every README lead to files", () => {
  const files = execFileSync("git", ["ls-files", "*.md"], { encoding: "utf8" }).trim().split("\n");
  for (const file of files) {
    for (const [, link = ""] of readFileSync(file, "utf8").matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      assert.ok(existsSync(join(dirname(file), link)), `${file}: ${link}`);
    }
  }
});

test("every npm script that the README names is there", () => {
  const scripts = JSON.parse(readFileSync("package.json", "utf8")).scripts as Record<string, string>;
  for (const [, name = ""] of readme.matchAll(/npm run ([a-z0-9:-]+)/g)) {
    if (name !== "") assert.ok(name in scripts, `npm run ${name}`);
  }
});
