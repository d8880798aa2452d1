/** Walks syntax trees of the compiler, which brings no visitor of its own. */

import { type DeclarationStatement, type Node, NodeKind } from "assemblyscript";

/** Children of a node, in the order of its properties. */
export function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  for (const [key, value] of Object.entries(node)) {
    if (key === "range") continue;
    for (const entry of Array.isArray(value) ? value : [value]) if (isNode(entry)) children.push(entry);
  }
  return children;
}

/** Calls `visit` on the node and on all nodes beneath it, with the name of the function they stand in. */
export function walk(node: Node, visit: (node: Node, owner: string) => void, owner = "top level"): void {
  const inner = ownerOf(node, owner);
  visit(node, inner);
  for (const child of childrenOf(node)) walk(child, visit, inner);
}

function ownerOf(node: Node, owner: string): string {
  const name = () => (node as DeclarationStatement).name.text;
  if (node.kind === NodeKind.ClassDeclaration || node.kind === NodeKind.NamespaceDeclaration) return name();
  if (node.kind === NodeKind.FunctionDeclaration) return name() === "" ? `a function in ${owner}` : name();
  if (node.kind === NodeKind.MethodDeclaration) return `${owner}.${name()}`;
  return owner;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "kind" in value && "range" in value;
}
