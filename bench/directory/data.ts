import { marshall } from "@aws-sdk/util-dynamodb";

/** What release.json is measured with: 1,000 releases on 12 platforms, as artifact rows are. */
const PLATFORMS = [
  ...["darwin-amd64", "darwin-arm64", "freebsd-386", "freebsd-amd64", "freebsd-arm", "linux-386"],
  ...["linux-amd64", "linux-arm", "linux-arm64", "windows-386", "windows-amd64", "windows-arm64"],
];
const RELEASES = 1000;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Hashes differ, as they do: they are most of what gzip cannot compress. */
function sha256Of(n: number): string {
  const bytes = Buffer.alloc(32);
  let state = n + 1;
  for (let at = 0; at < 32; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes.toString("base64");
}

export const CURRENT = {
  pk: "current",
  sk: "hk",
  cmd: "hk",
  revision: RELEASES,
  platforms: Object.fromEntries(
    PLATFORMS.map((platform, at) => [platform, { version: "20260131", sha256: sha256Of(at) }]),
  ),
};

/** In the table's order. */
export function artifactRows(): Record<string, unknown>[] {
  const rows: Record<string, unknown>[] = [];
  for (let release = 0; release < RELEASES; release++) {
    const day = new Date(Date.UTC(2023, 0, 1) + release * DAY_MS).toISOString().slice(0, 10);
    const version = day.replaceAll("-", "");
    for (const [at, platform] of PLATFORMS.entries()) {
      const sha256 = sha256Of(release * PLATFORMS.length + at);
      const key = `hk/${version}/${platform}.gz`;
      rows.push({
        ...{ pk: "artifact", sk: `hk#0${version}.000000000#${platform}` },
        ...{
          cmd: "hk",
          version,
          platform,
          sha256,
          key,
          size: 5_000_000 + release,
          gzSize: 2_000_000 + release,
        },
        ...{ s3VersionId: sha256.slice(0, 32), recordedAt: `${day}T12:00:00.000Z`, tag: `v${version}` },
        commit: Buffer.from(sha256, "base64").toString("hex").slice(0, 40),
      });
    }
  }
  return rows;
}

/** DynamoDB's own form. */
export const toDynamo = (item: Record<string, unknown>) => marshall(item);
