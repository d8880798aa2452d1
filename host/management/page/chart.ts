/** The chart of port loads over time, drawn by uPlot from what came with the stream. */

import type uPlotType from "uplot";
import type { Overview } from "../array/overview.js";

type UPlot = typeof uPlotType;

const SHOWN_S = 300;
/** A page that was just opened shows less, so that what there is can be seen. */
const SHOWN_MIN_S = 60;
export const COLORS = 8;

/** Served beside the page: a browser has no package names. */
const CHART_MODULE: string = "/page/uplot.js";

export class LoadChart {
  private plot: uPlotType | undefined;
  private library: UPlot | undefined;
  private names: string[] = [];
  private times: number[] = [];
  private loads: (number | null)[][] = [];
  private high = 0;
  private low = 0;
  private lit: string | undefined;

  constructor(private readonly place: HTMLElement) {}

  async open(): Promise<void> {
    this.library = ((await import(CHART_MODULE)) as { default: UPlot }).default;
    new ResizeObserver(() => this.resize()).observe(this.place);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.rebuild());
  }

  /** One moment more. */
  add(overview: Overview): void {
    const names = overview.ports.map((port) => port.name);
    const changed = names.join("\n") !== this.names.join("\n") || overview.highWatermarkPermille !== this.high;
    if (changed) this.begin(names, overview);
    const timeS = Date.parse(overview.takenAt) / 1000;
    const lastS = this.times.at(-1);
    if (lastS !== undefined && timeS <= lastS) return;
    this.times.push(timeS);
    for (const [index, port] of overview.ports.entries()) {
      (this.loads[index] as (number | null)[]).push(port.state === "link down" ? null : port.loadPermille / 10);
    }
    this.forgetOld(timeS - SHOWN_S);
    if (this.plot === undefined || changed) this.rebuild();
    else this.draw();
  }

  /** A stretch without data is shown as one, not drawn over. */
  gap(): void {
    const lastS = this.times.at(-1);
    if (lastS === undefined || this.loads.every((line) => line.at(-1) === null)) return;
    this.times.push(lastS + 0.001);
    for (const line of this.loads) line.push(null);
  }

  /** Has one port's line stand out; undefined for none. */
  light(name: string | undefined): void {
    if (this.lit === name) return;
    this.lit = name;
    for (const [index, each] of this.names.entries()) {
      const alpha = name === undefined || name === each ? 1 : 0.15;
      const series = this.plot?.series[index + 1];
      if (series !== undefined) series.alpha = alpha;
    }
    this.plot?.redraw(false);
  }

  private begin(names: string[], overview: Overview): void {
    this.names = names;
    this.times = [];
    this.loads = names.map(() => []);
    this.high = overview.highWatermarkPermille;
    this.low = overview.lowWatermarkPermille;
  }

  private forgetOld(beforeS: number): void {
    const keep = this.times.findIndex((time) => time >= beforeS);
    if (keep <= 0) return;
    this.times.splice(0, keep);
    for (const line of this.loads) line.splice(0, keep);
  }

  private data(): uPlotType.AlignedData {
    return [this.times, ...this.loads];
  }

  private draw(): void {
    this.plot?.setData(this.data());
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.place;
    if (width > 0 && height > 0) this.plot?.setSize({ width, height });
  }

  private rebuild(): void {
    const { library } = this;
    if (library === undefined || this.times.length === 0) return;
    this.plot?.destroy();
    this.plot = new library(this.options(), this.data(), this.place);
    const { lit } = this;
    this.lit = undefined;
    this.light(lit);
  }

  private options(): uPlotType.Options {
    const color = (name: string) => resolved(this.place, name);
    const axis = {
      stroke: color("--soft"),
      grid: { stroke: color("--line"), width: 1 },
      ticks: { stroke: color("--line") },
    };
    return {
      width: Math.max(200, this.place.clientWidth),
      height: Math.max(120, this.place.clientHeight),
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { size: 6 } },
      scales: {
        x: { time: true, range: (_plot, from, to) => [to - Math.max(SHOWN_MIN_S, Math.min(SHOWN_S, to - from)), to] },
        y: { range: (_plot, _from, to) => [0, Math.max(100, Math.ceil((to ?? 0) / 20) * 20)] },
      },
      axes: [
        { ...axis, space: 90, values: (_plot, times) => times.map(clock) },
        { ...axis, size: 48, values: (_plot, values) => values.map((value) => `${value}%`) },
      ],
      series: [
        {},
        ...this.names.map((label, index) => ({
          label,
          stroke: color(`--s${index % COLORS}`),
          width: 2,
          // Beyond eight ports colours come again, in dashes.
          ...(index >= COLORS ? { dash: [8, 4] } : {}),
          points: { show: false },
          spanGaps: false,
        })),
      ],
      hooks: { drawAxes: [(plot: uPlotType) => this.drawWatermarks(plot, color("--bad"), color("--soft"))] },
    };
  }

  private drawWatermarks(plot: uPlotType, highColor: string, lowColor: string): void {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.setLineDash([6, 6]);
    ctx.lineWidth = devicePixelRatio;
    for (const [permille, color] of [
      [this.high, highColor],
      [this.low, lowColor],
    ] as const) {
      const y = plot.valToPos(permille / 10, "y", true);
      ctx.strokeStyle = color;
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
    }
    ctx.restore();
  }
}

/** `14:03:20`, in the reader's own time. */
function clock(timeS: number): string {
  return new Date(timeS * 1000).toLocaleTimeString([], { hour12: false });
}

/** A custom property's colour as the canvas takes it: `light-dark()` is worked out by an element. */
function resolved(place: HTMLElement, name: string): string {
  const before = place.style.color;
  place.style.color = `var(${name})`;
  const { color } = getComputedStyle(place);
  place.style.color = before;
  return color;
}
