import { answer } from "../../../lambda/directory/routes.ts";
import type { Current } from "../../../lambda/shared/current.ts";
import { currentItemKey } from "../../../lambda/shared/keys.ts";
import type { Table } from "../../../lambda/shared/table.ts";
import { type Ask, behindGateway } from "../gateway.ts";
import { artifactItem, type Item } from "../memory-table.ts";
import { artifact, sha256 } from "../support.ts";

export const DIRECTORY = "https://directory.example.com/";
export const ARTIFACTS = "https://artifacts.example.com/";
export const URLS = { directoryUrl: DIRECTORY, artifactsUrl: ARTIFACTS };
export const NOT_FOUND = "404 page not found\n";

export const recorded = (version: string, platform: string, hash: number, cmd = "greet"): Item =>
  artifactItem(artifact(cmd, version, platform, sha256(hash)));

export const current = (cmd: string, platforms: Current["platforms"]): Item => ({
  ...currentItemKey(cmd),
  cmd,
  revision: 3,
  platforms,
});

/** What has been released, in no order. */
export const ITEMS = [
  recorded("20260131.10", "linux-amd64", 4),
  recorded("20260131.2", "linux-amd64", 3),
  recorded("20260131.2", "darwin-arm64", 2),
  recorded("20140529", "linux-amd64", 5, "hk"),
  recorded("20260101", "linux-amd64", 1),
  current("greet", {
    "linux-amd64": { version: "20260131.10", sha256: sha256(4) },
    "darwin-arm64": { version: "20260131.2", sha256: sha256(2) },
  }),
  current("hk", { "linux-amd64": { version: "20140529", sha256: sha256(5) } }),
];

export function directoryOf(table: Table): Ask {
  return behindGateway((request) => answer({ table, ...URLS }, request));
}
