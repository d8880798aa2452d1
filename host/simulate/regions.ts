/** Cuts the addresses of a trace into regions, which stand for targets. */

import type { Survey, VolumeTraffic } from "./survey.js";

/**
 * `traffic`: each region carries the same share of the whole trace's cost, so that what there is to balance comes
 * from when load falls and not from how the cuts lie. `size`: each region has as many bytes, as volumes carved from
 * a pool have; a hot one may then be more than a port can carry, which no policy can cure.
 */
export type RegionKind = "traffic" | "size";

/** Where regions begin, by volume: region `first + i` begins at byte `starts[i]` of the volume. */
interface VolumeRegions {
  first: number;
  starts: Float64Array;
}

export class Regions {
  constructor(
    /** Regions made; fewer than asked for when single extents are heavier than a region's share. */
    readonly count: number,
    readonly names: readonly string[],
    private readonly volumes: readonly VolumeRegions[],
  ) {}

  /** The region that byte `address` of a volume lies in. */
  of(volume: number, address: number): number {
    const { first, starts } = this.volumes[volume] as VolumeRegions;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] as number) <= address) low = middle;
      else high = middle - 1;
    }
    return first + low;
  }
}

/**
 * Cuts at the borders of extents and between volumes, which are laid end to end in order of appearance.
 * `wanted` is at least 1; a trace of more volumes has a region for each of them at least.
 */
export function cutRegions(facts: Survey, wanted: number, kind: RegionKind): Regions {
  const shares = kind === "traffic" ? trafficShares(facts) : sizeShares(facts);
  const volumes: VolumeRegions[] = [];
  const names: string[] = [];
  for (const [index, volume] of facts.volumes.entries()) {
    const starts = cutVolume(volume, shares[index] as Float64Array, wanted).map((extent) => extent * facts.extentBytes);
    volumes.push({ first: names.length, starts: Float64Array.from(starts) });
    for (const start of starts) names.push(regionName(volume.name, start));
  }
  return new Regions(names.length, names, volumes);
}

/** First extents of a volume's regions; the first region also takes what lies before it. */
function cutVolume(volume: VolumeTraffic, shares: Float64Array, wanted: number): number[] {
  const starts = [0];
  let region = -1;
  for (const [i, share] of shares.entries()) {
    const here = Math.min(wanted - 1, Math.floor(share * wanted));
    if (region >= 0 && here > region) starts.push(volume.extents[i] as number);
    region = Math.max(region, here);
  }
  return starts;
}

/** For each extent, the share of all cost that lies before its middle. */
function trafficShares(facts: Survey): Float64Array[] {
  let passed = 0;
  return facts.volumes.map((volume) =>
    volume.costs.map((cost) => {
      passed += cost;
      return facts.cost === 0 ? 0 : (passed - cost / 2) / facts.cost;
    }),
  );
}

/** For each extent, the share of all addresses that lies before its middle; a volume spans what the trace touches. */
function sizeShares(facts: Survey): Float64Array[] {
  const spans = facts.volumes.map((volume) => (volume.extents.at(-1) ?? 0) - (volume.extents[0] ?? 0) + 1);
  const total = spans.reduce((sum, span) => sum + span, 0);
  let offset = 0;
  return facts.volumes.map((volume, index) => {
    const shares = volume.extents.map((extent) => (offset + extent - (volume.extents[0] as number) + 0.5) / total);
    offset += spans[index] as number;
    return shares;
  });
}

/** Where the region begins; extents are multiples of 64 KiB, so that no two regions have one name. */
function regionName(volume: string, start: number): string {
  const prefix = volume === "" ? "" : `${volume.replace(",", ".")}+`;
  return start % 1048576 === 0 ? `${prefix}${start / 1048576}MiB` : `${prefix}${start / 1024}KiB`;
}
