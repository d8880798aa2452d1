/** What the page has to do, seen in a real browser. Each check is told by name; the first that fails ends the run. */

import assert from "node:assert/strict";
import type { BrowserContext, Page } from "playwright-core";

export interface Report {
  check(name: string, work: () => Promise<void>): Promise<void>;
  shot(page: Page, name: string, whole?: boolean): Promise<void>;
}

const WAIT_MS = 20_000;

/** A tab whose troubles are kept: console errors, exceptions, requests to anywhere else. */
export async function openTab(context: BrowserContext): Promise<{ page: Page; troubles: string[]; foreign: string[] }> {
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  const troubles: string[] = [];
  const foreign: string[] = [];
  page.on("pageerror", (error) => troubles.push(error.message));
  page.on("console", (message) => {
    // Failed requests are what several checks are about; policy violations and exceptions are not.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      troubles.push(message.text());
  });
  page.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol !== "data:" && hostname !== "127.0.0.1") foreign.push(request.url());
  });
  return { page, troubles, foreign };
}

export async function waitText(page: Page, selector: string, pattern: RegExp): Promise<string> {
  await page.waitForFunction(
    ([where, source]) => new RegExp(source as string).test(document.querySelector(where as string)?.textContent ?? ""),
    [selector, pattern.source],
  );
  return (await page.textContent(selector)) ?? "";
}

/** The array at a glance, as the stream brings it. */
export async function checkGlance(page: Page, { check }: Report): Promise<void> {
  await check("ports with state, load, sessions and registrations", async () => {
    await page.waitForSelector("#ports tbody tr");
    assert.equal(await page.locator("#ports tbody tr").count(), 8);
    await waitText(page, "#tiles", /8\s*of 8|\d+\s*of 8/);
    await waitText(page, "#tiles", /200/);
    assert.match(await waitText(page, "#ports tbody tr:first-child", /a1.*%/), /a1/);
  });
  await check("the chart is drawn and moves", async () => {
    await page.waitForSelector("#chart canvas");
    const picture = () =>
      page.evaluate(() => (document.querySelector("#chart canvas") as HTMLCanvasElement).toDataURL());
    const inked = await page.evaluate(() => {
      const canvas = document.querySelector("#chart canvas") as HTMLCanvasElement;
      const { data } = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
      const colors = new Set<string>();
      for (let at = 0; at < data.length; at += 4)
        if ((data[at + 3] ?? 0) > 200) colors.add(`${data[at]} ${data[at + 1]} ${data[at + 2]}`);
      return colors.size;
    });
    assert.ok(inked > 10, `${inked} colours`);
    const before = await picture();
    await page.waitForFunction(
      (then) => (document.querySelector("#chart canvas") as HTMLCanvasElement).toDataURL() !== then,
      before,
    );
  });
  await check("decisions stream in, with their reasons", async () => {
    await page.waitForSelector("#decisions li[data-sequence]");
    const newest = () =>
      page.evaluate(() => Number((document.querySelector("#decisions li") as HTMLElement).dataset["sequence"]));
    assert.match((await page.textContent("#decisions li")) ?? "", /because /);
    assert.ok((await newest()) > 0);
  });
  await check("processors, scopes, registrations, and what this array has not", async () => {
    assert.match(await waitText(page, "#processors", /active/), /controller/);
    await waitText(page, "#scopes", /ports.*epoch/);
    await waitText(page, "#registrations", /vol24/);
    assert.match((await page.textContent("#interfaces")) ?? "", /no virtual interfaces/);
  });
}

export async function checkSessions(page: Page, { check }: Report): Promise<void> {
  await check("sessions are listed on demand and filtered", async () => {
    await page.click("#sessions-card summary");
    await waitText(page, "#sessions caption", /200 of 200/);
    await page.fill("#sessions-filter", "host07");
    await page.waitForFunction(() => {
      const rows = [...document.querySelectorAll("#sessions tbody tr")];
      return rows.length > 0 && rows.length < 20 && rows.every((row) => row.textContent?.includes("host07"));
    });
    await page.click("#sessions-card summary");
  });
}

/** Drains a port with the keyboard alone, and takes it back. */
export async function checkCommands(page: Page, { check, shot }: Report): Promise<void> {
  const row = "#ports tbody tr:last-child";
  await check("a port is drained with the keyboard alone, after a confirmation", async () => {
    await page.focus(`${row} button`);
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog[open]");
    assert.match((await page.textContent("#dialog-title")) ?? "", /Drain b4/);
    await shot(page, "dialog");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog[open]", { state: "detached" });
    assert.match((await page.textContent(`${row} .state`)) ?? "", /in service/);
    await page.focus(`${row} button`);
    await page.keyboard.press("Enter");
    await page.waitForSelector("dialog[open]");
    // What does nothing has the focus; the next one drains.
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Cancel");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await waitText(page, "#toasts", /b4 is being drained/);
    await waitText(page, `${row} .state`, /drain/);
    await waitText(page, `${row} button`, /Return to service/);
  });
  await check("it is taken back into service", async () => {
    await page.click(`${row} button`);
    await page.click("dialog button[type=submit]");
    await waitText(page, `${row} .state`, /in service/);
  });
}

export async function checkConfiguration(page: Page, { check }: Report): Promise<void> {
  await check("an array file is checked, adopted on trial, and taken back", async () => {
    await page.click("#configuration-card summary");
    await page.waitForSelector("#configuration textarea");
    const text = await page.inputValue("#configuration textarea");
    await page.fill("#configuration textarea", text.replace("movesUnderWayMax: 6", "movesUnderWayMax: many"));
    await page.click("#configuration button:has-text('Check')");
    await waitText(page, "#configuration pre", /movesUnderWayMax/);
    await page.fill("#configuration textarea", text.replace("movesUnderWayMax: 6", "movesUnderWayMax: 5"));
    await page.click("#configuration button:has-text('Adopt')");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("text=A new array file is on trial");
    await page.click("button:has-text('Take it back')");
    await page.click("dialog button[type=submit]");
    await page.waitForSelector("text=A new array file is on trial", { state: "hidden" });
    await page.click("#configuration-card summary");
  });
}

export async function checkLooks(page: Page, { check, shot }: Report): Promise<void> {
  await check("light and dark, each with contrast enough", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.waitForTimeout(1200);
      await shot(page, colorScheme, colorScheme === "light");
      for (const ratio of await contrasts(page))
        assert.ok(ratio.value >= 4.5, `${colorScheme}: ${ratio.what} ${ratio.value}`);
    }
    await page.emulateMedia({ colorScheme: "light" });
  });
  await check("a narrow screen shows all of it without a sideways scroll", async () => {
    await page.setViewportSize({ width: 360, height: 780 });
    await page.waitForTimeout(1200);
    await shot(page, "narrow", true);
    const [whole, shown] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
    assert.ok((whole as number) <= (shown as number), `${whole} px wide on ${shown}`);
    await page.setViewportSize({ width: 1400, height: 1000 });
  });
}

/** Contrast of text against what is behind it (WCAG 2.2, 1.4.3), for one element of each kind. */
async function contrasts(page: Page): Promise<{ what: string; value: number }[]> {
  return page.evaluate(() => {
    const channels = (color: string): number[] => {
      const canvas = document.createElement("canvas").getContext("2d") as CanvasRenderingContext2D;
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
      return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const luminance = (color: number[]) => {
      const [red = 0, green = 0, blue = 0] = color.slice(0, 3).map((value) => {
        const part = value / 255;
        return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const paper = (element: Element | null): number[] => {
      for (let at = element; at !== null; at = at.parentElement) {
        const color = channels(getComputedStyle(at).backgroundColor);
        if ((color[3] ?? 0) > 250) return color;
      }
      return [255, 255, 255, 255];
    };
    const kinds = [
      "#who",
      "#pulse",
      ".note",
      ".label",
      ".state",
      "#ports button",
      ".why",
      ".decisions time",
      ".badge",
      "h2",
      "#ports th",
    ];
    return kinds.flatMap((what) => {
      const element = document.querySelector(what);
      if (element === null) return [];
      const [ink, behind] = [luminance(channels(getComputedStyle(element).color)), luminance(paper(element))];
      return [{ what, value: Math.round(((Math.max(ink, behind) + 0.05) / (Math.min(ink, behind) + 0.05)) * 10) / 10 }];
    });
  });
}
