/** The real page in a real Chromium, in the client's namespace: over a failover it goes on without a reload or a login. */

import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { chromiumPath, openBrowser } from "../page/browser.js";
import { openTab, waitText } from "../page/checks.js";
import { FULL_PORT, inUrl, MANAGEMENT_NAME, PASSWORD, USER } from "./plan.js";
import type { World } from "./world.js";

/** Past any failover: a check fails because the page never goes on, not because it does so late. */
const PATIENCE_MS = 120_000;
const VIEW = { width: 1200, height: 900 };

export class OpenPage {
  private constructor(
    private readonly world: World,
    private readonly browser: Browser,
    private readonly page: Page,
    private readonly troubles: readonly string[],
    private readonly reports: string,
  ) {}

  /** Logs in by the form. @param reports folder for a screenshot */
  static async open(world: World, reports: string): Promise<OpenPage> {
    const { folder, plan } = world.parts;
    const program = join(folder, "chromium");
    const inside = ["ip", "netns", "exec", world.network.client, chromiumPath() ?? "chromium"];
    writeFileSync(program, `#!/bin/sh\nexec ${inside.join(" ")} "$@"\n`);
    chmodSync(program, 0o700);
    const browser = await openBrowser(program, [
      `--host-resolver-rules=MAP ${MANAGEMENT_NAME} ${inUrl(plan.management)}`,
    ]);
    // That the certificates are the array's is the other client's to check.
    const context = await browser.newContext({ viewport: VIEW, ignoreHTTPSErrors: true });
    const { page, troubles } = await openTab(context);
    page.setDefaultTimeout(PATIENCE_MS);
    await page.goto(`https://${MANAGEMENT_NAME}:${FULL_PORT}/`);
    await page.fill("input[name=user]", USER);
    await page.fill("input[name=password]", PASSWORD);
    await page.keyboard.press("Enter");
    await waitText(page, "#pulse", /^live$/);
    await page.evaluate(() => Object.assign(window, { notReloaded: true }));
    return new OpenPage(world, browser, page, troubles, reports);
  }

  /** Waits until it says that what it shows is out of date. */
  async saysOutOfDate(name: string): Promise<void> {
    const words = await waitText(this.page, "#banner", /Out of date/);
    this.world.checks.note(`${name}: the page says that it is out of date`, "Chromium", true, words);
  }

  /** Waits until it is live again, and looks whether it is the same page by the same login. */
  async goesOn(name: string): Promise<void> {
    const { page, world } = this;
    await waitText(page, "#pulse", /^live$/);
    const who = await waitText(page, "#who", /is active/);
    const path = join(this.reports, "e2e-processors-page.png");
    await page.screenshot({ path });
    // The decisions are those of the processor that answers now.
    await waitText(page, "#decisions", new RegExp(`Activate processor ${world.client.latest?.processor}`));
    const isSame = await page.evaluate(() => "notReloaded" in window);
    const forms = await page.locator("#login form").count();
    const holds = isSame && forms === 0 && this.troubles.length === 0;
    const detail = `${who}${isSame ? "" : "; reloaded"}${forms > 0 ? "; login" : ""} ${this.troubles.join("; ")}`;
    world.checks.note(`${name}: the page goes on by itself, without reload or login`, "Chromium", holds, detail);
  }

  async close(): Promise<void> {
    await this.browser.close();
  }
}
