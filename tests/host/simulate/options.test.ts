import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { profileFor } from "../../../host/simulate/core.js";
import { defaultOptions, OptionError, type OptionWords, parseOptions } from "../../../host/simulate/options.js";

describe("options", () => {
  test("left out have their defaults", () => {
    assert.deepEqual(parseOptions({}), defaultOptions);
  });

  test("are read with their units", () => {
    const options = parseOptions({
      ...{ speed: "2.5", utilization: "65%", overload: "0.9", window: "5s", returnWindow: "2m", loginDelay: "50ms" },
      ...{ policy: "fairlead|static", knob: ["residenceMs=30000", "hysteresisPermille=0"], redirection: true },
    });
    assert.equal(options.speed, 2.5);
    assert.equal(options.utilization, 0.65);
    assert.equal(options.overload, 0.9);
    assert.equal(options.windowMs, 5000);
    assert.equal(options.returnWindowMs, 120_000);
    assert.equal(options.delays.loginMs, 50);
    assert.deepEqual(options.policies, ["static", "fairlead"]);
    assert.deepEqual(options.knobs, { residenceMs: 30_000, hysteresisPermille: 0 });
    assert.equal(options.redirection, true);
  });

  const wrong: [words: OptionWords, message: RegExp][] = [
    [{ targets: "0" }, /^--targets: found "0"; expected a number from 1 to 4096$/],
    [{ initiators: "2.5" }, /^--initiators: found "2\.5"; expected a whole number/],
    [{ ports: "1" }, /^--ports: /],
    [{ speed: "-1" }, /^--speed: /],
    [{ utilization: "0%" }, /^--utilization: .*expected a share, as 50% or 0\.5/],
    [{ format: "spc" }, /^--format: found "spc"; expected one of cloudphysics, msr/],
    [{ policy: "fairlead|best" }, /^--policy: found "best"; expected some of static\|literal\|fairlead/],
    [{ nextPortal: "last" }, /^--next-portal: /],
    [{ window: "150ms" }, /^--window: .*whole ticks of 100ms/],
    [{ returnWindow: "60" }, /^--return-window: .*expected a duration, as 500ms, 20s, 5m or 1h/],
    [{ knob: ["residenceMs"] }, /^--knob: .*expected NAME=NUMBER/],
    [{ overload: "50%" }, /^--relief: found "60%"; expected a share below that of --overload/],
  ];
  for (const [words, message] of wrong) {
    test(`refuses ${JSON.stringify(words)}`, () => {
      assert.throws(
        () => parseOptions(words),
        (error: unknown) => error instanceof OptionError && message.test(error.message),
      );
    });
  }

  test("choose the smallest module that holds them", () => {
    assert.equal(profileFor({ ports: 8, targets: 32, initiators: 32, sessions: 128 }), "small");
    assert.equal(profileFor({ ports: 8, targets: 32, initiators: 32, sessions: 129 }), "standard");
    assert.equal(profileFor({ ports: 65, targets: 1, initiators: 1, sessions: 1 }), "large");
    const most = { ports: 8, targets: 4096, initiators: 9, sessions: 32_769 };
    assert.throws(() => profileFor(most), /--targets × --initiators: found "32769"; expected at most 32768 sessions/);
  });
});
