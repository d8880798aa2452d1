/** The graph of calls in a module: recursion, and how deep each function's calls go. */

/** Functions by name with the names that they call. */
export type CallGraph = ReadonlyMap<string, ReadonlySet<string>>;

/** One cycle of calls as the names along it, the first repeated at the end; undefined if there is none. */
export function findRecursion(graph: CallGraph): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (name: string): string[] | undefined => {
    if (done.has(name)) return undefined;
    const at = path.indexOf(name);
    if (at >= 0) return [...path.slice(at), name];
    path.push(name);
    for (const callee of graph.get(name) ?? []) {
      const cycle = visit(callee);
      if (cycle !== undefined) return cycle;
    }
    path.pop();
    done.add(name);
    return undefined;
  };
  for (const name of graph.keys()) {
    const cycle = visit(name);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

/** Functions on the stack at once, at most, when `name` is called: 1 if it calls none. The graph has no cycle. */
export function callDepths(graph: CallGraph): Map<string, number> {
  const depths = new Map<string, number>();
  const depthOf = (name: string): number => {
    const known = depths.get(name);
    if (known !== undefined) return known;
    const depth = 1 + Math.max(0, ...[...(graph.get(name) ?? [])].map(depthOf));
    depths.set(name, depth);
    return depth;
  };
  for (const name of graph.keys()) depthOf(name);
  return depths;
}
