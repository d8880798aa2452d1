/**
 * Unit specs of the core, run by `npm run test:unit -- [GLOB…]` (host/toolchain/unit.js, which has the options of the
 * compiler and passes on the globs).
 */
export default {
  entries: JSON.parse(process.env.FAIRLEAD_SPECS ?? '["tests/unit/**/*.spec.ts"]'),
  include: [],
  disclude: [/node_modules/],
  async instantiate(memory, createImports, instantiate, binary) {
    return instantiate(binary, createImports({ env: { memory } }));
  },
  outputBinary: false,
};
