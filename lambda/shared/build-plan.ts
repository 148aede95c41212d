/** What a build was told, as far as its artifacts are described by it. */
export interface BuildOrders {
  version: string;
  archiveKey: string;
  /** Hex. */
  archiveSha256: string;
  reportKey: string;
  platforms: string[];
}

/** Reads a plan's text (lambda/plan/batches.ts): only Plan can write one, so what it says is so. */
export function readPlan(text: string): BuildOrders {
  const lines = text.split("\n").map((line) => line.split("\t") as [string, string?]);
  const all = (name: string) => lines.flatMap(([word, value]) => (word === name ? (value ?? "") : []));
  const one = (name: string) => all(name)[0] ?? "";
  return {
    version: one("version"),
    archiveKey: one("archiveKey"),
    archiveSha256: one("archiveSha256"),
    reportKey: one("reportKey"),
    platforms: all("platform"),
  };
}
