/** The states of the machines that people follow, in their order (lib/release-machine.ts, lib/promote-machine.ts). */
export const STEPS = {
  release: ["Request", "Source", "Plan", "Build", "Pair", "Describe", "Patch", "Publish"],
  promote: ["Promote", "Withdraw", "Bases", "Patch"],
} as const;

export type Machine = keyof typeof STEPS;
export type StepName = (typeof STEPS)[Machine][number];
