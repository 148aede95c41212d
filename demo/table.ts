import type { z } from "zod";
import type { Show } from "../cli/shapes.ts";
import { bytes, percent } from "../cli/view/format.ts";
import { table } from "../cli/view/table.ts";

/** What a client of each platform downloads, by patch instead of in full: lines of a table. */
export function sizeTable({ artifacts, patches }: z.infer<typeof Show>): string[] {
  const right = { align: "right" } as const;
  return table(
    [
      { head: "platform" },
      ...["full size", "download", "patch", "patch/download"].map((head) => ({ head, ...right })),
    ],
    artifacts.map(({ platform, size, gzSize }) => {
      const patch = patches.find((one) => one.platform === platform)?.size ?? undefined;
      const made = patch === undefined ? ["none", ""] : [bytes(patch), percent(patch, gzSize ?? 0)];
      return [platform, bytes(size ?? 0), bytes(gzSize ?? 0), ...made];
    }),
  );
}
