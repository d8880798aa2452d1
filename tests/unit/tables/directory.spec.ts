import { Header } from "../../../assembly/memory/header";
import { PortPolicy } from "../../../assembly/tables/policy";

describe("what the transform adds", () => {
  it("has the header as the first entry of the directory", () => {
    expect<u32>(load<u32>(DIRECTORY_ADDRESS)).toBe(0, "base of the header");
    expect<u32>(load<u32>(DIRECTORY_ADDRESS, 4)).toBe(<u32>offsetof<Header>(), "stride of the header");
    expect<u32>(load<u32>(DIRECTORY_ADDRESS, 8)).toBe(1, "capacity of the header");
  });

  it("has an entry for each table, where the constants say", () => {
    const entry = DIRECTORY_ADDRESS + PORT_POLICY_TABLE * 32;
    expect<u32>(load<u32>(entry)).toBe(PORT_POLICY_BASE);
    expect<u32>(load<u32>(entry, 4)).toBe(<u32>offsetof<PortPolicy>());
    expect<u32>(PORT_POLICY_TABLE).toBeLessThan(TABLE_COUNT);
  });

  it("finds the first knob out of range", () => {
    const row = PortPolicy.staged();
    row.sampleMs = 9;
    const found = checkPortPolicy(row);
    expect<u32>(found >> 8).toBe(<u32>offsetof<PortPolicy>("sampleMs"), "offset of the field");
    row.sampleMs = 10;
    expect<u32>(checkPortPolicy(row) >> 8).not.toBe(<u32>offsetof<PortPolicy>("sampleMs"), "the least value");
    row.sampleMs = 60001;
    expect<u32>(checkPortPolicy(row) >> 8).toBe(<u32>offsetof<PortPolicy>("sampleMs"), "above the largest value");
  });
});
