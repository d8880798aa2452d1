/** Lines for the person at the terminal. (The compiler's types replace the global `console` by a smaller one.) */

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function printError(line: string): void {
  process.stderr.write(`${line}\n`);
}
