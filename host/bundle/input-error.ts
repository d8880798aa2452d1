/** Wrong input or options of a command about bundles: its message says what would be right, and no stack helps. */
export class BundleInputError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}
