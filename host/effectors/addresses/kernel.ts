/** What a controller does with failover addresses in its own kernel; real (`linux-kernel.ts`) or simulated. */

/** An address as the kernel has it, the text as configured: `192.0.2.11/24`, `2001:db8::11/64`. */
export interface HeldAddress {
  address: string;
  device: string;
}

/** Every method resolves when the kernel confirms the effect, and rejects with `Error` where it does not. */
export interface AddressKernel {
  /** Has the fence in force, ended, and removes what an earlier process has left. Before anything else. */
  start(): Promise<void>;
  /** Adds an address and announces it. One that is there already is announced again. */
  add(address: string, device: string): Promise<void>;
  /** Removes an address; one that is not there is no error. */
  remove(address: string, device: string): Promise<void>;
  /** All configured failover addresses that the kernel has. */
  held(): Promise<HeldAddress[]>;
  /**
   * From this time of the wall clock on, in milliseconds since 1970, nothing comes for or leaves from any failover
   * address; and in no case longer than `forMs` from when the kernel got this, by its monotonic time, so that a wall
   * clock that is set back opens nothing. Each call replaces the end before it, whether later or earlier.
   */
  fenceUntil(wallMs: number, forMs?: number): Promise<void>;
  /** Tells the neighbours again where an address is: after a split has healed. */
  announce(address: string, device: string): Promise<void>;
  /** Removes all failover addresses, then the fence. */
  close(): Promise<void>;
}
