import { setTimeout as sleep } from "node:timers/promises";
import { getArtifact } from "../../lambda/shared/artifacts.ts";
import { type Check, oneOf, same, type World } from "../check.ts";
import { put } from "../put.ts";
import type { Sample } from "../samples.ts";

const pathOf = ({ id: { cmd, version, platform } }: Sample) => `${cmd}/${version}/${platform}.json`;
const currentPath = ({ samples: [{ id }] }: World) => `${id.cmd}/current/${id.platform}.json`;

/** Seconds that the recorder may take. It is a second or two. */
const RECORD_LIMIT = 60;

/** Who may put is up to IAM: nothing may be written when one of these fails. */
export const SIGNATURE_CHECKS: Check[] = [
  {
    name: "PUT: without a signature is 403",
    look: async (world) => {
      const { deployment, samples } = world;
      const body = { sha256: samples[0].sha256 };
      same("the status", (await put(deployment, pathOf(samples[0]), body, "unsigned")).status, 403);
      return undefined;
    },
  },
  {
    name: "PUT: with a wrong signature is 403",
    notLocal: "it takes its root user's word for any signature",
    look: async ({ deployment, samples: [first] }) => {
      const { status } = await put(deployment, pathOf(first), { sha256: first.sha256 }, "wrongly signed");
      same("the status", status, 403);
      return undefined;
    },
  },
];

/** The stored versions become known, and current. */
export const DIRECTORY_CHECKS: Check[] = [
  {
    name: "PUT: a stored artifact is registered by a signed request",
    look: async ({ deployment, samples: [first] }) => {
      const { status, said } = await put(deployment, pathOf(first), { sha256: first.sha256 });
      oneOf(`the status ('${said}')`, status, 201, 200);
      return status === 201 ? "201 created" : "200, the recorder was faster";
    },
  },
  {
    name: "PUT: another hash is 409",
    look: async ({ deployment, samples: [first, second] }) => {
      same("the status", (await put(deployment, pathOf(first), { sha256: second.sha256 })).status, 409);
      return undefined;
    },
  },
  {
    name: "recorder: what is stored has its row within a minute, and the directory tells its hash",
    look: async ({ deployment: { table, directoryUrl }, samples: [, second] }) => {
      const { storedAt = Date.now() } = second;
      const seconds = () => (Date.now() - storedAt) / 1000;
      while ((await getArtifact(table, second.id)) === undefined) {
        if (seconds() > RECORD_LIMIT) throw new Error(`there is no row after ${RECORD_LIMIT} s`);
        await sleep(200);
      }
      const took = seconds();
      const answer = await fetch(`${directoryUrl}${pathOf(second)}`);
      same("the status", answer.status, 200);
      same("the hash", ((await answer.json()) as { sha256: string }).sha256, second.sha256);
      return `${took.toFixed(1)} s after it was stored at most`;
    },
  },
  {
    name: "current: a version that is not registered is refused",
    look: async (world) => {
      const { status } = await put(world.deployment, currentPath(world), { version: "20000103" });
      same("the status", status, 422);
      return undefined;
    },
  },
  {
    name: "current: a signed PUT changes it, and clients are told",
    look: async (world) => {
      const { deployment, samples } = world;
      const [, { id, sha256 }] = samples;
      const { status, said } = await put(deployment, currentPath(world), { version: id.version });
      same(`the status ('${said}')`, status, 200);
      const answer = await fetch(`${deployment.directoryUrl}${currentPath(world)}`);
      const told = (await answer.json()) as { version: string; sha256: string };
      same("what clients are told", [told.version, told.sha256], [id.version, sha256]);
      return undefined;
    },
  },
  {
    name: "page: it has its policy, and with the installers the URLs of this deployment",
    look: async ({ deployment: { directoryUrl, artifactsUrl }, samples: [, { id, key }] }) => {
      const page = await fetch(`${directoryUrl}${id.cmd}`);
      same("the status", page.status, 200);
      const policy = page.headers.get("content-security-policy") ?? "";
      if (!policy.startsWith("default-src 'none';")) throw new Error(`its policy is '${policy}'`);
      if (!(await page.text()).includes(`href="${artifactsUrl}${key}"`))
        throw new Error(`it has no link to ${key}`);
      for (const file of [`${id.cmd}.sh`, `${id.cmd}.ps1`]) {
        const script = await (await fetch(`${directoryUrl}${file}`)).text();
        for (const url of [directoryUrl, artifactsUrl]) {
          if (!script.includes(`'${url}'`)) throw new Error(`${file} does not name ${url}`);
        }
      }
      return undefined;
    },
  },
  {
    name: "current: an older version is refused",
    look: async (world) => {
      const { deployment, samples } = world;
      const { version } = samples[0].id;
      same("the status", (await put(deployment, currentPath(world), { version })).status, 409);
      return undefined;
    },
  },
];
