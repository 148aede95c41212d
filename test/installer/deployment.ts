import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { answer } from "../../lambda/directory/routes.ts";
import { current } from "../lambda/directory/released.ts";
import { behindGateway } from "../lambda/gateway.ts";
import { artifactItem, MemoryTable } from "../lambda/memory-table.ts";
import { artifact } from "../lambda/support.ts";

export const VERSION = "20260131";
export const OLDER = "20260101";
/** What the tests' machine pretends to be, and others that the tables name. */
export const PLATFORMS = [
  "darwin-amd64",
  "darwin-arm64",
  "freebsd-amd64",
  "linux-386",
  "linux-amd64",
  "linux-arm",
  "linux-arm64",
  "windows-amd64",
];

/** A program that runs here, whatever it was released for: it tells what it is. */
export function programOf(version: string, platform: string): Buffer {
  return Buffer.from(`#!/bin/sh\necho "greet ${version} ${platform}"\n# ${"x".repeat(5000)}\n`);
}

type Serve = (request: IncomingMessage, response: ServerResponse) => void;

/** The directory's routes and the released bytes behind real HTTP, on one free port of the loopback. */
export interface Deployment {
  /** Ends in `/`. */
  url: string;
  /** Answers a path otherwise. */
  instead: Map<string, Serve>;
  /** The paths that were asked for. */
  asked: string[];
  [Symbol.asyncDispose](): Promise<void>;
}

/** @param cmd with two versions for all platforms, the newer one current */
export async function deploy(cmd = "greet", platforms: readonly string[] = PLATFORMS): Promise<Deployment> {
  const asked: string[] = [];
  const instead = new Map<string, Serve>();
  const bytes = new Map<string, Buffer>();
  const rows = [OLDER, VERSION].flatMap((version) =>
    platforms.map((platform) => {
      const program = programOf(version, platform);
      bytes.set(`/artifacts/${cmd}/${version}/${platform}.gz`, gzipSync(program));
      return artifact(cmd, version, platform, createHash("sha256").update(program).digest("base64"));
    }),
  );
  const standing = rows.filter(({ version }) => version === VERSION);
  const table = new MemoryTable([
    ...rows.map(artifactItem),
    current(
      cmd,
      Object.fromEntries(standing.map(({ platform, version, sha256 }) => [platform, { version, sha256 }])),
    ),
  ]);
  const server = createServer(async (request, response) => {
    // As a proxy it is asked for whole URLs, whatever the host.
    const path = (request.url ?? "/").replace(/^http:\/\/[^/]+/, "");
    asked.push(path);
    const other = instead.get(path);
    if (other !== undefined) return other(request, response);
    const stored = bytes.get(path);
    if (stored !== undefined) return response.end(stored);
    const { status, headers, bytes: body } = await ask(request.method ?? "GET", path);
    return response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const ask = behindGateway((request) =>
    answer({ table, directoryUrl: url, artifactsUrl: `${url}artifacts/` }, request),
  );
  return {
    url,
    instead,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
