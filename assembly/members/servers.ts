/** Sets of servers: two long words of a row that follow one another, bit `n` the `n`th server, handled by words of 32 bits. */
import { SERVER_MAX } from "../limits";
import { MEMBER_SERVERS } from "../tables/member";

const SET_WORDS: u32 = (SERVER_MAX + 31) / 32;

/** Word of a server's bit; one word is enough where there are few. */
function wordOf(set: usize, server: u32): usize {
  return SET_WORDS > 1 ? set + ((server - MEMBER_SERVERS) >> 5) * 4 : set;
}

function bitOf(server: u32): u32 {
  return 1 << ((server - MEMBER_SERVERS) & 31);
}

/** True if any server is in the set at an address. */
export function hasAny(set: usize): bool {
  let any: u32 = 0;
  for (let n: u32 = 0; n < SET_WORDS; n++) {
    any |= load<u32>(set + n * 4);
  }
  return any != 0;
}

/** Takes those of one set out of another. */
export function takeOut(set: usize, others: usize): void {
  for (let n: u32 = 0; n < SET_WORDS; n++) {
    store<u32>(set + n * 4, load<u32>(set + n * 4) & ~load<u32>(others + n * 4));
  }
}

/** True if the server, a member row, is in the set at an address. */
export function hasServer(set: usize, server: u32): bool {
  return (load<u32>(wordOf(set, server)) & bitOf(server)) != 0;
}

/** Puts a server into the set, or takes it out. */
export function putServer(set: usize, server: u32, isIn: bool): void {
  const word = wordOf(set, server);
  const others = load<u32>(word) & ~bitOf(server);
  store<u32>(word, isIn ? others | bitOf(server) : others);
}
