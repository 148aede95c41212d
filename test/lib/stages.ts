import { fileURLToPath } from "node:url";
import type { Config } from "../../lib/config/schema.ts";
import { type Machine, type State, Template } from "./template.ts";

export const ENDPOINT = "http://127.0.0.1:4566";

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

export const GREET = {
  repository: "https://example.com/greet.git",
  branch: "main",
  signers: { gpg: fixture("signers/release.asc") },
  mainPackage: "./cmd/greet",
  versionVariable: "main.version",
  directoryUrlVariable: "main.directoryURL",
  artifactsUrlVariable: "main.artifactsURL",
  platforms: ["linux-amd64", "darwin-arm64"],
};
export const CONFIG: Config = {
  commands: {
    greet: GREET,
    "greet-canary": {
      repository: "https://example.com/canary.git",
      branch: "canary",
      mainPackage: ".",
      versionVariable: "main.v",
      goVersion: "1.26.8",
      signers: { ssh: fixture("signers/allowed_signers") },
      credentials: { secret: "greet/deploy-key" },
      privateModules: ["example.com/team/*", "example.com/other"],
      importPath: "example.com/greet",
      commitVariable: "main.commit",
      dateVariable: "main.date",
      buildTags: ["release", "netgo"],
      ldflags: "-X main.channel=canary",
      hook: fixture("signers/hook.sh"),
      platforms: ["linux-arm64"],
    },
  },
  requestsPerSecond: 20,
  buildConcurrency: 2,
  patchBases: 5,
  patchConcurrency: 3,
  buildTimeoutMinutes: 30,
  largestBinaryBytes: 120_000_000,
};

/** The stack that the tests look at, on AWS and on the local AWS. Each call synthesizes anew. */
export const onAws = () => new Template(CONFIG, { endpointUrl: undefined });
export const onLocal = () => new Template(CONFIG, { endpointUrl: ENDPOINT });

export const BUCKETS = ["StorageArtifacts", "StorageSources"];
export const QUEUES = ["RecordQueue", "RecordDeadLetters"];
export const TOPICS = ["AlertsTopic", "AlertsReleases"];

/** A machine, and its states by name, those inside the Maps too. */
export const releaseMachine = () => machineOf(onAws(), "ReleaseMachine");
export const promoteMachine = () => machineOf(onAws(), "PromotionMachine");

export function machineOf(
  template: Template,
  name: string,
): { machine: Machine; states: Record<string, State> } {
  const machine = template.machine(name);
  const inside = Object.values(machine.States).map(({ ItemProcessor }) => ItemProcessor?.States ?? {});
  return { machine, states: Object.assign({}, machine.States, ...inside) };
}

export function stateIn(states: Record<string, State>, name: string): State {
  const found = states[name];
  if (found === undefined) throw new Error(`no state ${name} among ${Object.keys(states).join(", ")}`);
  return found;
}
