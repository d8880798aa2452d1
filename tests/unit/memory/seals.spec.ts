import { resetMemory } from "../../../assembly/memory/reset";
import { isWhole, NEVER, resetRow, seal, sealOf } from "../../../assembly/memory/seals";
import { Move } from "../../../assembly/tables/move";
import { SessionState } from "../../../assembly/tables/session";

/** Flips every bit of a row in turn and counts the flips that the seal doesn't notice. */
function unnoticedFlips(table: u32, address: usize, bytes: u32): u32 {
  let unnoticed: u32 = 0;
  for (let bit: u32 = 0; bit < bytes * 8; bit++) {
    const at = address + (bit >> 3);
    const flip: u8 = 1 << (<u8>(bit & 7));
    store<u8>(at, load<u8>(at) ^ flip);
    if (isWhole(table, 3)) unnoticed++;
    store<u8>(at, load<u8>(at) ^ flip);
  }
  return unnoticed;
}

describe("seals", () => {
  it("notices any one changed bit", () => {
    resetMemory();
    const move = Move.at(3);
    move.endMs = 123456789;
    move.target = 7;
    seal(move);
    expect<bool>(isWhole(MOVE_TABLE, 3)).toBe(true);
    expect<u32>(unnoticedFlips(MOVE_TABLE, changetype<usize>(move), offsetof<Move>())).toBe(0);
  });

  it("takes neither zeros nor another row's copy for whole", () => {
    resetMemory();
    const from = SessionState.at(3);
    from.operationsRate = 42;
    seal(from);
    const to = changetype<usize>(SessionState.at(4));
    memory.copy(to, changetype<usize>(from), offsetof<SessionState>());
    expect<bool>(isWhole(SESSION_STATE_TABLE, 4)).toBe(false, "a copy elsewhere");
    memory.fill(to, 0, offsetof<SessionState>());
    expect<bool>(isWhole(SESSION_STATE_TABLE, 4)).toBe(false, "zeros");
  });

  it("does not depend on the check word itself", () => {
    const row = changetype<usize>(Move.at(1));
    const before = sealOf(row, offsetof<Move>(), offsetof<Move>("check"));
    Move.at(1).check = ~Move.at(1).check;
    expect<u32>(sealOf(row, offsetof<Move>(), offsetof<Move>("check"))).toBe(before);
  });

  it("resets a row to indexes of NONE and a deadline that never comes", () => {
    const move = Move.at(2);
    move.deadlineMs = 5;
    move.session = 1;
    move.said = 9;
    resetRow(MOVE_TABLE, 2);
    expect<u64>(move.deadlineMs).toBe(NEVER);
    expect<u16>(move.session).toBe(0xffff);
    expect<u8>(move.said).toBe(0);
    expect<bool>(isWhole(MOVE_TABLE, 2)).toBe(true);
  });
});
