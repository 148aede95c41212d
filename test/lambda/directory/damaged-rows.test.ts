import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { MemoryTable } from "../memory-table.ts";
import { sha256 } from "../support.ts";
import { directoryOf } from "./released.ts";

const lines = vi.spyOn(process.stdout, "write");
beforeEach(() => {
  lines.mockReset().mockImplementation(() => true);
});
afterEach(() => lines.mockReset());

const ARTIFACT = { cmd: "hk", version: "1", platform: "linux-amd64", sha256: sha256(1) };
const CURRENT = { cmd: "hk", revision: 1, platforms: { "linux-amd64": { version: "1", sha256: sha256(1) } } };
const artifact = (row: object) => ({ pk: "artifact", sk: "hk#000000001.000000000#linux-amd64", ...row });
const current = (row: object) => ({ pk: "current", sk: "hk", ...row });

it.each([
  ["/hk/1/linux-amd64.json", "sha256", artifact({ ...ARTIFACT, sha256: undefined })],
  ["/release.json", "sha256", artifact({ ...ARTIFACT, sha256: 1 })],
  ["/release.json", "version", artifact({ ...ARTIFACT, version: undefined })],
  ["/hk/current/linux-amd64.json", "version", current({ ...CURRENT, platforms: { "linux-amd64": {} } })],
  ["/hk.gz", "platforms", current({ ...CURRENT, platforms: undefined })],
  ["/", "platforms", current({ ...CURRENT, platforms: null })],
])("%s is 503 and the log tells of the row that lacks its %s", async (path, attribute, row) => {
  const answer = await directoryOf(new MemoryTable([row]))("GET", path);
  expect([answer.status, answer.headers["cache-control"]]).toEqual([503, "no-store"]);
  expect(String(lines.mock.lastCall?.[0])).toContain(`lacks ${attribute}`);
});
