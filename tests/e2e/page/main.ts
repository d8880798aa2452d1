/**
 * `npm run e2e:page`: the page in a real Chromium, over the embedded array and over a supervised processor whose service
 * is killed and paused. Screenshots go to `build/reports/page/`.
 */

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { topFolder } from "../../../host/cli/exit.js";
import { chromiumPath, openBrowser } from "./browser.js";
import {
  checkCommands,
  checkConfiguration,
  checkGlance,
  checkLooks,
  checkSessions,
  openTab,
  type Report,
  waitText,
} from "./checks.js";
import { freePort } from "../../free-ports.js";
import { PASSWORD, startEmbedded, startSupervised, USER } from "./service.js";

const folder = join(topFolder(), "build/reports/page");
const isShort = process.argv.includes("--short");

class Told implements Report {
  readonly done: string[] = [];

  async check(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      process.stdout.write(`not ok - ${name}\n`);
      throw error;
    }
    this.done.push(name);
    process.stdout.write(`ok ${this.done.length} - ${name}\n`);
  }

  async shot(page: Page, name: string, whole = false): Promise<void> {
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: whole });
  }
}

async function embedded(browser: Browser, report: Told): Promise<void> {
  const { check, shot } = bound(report);
  const port = await freePort();
  let service = await startEmbedded(port);
  const context = await browser.newContext({ viewport: { width: 1400, height: 1000 }, colorScheme: "light" });
  const { page, troubles, foreign } = await openTab(context);
  try {
    await check("the printed address opens the page, logged in, and its token is gone from the address", async () => {
      await page.goto(service.url);
      await waitText(page, "#pulse", /live/);
      assert.ok(!page.url().includes("once"), page.url());
      assert.match((await page.textContent("#account")) ?? "", /console, administrator/);
    });
    await check("the printed address works once", async () => {
      const other = await browser.newContext();
      const { page: second } = await openTab(other);
      await second.goto(service.url);
      await second.waitForSelector("#login form");
      await other.close();
    });
    await checkGlance(page, { check, shot });
    await checkLooks(page, { check, shot });
    await checkCommands(page, { check, shot });
    if (!isShort) await checkSessions(page, { check, shot });
    if (!isShort) await checkConfiguration(page, { check, shot });
    await check("a service that is paused is shown as out of date, and goes on by itself", async () => {
      process.kill(service.serviceId(), "SIGSTOP");
      await waitText(page, "#banner", /Out of date/);
      await waitText(page, "#pulse", /out of date/);
      assert.equal(await page.getAttribute("body", "data-stale"), "true");
      await shot(page, "out-of-date");
      process.kill(service.serviceId(), "SIGCONT");
      await waitText(page, "#pulse", /^live$/);
      assert.equal(await page.getAttribute("body", "data-stale"), "false");
    });
    await check("another start on the same address asks for a login, without a reload", async () => {
      await service.close();
      await waitText(page, "#banner", /Out of date/);
      service = await startEmbedded(port);
      await page.waitForSelector("#login form");
      await shot(page, "login");
    });
    await check("no exception, no violation of the policy, no request to anywhere else", async () => {
      assert.deepEqual(troubles, []);
      assert.deepEqual(foreign, []);
    });
  } finally {
    await context.close();
    await service.close();
  }
}

async function supervised(browser: Browser, report: Told): Promise<void> {
  const { check, shot } = bound(report);
  const service = await startSupervised();
  const context = await browser.newContext({ viewport: { width: 1400, height: 1000 }, colorScheme: "light" });
  const { page, troubles } = await openTab(context);
  try {
    await check("a wrong password is refused in words, the right one logs in", async () => {
      await page.goto(service.url);
      await page.fill("input[name=user]", USER);
      await page.fill("input[name=password]", "not this one at all");
      await page.keyboard.press("Enter");
      await waitText(page, "#login .problem", /wrong/);
      await page.fill("input[name=password]", PASSWORD);
      await page.keyboard.press("Enter");
      await waitText(page, "#pulse", /^live$/);
    });
    await check(
      "with the service paused the restricted server takes over once the service is ended; the page says so",
      async () => {
        const id = service.serviceId();
        // Killed again and again, so that the restricted server has the address for a while.
        process.kill(id, "SIGKILL");
        const killer = setInterval(() => {
          try {
            process.kill(service.serviceId(), "SIGKILL");
          } catch {
            // Between two starts there is none.
          }
        }, 400);
        try {
          await waitText(page, "#restricted", /Restricted server of controller/);
          await waitText(page, "#banner", /restricted server/);
          await waitText(page, "#restricted", /Self-tests/);
          await shot(page, "restricted");
          await page.click("#restricted button:has-text('Show logs')");
          await waitText(page, "#restricted-output", /has ended \(SIGKILL\)/);
          await shot(page, "restricted-logs");
          assert.ok(await page.isHidden("#array"));
        } finally {
          clearInterval(killer);
        }
      },
    );
    await check("it goes on by itself with the full server, without a new login or a reload", async () => {
      await page.evaluate(() => Object.assign(window, { notReloaded: true }));
      await page.waitForFunction(() => document.querySelector("#pulse")?.textContent === "live", undefined, {
        timeout: 60_000,
      });
      assert.equal(await page.evaluate(() => (window as unknown as { notReloaded: boolean }).notReloaded), true);
      assert.ok(await page.isVisible("#array"));
      assert.match((await page.textContent("#account")) ?? "", new RegExp(USER));
    });
    await check("logging out ends the session", async () => {
      await page.click("#account button");
      await page.waitForSelector("#login form");
    });
    assert.deepEqual(troubles, []);
  } finally {
    await context.close();
    await service.close();
  }
}

function bound(report: Told): Report {
  return { check: report.check.bind(report), shot: report.shot.bind(report) };
}

async function main(): Promise<void> {
  const path = chromiumPath();
  if (path === undefined) {
    process.stderr.write("e2e:page needs Debian's package chromium\n");
    process.exitCode = 2;
    return;
  }
  mkdirSync(folder, { recursive: true });
  const report = new Told();
  const browser = await openBrowser(path);
  try {
    await embedded(browser, report);
    await supervised(browser, report);
  } finally {
    await browser.close();
  }
  const version = browser.version();
  writeFileSync(
    join(folder, "report.json"),
    `${JSON.stringify({ chromium: version, checks: report.done }, undefined, 2)}\n`,
  );
  process.stdout.write(
    `page: ${report.done.length} checks in Chromium ${version}; screenshots in build/reports/page\n`,
  );
}

await main();
