/** Sources of the core as syntax trees, by the compiler's own parser, and the doc comments that the parser leaves out. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type DecoratorNode, type DiagnosticMessage, type Node, Parser, type Source } from "assemblyscript";
import { SourceProblems } from "./problems.js";

/** The files that say what the memory holds, in the order in which tables are numbered. */
export function layoutFiles(root: string): string[] {
  const tables = readdirSync(join(root, "assembly/tables"))
    .filter((name) => name.endsWith(".ts"))
    .sort();
  return ["assembly/limits.ts", "assembly/memory/header.ts", ...tables.map((name) => `assembly/tables/${name}`)];
}

/** Parses one file of the tree; a syntax error is thrown as a problem with its line. */
export function parseSource(root: string, file: string): Source {
  return parseText(readFileSync(join(root, file), "utf8"), file);
}

/** Parses a text as if it were the named file. */
export function parseText(text: string, file: string): Source {
  const diagnostics: DiagnosticMessage[] = [];
  const parser = new Parser(diagnostics);
  parser.parseFile(text, file, true);
  const source = parser.sources[parser.sources.length - 1];
  if (source === undefined) throw new Error(`the compiler's parser returned no source for ${file}`);
  const problems = diagnostics.map((diagnostic) => {
    const start = diagnostic.range?.start ?? 0;
    return { file, line: source.lineAt(start), message: diagnostic.message, expected: "AssemblyScript that parses" };
  });
  if (problems.length > 0) throw new SourceProblems(problems);
  return source;
}

/** Where a node begins, its decorators included. */
export function startOf(node: Node & { decorators?: DecoratorNode[] | null }): number {
  const starts = (node.decorators ?? []).map((decorator) => decorator.range.start);
  return Math.min(node.range.start, ...starts);
}

/** 1-based line of a node's first character, decorators left out. */
export function lineOf(node: Node): number {
  return node.range.source.lineAt(node.range.start);
}

/** The text of the doc comment right above a node, as one line; "" if there is none. */
export function docAbove(source: Source, node: Node & { decorators?: DecoratorNode[] | null }): string {
  // `export` and `static` stand before the node's own range.
  const before = source.text.slice(0, startOf(node)).replace(/(?:\b(?:export|static|declare)\s+)+$/, "");
  const trimmed = before.trimEnd();
  if (!trimmed.endsWith("*/")) return "";
  // An empty line between them makes it the comment of the file, not of the node.
  if (before.slice(trimmed.length).split("\n").length > 2) return "";
  const open = trimmed.lastIndexOf("/**");
  return open < 0 ? "" : commentText(trimmed.slice(open));
}

/** The doc comment that opens the file, as one line; "" if there is none. */
export function docOfFile(source: Source): string {
  const match = /^\s*(\/\*\*[\s\S]*?\*\/)/.exec(source.text);
  return match?.[1] === undefined ? "" : commentText(match[1]);
}

function commentText(comment: string): string {
  return comment
    .slice(3, -2)
    .split("\n")
    .map((line) => line.replace(/^\s*\*? ?/, "").trim())
    .join(" ")
    .trim();
}
