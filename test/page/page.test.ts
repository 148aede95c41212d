import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startBrowser } from "../../tools/browser.ts";
import { ARTIFACTS_URL, NO_BROWSER, openPage, releasesOf, ServedDirectory } from "./browser.ts";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** As long as a command's name may be. */
const LONG = `the-${"longest-".repeat(6)}${"x".repeat(12)}`;
const MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)";
const CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
const SAFARI = `${MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15`;
const FIREFOX = "Gecko/20100101 Firefox/145.0";

/** What a browser tells beside its User-Agent; null hides it, as Safari and Firefox do. */
type Hints = { platform: string; architecture: string; bitness: string } | null;

/** Runs before the page's script, for what no setting of the browser can change. */
function pretending(hints: Hints, graphics = ""): string {
  const value =
    hints && `{ ...${JSON.stringify(hints)}, getHighEntropyValues: async () => (${JSON.stringify(hints)}) }`;
  return `
    Object.defineProperty(navigator, "userAgentData", { value: ${value ?? "undefined"} });
    const gl = { RENDERER: 1, getExtension: () => null, getParameter: () => ${JSON.stringify(graphics)} };
    HTMLCanvasElement.prototype.getContext = () => gl;
  `;
}

describe.skipIf(NO_BROWSER)("the download page in Chromium", () => {
  let browser: Browser;
  let one: ServedDirectory;
  let several: ServedDirectory;
  let few: ServedDirectory;
  beforeAll(async () => {
    browser = await startBrowser();
    one = await new ServedDirectory(releasesOf("greet")).start();
    several = await new ServedDirectory([
      ...releasesOf("greet"),
      ...releasesOf("hk", ["linux-386"]),
      ...releasesOf(LONG, ["linux-amd64"]),
    ]).start();
    few = await new ServedDirectory(releasesOf("greet", ["darwin-amd64", "windows-386"])).start();
  });
  afterAll(async () => {
    await browser?.close();
    for (const served of [one, several, few]) await served?.stop();
  });

  /** Looks at a page, and holds that nothing went wrong in it. */
  async function look(url: string, options: BrowserContextOptions, see: (page: Page) => Promise<void>) {
    const { page, troubles, close } = await openPage(browser, url, options);
    try {
      await see(page);
      expect(troubles).toEqual([]);
    } finally {
      await close();
    }
  }

  describe("offers what this computer runs", () => {
    const hints = (platform: string, architecture: string, bitness = "64"): Hints => ({
      platform,
      architecture,
      bitness,
    });
    const linux = (words: string) => `Mozilla/5.0 (X11; ${words}) ${CHROME}`;
    const windows = (words: string) => `Mozilla/5.0 (Windows NT 10.0${words}) ${CHROME}`;
    const ARM_MAC = "darwin-arm64";
    const INTEL_MAC = "darwin-amd64";
    const ROWS: [string, string, Hints, string, string[]][] = [
      ["Chrome on Apple silicon", `${MAC} ${CHROME}`, hints("macOS", "arm"), "", [ARM_MAC]],
      ["Chrome on an Intel Mac", `${MAC} ${CHROME}`, hints("macOS", "x86"), "", [INTEL_MAC]],
      ["Firefox on Apple silicon", `${MAC} ${FIREFOX}`, null, "Apple M1, or similar", [ARM_MAC]],
      ["Firefox on an Intel Mac", `${MAC} ${FIREFOX}`, null, "Intel(R) HD Graphics 400", [INTEL_MAC]],
      ["Safari, which tells nothing", SAFARI, null, "Apple GPU", [ARM_MAC, INTEL_MAC]],
      ["a Mac pretended to on Linux", SAFARI, hints("Linux", "x86"), "", [ARM_MAC, INTEL_MAC]],
      ["Chrome on Linux", linux("Linux x86_64"), hints("Linux", "x86"), "", ["linux-amd64"]],
      ["Chrome on a Linux of ARM", linux("Linux x86_64"), hints("Linux", "arm"), "", ["linux-arm64"]],
      ["Chrome on a Raspberry Pi", linux("Linux armv7l"), hints("Linux", "arm", "32"), "", ["linux-arm"]],
      ["Firefox on Linux", linux("Linux x86_64"), null, "", ["linux-amd64"]],
      ["Firefox on ARM", linux("Linux aarch64"), null, "", ["linux-arm64"]],
      ["Firefox of 32 bits", linux("Linux i686"), null, "", ["linux-386"]],
      ["a Chromebook", linux("CrOS x86_64 14541.0.0"), hints("Chrome OS", "x86"), "", ["linux-amd64"]],
      ["Windows", windows("; Win64; x64"), hints("Windows", "x86"), "", ["windows-amd64"]],
      ["Windows on ARM", windows("; Win64; x64"), hints("Windows", "arm"), "", ["windows-arm64"]],
      ["Firefox on Windows", windows("; Win64; x64; rv:145.0"), null, "", ["windows-amd64"]],
      ["32 bits on 64", windows("; WOW64"), null, "", ["windows-amd64"]],
      ["an old Windows", "Mozilla/5.0 (Windows NT 6.1) Gecko", null, "", ["windows-386"]],
      ["FreeBSD", "Mozilla/5.0 (X11; FreeBSD amd64; rv:145.0)", null, "", ["freebsd-amd64"]],
      ["OpenBSD, for which there is none", "Mozilla/5.0 (X11; OpenBSD amd64; rv:145.0)", null, "", []],
      ["POWER, for which there is none", linux("Linux ppc64le"), null, "", []],
      ["a processor that nobody builds for", linux("Linux mips64"), null, "", []],
      ["Solaris", "Mozilla/5.0 (X11; SunOS i86pc; rv:60.0)", null, "", []],
      ["what nobody knows", "Mozilla/5.0 (Nintendo Switch)", null, "", []],
    ];
    test.each(ROWS)("%s", async (_, userAgent, told, graphics, platforms) => {
      const { page, troubles, close } = await openPage(browser, "about:blank", { userAgent });
      // What no setting of the browser can change: its hints, and the name of the graphics processor.
      await page.addInitScript(pretending(told, graphics));
      troubles.length = 0;
      await page.goto(one.url);
      const expected = platforms.map((platform) => `${ARTIFACTS_URL}greet/20260131.1/${platform}.gz`);
      const offered = () =>
        page.locator(".choice .button").evaluateAll((all) => all.map((a) => (a as { href?: string }).href));
      await expect.poll(offered).toEqual(platforms.length > 0 ? expected : [`${one.url}#greet_platforms`]);
      const isWindows = platforms[0]?.startsWith("windows") ?? false;
      const [shell] = await page
        .locator("[data-shell]")
        .evaluateAll((all) => all.map((a) => a.getAttribute("data-shell")));
      expect(shell).toBe(isWindows ? "ps1" : "sh");
      expect(troubles.filter((trouble) => trouble !== `asked ${one.url}`)).toEqual([]);
      await close();
    });

    test.each([
      ["Apple silicon has Rosetta", "macOS", "arm", `${MAC} ${CHROME}`, ["darwin-amd64"]],
      ["Windows on ARM has its emulation", "Windows", "arm", windows("; Win64; x64"), ["windows-386"]],
      ["Linux has nothing here", "Linux", "x86", linux("Linux x86_64"), []],
    ])("or can emulate: %s", async (_, platform, architecture, userAgent, platforms) => {
      const { page, close } = await openPage(browser, "about:blank", { userAgent });
      await page.addInitScript(pretending({ platform, architecture, bitness: "64" }));
      await page.goto(few.url);
      const offered = () =>
        page.locator(".yours").evaluateAll((all) => all.map((item) => item.getAttribute("data-platform")));
      await expect.poll(offered).toEqual(platforms);
      const words = platforms.length > 0 ? "Download for" : "There is no greet for this computer";
      await expect.poll(() => page.locator(".choice").innerText()).toContain(words);
      await close();
    });

    test.each([
      [
        "iPhone",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
        5,
      ],
      ["Android", `Mozilla/5.0 (Linux; Android 16; K) ${CHROME}`, 5],
      ["iPad, which says that it is a Mac", SAFARI, 5],
    ])("and tells a phone or tablet that it is none: %s", async (_, userAgent, touchPoints) => {
      const { page, close } = await openPage(browser, "about:blank", {
        userAgent,
        viewport: { width: 390, height: 844 },
      });
      await page.addInitScript(
        (value) => Object.defineProperty(navigator, "maxTouchPoints", { value }),
        touchPoints,
      );
      await page.goto(one.url);
      await expect.poll(() => page.locator(".choice").innerText()).toContain("for computers");
      await close();
    });
  });

  test("copies a line and a hash by keyboard, says so, and where it may not, selects them", async () => {
    await look(one.url, { permissions: ["clipboard-read", "clipboard-write"] }, async (page) => {
      const hash = page.getByRole("button", { name: "Copy the SHA-256 of linux-amd64" });
      await hash.focus();
      await page.keyboard.press("Enter");
      await expect.poll(() => page.getByRole("status").textContent()).toBe("Copied");
      const copied = () => page.evaluate("navigator.clipboard.readText()");
      const shown = await page.locator('[data-platform="linux-amd64"] .hash code').innerText();
      expect(shown).toMatch(/^[0-9a-f]{64}$/);
      expect(await copied()).toBe(shown);
      await page.getByRole("button", { name: "Copy the line: Install on macOS and Linux" }).click();
      await expect.poll(copied).toBe(`curl -fsSL ${one.url}greet.sh | sh`);
    });
    await look(one.url, {}, async (page) => {
      await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
      await page.getByRole("button", { name: /Windows/ }).click();
      await expect.poll(() => page.getByRole("status").textContent()).toContain("Selected");
      expect(await page.evaluate("String(getSelection())")).toBe(`irm ${one.url}greet.ps1 | iex`);
    });
  });

  test("says of the last copy as long as of the first, and of no other", async () => {
    await look(one.url, { permissions: ["clipboard-read", "clipboard-write"] }, async (page) => {
      await page.clock.install();
      const [first, second] = [page.locator(".copy").nth(0), page.locator(".copy").nth(1)];
      await first.click();
      await expect.poll(() => first.textContent()).toBe("Copied");
      await page.clock.runFor(1500);
      await second.click();
      await expect.poll(() => second.textContent()).toBe("Copied");
      expect(await first.textContent()).toBe("Copy");
      await page.clock.runFor(1500);
      expect(await second.textContent()).toBe("Copied");
      expect(await page.getByRole("status").textContent()).toBe("Copied");
      await page.clock.runFor(1000);
      expect(await second.textContent()).toBe("Copy");
      expect(await page.getByRole("status").textContent()).toBe("");
    });
  });

  test("has everything but the comfort without a script", async () => {
    await look(one.url, { javaScriptEnabled: false }, async (page) => {
      expect(await page.getByRole("button").count()).toBe(0);
      const button = page.getByRole("link", { name: "Choose your platform" });
      await button.click();
      expect(page.url()).toBe(`${one.url}#greet_platforms`);
      expect(await page.locator("[data-platform] .file").count()).toBe(10);
      expect(await page.locator(".line code").allInnerTexts()).toEqual([
        `curl -fsSL ${one.url}greet.sh | sh`,
        `irm ${one.url}greet.ps1 | iex`,
      ]);
    });
    // A folded list opens when a link leads into it.
    await look(several.url, { javaScriptEnabled: false }, async (page) => {
      const file = page.locator('#greet [data-platform="linux-arm"] .file');
      expect(await file.isVisible()).toBe(false);
      await page.locator("#greet .button").click();
      await expect.poll(() => file.isVisible()).toBe(true);
    });
  });

  describe("axe finds nothing to mend, and nothing is wider than the screen", () => {
    const cases = [
      ["phone", "dark", { width: 320, height: 640 }],
      ["tablet", "light", { width: 768, height: 1024 }],
      ["desk", "light", { width: 1440, height: 900 }],
    ] as const;
    test.each(cases)("%s, %s", async (_, colorScheme, viewport) => {
      for (const url of [one.url, several.url, `${several.url}hk`, `${several.url}${LONG}`]) {
        await look(url, { colorScheme, viewport }, async (page) => {
          await page.locator(".choice .size").first().waitFor();
          for (const summary of await page.locator("summary").all()) await summary.click();
          await page.evaluate(AXE);
          const violations = await page.evaluate(async () => {
            const { axe } = globalThis as unknown as {
              axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
            };
            return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
          });
          expect(violations).toEqual([]);
          const [content, screen] = await page.evaluate<[number, number]>(
            "[document.documentElement.scrollWidth, innerWidth]",
          );
          expect(content).toBeLessThanOrEqual(screen);
        });
      }
    });
  });

  test("runs no script and loads no picture that somebody got into it", async () => {
    const { page, troubles, close } = await openPage(browser, "about:blank");
    await page.route(one.url, async (route) => {
      const answer = await route.fetch();
      const foreign = `<script>document.title = "taken over"</script><img alt="" src="${ARTIFACTS_URL}picture">`;
      const body = (await answer.text()).replace("<main>", `<main>${foreign}`);
      await route.fulfill({ response: answer, body });
    });
    await page.goto(one.url);
    await page.locator(".choice .size").waitFor();
    expect(await page.title()).toBe("Download greet");
    const refused = troubles.filter((trouble) => trouble.includes("Content Security Policy")).join();
    expect(refused).toMatch(/inline script/);
    expect(refused).toMatch(/picture/);
    await close();
  });
});
