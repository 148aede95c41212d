/** Who uses the deployment, and how: what the bill depends on. */
export interface Shape {
  /** Installed copies, over all commands and platforms. */
  users: number;
  /** Of each command. */
  releasesPerMonth: number;
  platforms: number;
  /** Of an uncompressed binary, in millions of bytes. */
  sizeMb: number;
  commands: number;
  /** Older versions that get a patch to a new one: `patchBases` of the configuration. */
  bases: number;
  /** How often each copy asks what is current. */
  checksPerDay: number;
  /** Months of releases that are kept: nothing is ever deleted, so this is the deployment's age. */
  monthsKept: number;
  /** Part of the updates that come as a patch; the others, and first installations, are full downloads. */
  patchShare: number;
  /** Whether CloudFront stands before the directory, too (docs/domain.md): 1, or 0. */
  domain: number;
}

export const DEFAULTS = {
  commands: 1,
  // hkdist.config.ts's default.
  bases: 8,
  // examples/greet and hk ask about once a day.
  checksPerDay: 1,
  monthsKept: 12,
  patchShare: 0.9,
  domain: 0,
} as const;

/** Nobody asks, nothing is released, nothing is stored. */
export const IDLE: Shape = { ...DEFAULTS, users: 0, releasesPerMonth: 0, platforms: 12, sizeMb: 10 };

/** What README.md and docs/cost.md quote. */
export const CASES: { [name: string]: Shape } = {
  small: { ...DEFAULTS, users: 1000, releasesPerMonth: 2, platforms: 3, sizeMb: 5 },
  middle: { ...DEFAULTS, users: 10_000, releasesPerMonth: 8, platforms: 12, sizeMb: 10 },
  large: { ...DEFAULTS, users: 1_000_000, releasesPerMonth: 8, platforms: 12, sizeMb: 30 },
};
