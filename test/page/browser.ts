import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { answer } from "../../lambda/directory/routes.ts";
import { historyItemKey } from "../../lambda/shared/keys.ts";
import { behindGateway } from "../lambda/gateway.ts";
import { artifactItem, type Item, MemoryTable } from "../lambda/memory-table.ts";
import { artifact, sha256 } from "../lambda/support.ts";
import { lacks } from "../programs.ts";

export const NO_BROWSER = lacks(["chromium"], "the download page in a browser");

export const ARTIFACTS_URL = "https://artifacts.example.com/";
const PLATFORMS = [
  ...["darwin-amd64", "darwin-arm64", "freebsd-amd64", "linux-386", "linux-amd64", "linux-arm"],
  ...["linux-arm64", "windows-386", "windows-amd64", "windows-arm64"],
];
const VERSIONS = ["20251101", "20251215", "20260131", "20260131.1"];

/** A command with a few releases on ten platforms. */
export function releasesOf(cmd: string, platforms = PLATFORMS): Item[] {
  const rows = VERSIONS.flatMap((version, release) =>
    platforms.map((platform, at) =>
      artifactItem({
        ...artifact(cmd, version, platform, sha256(at * 4 + release)),
        size: 2_773_616 + at,
        gzSize: 1_203_004 + at,
        recordedAt: `${version.slice(0, 4)}-${version.slice(4, 6)}-${version.slice(6, 8)}T12:00:00.000Z`,
        ...(release > 0 && { commit: "b".repeat(40), tag: `v${version}` }),
      }),
    ),
  );
  const everywhere = (value: (at: number) => unknown) =>
    Object.fromEntries(platforms.map((one, at) => [one, value(at)]));
  const history = VERSIONS.map((version, release) => ({
    ...historyItemKey(cmd, release + 1),
    ...{ cmd, revision: release + 1, from: {}, to: everywhere(() => version) },
    ...{ at: "2026-01-31T12:00:00.000Z", by: "arn:aws:states:us-east-1:123456789012:execution:Release:x" },
  }));
  const version = VERSIONS.at(-1) ?? "";
  const current = everywhere((at) => ({ version, sha256: sha256(at * 4 + VERSIONS.length - 1) }));
  return [
    ...rows,
    ...history,
    { pk: "current", sk: cmd, cmd, revision: VERSIONS.length, platforms: current },
  ];
}

/** The directory's routes on a free port of this machine, as a browser reaches them. */
export class ServedDirectory {
  /** Ends in `/`. */
  url = "";
  private readonly server: Server;

  constructor(items: Item[]) {
    const ask = behindGateway((request) => {
      const urls = { directoryUrl: this.url, artifactsUrl: ARTIFACTS_URL };
      return answer({ table: new MemoryTable(items), ...urls }, request);
    });
    this.server = createServer(async ({ method = "GET", url = "/" }, response) => {
      const { status, headers, bytes } = await ask(method, url);
      response.writeHead(status, headers).end(bytes);
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((listens) => this.server.listen(0, "127.0.0.1", listens));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
    return this;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((stopped) => this.server.close(stopped));
  }
}

/** A page of its own, with what went wrong in it: errors of its script, of its policy, and requests to elsewhere. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; troubles: string[]; close: () => Promise<void> }> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on("console", (message) => troubles.push(message.text()));
  page.on("pageerror", (error) => troubles.push(error.message));
  page.on("request", (request) => {
    if (!/^data:/.test(request.url()) && request.url() !== url) troubles.push(`asked ${request.url()}`);
  });
  const answer = await page.goto(url);
  if (answer?.status() !== 200) troubles.push(`status ${answer?.status()}`);
  return { page, troubles, close: () => context.close() };
}
