import { type Browser, chromium } from "playwright-core";

/** Debian's Chromium, for pages of our own only: as root it has no sandbox. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
}
