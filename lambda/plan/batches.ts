import { planObjectKey, reportObjectKey } from "../shared/keys.ts";
import type { Batch } from "../shared/payloads.ts";
import type { Source } from "../shared/sources.ts";

/** A build's orders: where they are stored, and their text. */
export interface BuildPlan extends Batch {
  text: string;
}

/**
 * Shares the platforms among at most `concurrency` builds, none of them empty.
 * Platforms of one build share Go's cache, so the default is one build (buildConcurrency in lib/config/schema.ts).
 */
export function planBatches(
  source: Source,
  platforms: readonly string[],
  execution: string,
  concurrency: number,
): BuildPlan[] {
  const count = Math.min(concurrency, platforms.length);
  return Array.from({ length: count }, (_, batch) => {
    const planKey = planObjectKey(source.cmd, execution, batch);
    const reportKey = reportObjectKey(source.cmd, source.version, execution, batch);
    const mine = platforms.filter((_platform, index) => index % count === batch);
    return { planKey, reportKey, text: planText(source, reportKey, mine) };
  });
}

/** Lines of `name<TAB>value` as buildspec/build.sh reads them: a shell parses this without any tool. */
function planText(source: Source, reportKey: string, platforms: readonly string[]): string {
  const lines = [
    ["version", source.version],
    ["commit", source.commit],
    ["date", source.tagDate],
    ["archiveKey", source.archiveKey],
    ["archiveSha256", source.archiveSha256],
    ["goVersion", source.goVersion],
    ["reportKey", reportKey],
    ...platforms.map((platform) => ["platform", platform]),
  ];
  return lines.map((line) => `${line.join("\t")}\n`).join("");
}
