import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { isFree, keptPort } from "../../local/port.ts";

it("keeps the port that it chose, also when it is taken later", async () => {
  const folder = mkdtempSync(join(tmpdir(), "port-"));
  const port = await keptPort(join(folder, "port"));
  expect(await isFree(port)).toBe(true);
  const other = createServer().listen(port, "127.0.0.1");
  try {
    expect(await isFree(port)).toBe(false);
    expect(await keptPort(join(folder, "port"))).toBe(port);
  } finally {
    other.close();
    rmSync(folder, { recursive: true });
  }
});
