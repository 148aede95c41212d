import { createHash } from "node:crypto";
import { connect } from "node:tls";
import { patchObjectKey } from "../../lambda/shared/keys.ts";
import { patchesTo } from "../../lambda/shared/patches.ts";
import type { PatchEvent, PatchResult } from "../../lambda/shared/payloads.ts";
import { type Check, oneOf, same, statusOf } from "../check.ts";
import { invoke } from "../invoke.ts";

const NO_TLS = "it has no TLS";

/** What clients download, and how. */
export const CDN_CHECKS: Check[] = [
  {
    name: "CDN: a binary comes as it is stored, also to who accepts gzip",
    look: async ({ deployment: { artifactsUrl }, samples: [{ key, gzip }] }) => {
      const answer = await fetch(`${artifactsUrl}${key}`, { headers: { "accept-encoding": "gzip" } });
      same("the status", answer.status, 200);
      same("Content-Encoding", answer.headers.get("content-encoding"), null);
      same("Content-Disposition", answer.headers.get("content-disposition"), "attachment");
      const bytes = Buffer.from(await answer.arrayBuffer());
      if (!bytes.equals(gzip)) throw new Error(`its ${bytes.length} bytes are not the ${gzip.length} stored`);
      return undefined;
    },
  },
  {
    // Of a version that is never made: a missing one could be remembered for a while.
    name: "CDN: a missing patch is 403 or 404",
    look: async ({ deployment: { artifactsUrl }, samples: [{ id }] }) => {
      const missing = patchObjectKey({ ...id, from: "19990101", to: id.version });
      oneOf("the status", await statusOf(`${artifactsUrl}${missing}`), 403, 404);
      return undefined;
    },
  },
  {
    name: "CDN: plain HTTP is refused",
    notLocal: NO_TLS,
    look: async ({ deployment: { artifactsUrl }, samples: [{ key }] }) => {
      const plain = `${artifactsUrl.replace(/^https:/, "http:")}${key}`;
      same("the status", await statusOf(plain), 403);
      return undefined;
    },
  },
  {
    name: "CDN: HTTP/2 is offered",
    notLocal: NO_TLS,
    look: async ({ deployment: { artifactsUrl } }) => {
      same("the protocol", await offered(new URL(artifactsUrl).hostname), "h2");
      return undefined;
    },
  },
  {
    name: "patch: the function makes one and proves it, and the CDN serves it",
    look: async ({ deployment, samples: [base, target] }) => {
      const { cmd, version, platform } = target.id;
      const execution = { name: "smoke", arn: "" };
      const event: PatchEvent = { cmd, version, pair: { platform, from: base.id.version }, execution };
      const result = (await invoke(deployment, deployment.patchFunction, event)) as PatchResult;
      if (result.outcome !== "made") throw new Error(`the function said ${JSON.stringify(result)}`);
      const [row] = await patchesTo(deployment.table, cmd, version);
      const key = patchObjectKey({ cmd, platform, from: base.id.version, to: version });
      const answer = await fetch(`${deployment.artifactsUrl}${key}`);
      same("the status", answer.status, 200);
      const hash = createHash("sha256")
        .update(Buffer.from(await answer.arrayBuffer()))
        .digest("base64");
      same("the patch's hash", hash, row !== undefined && "sha256" in row && row.sha256);
      return `${result.size} bytes`;
    },
  },
];

/** The protocol that a host chooses among HTTP/2 and 1.1. */
function offered(host: string): Promise<string | false | null> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: 443, servername: host, ALPNProtocols: ["h2", "http/1.1"] }, () => {
      resolve(socket.alpnProtocol);
      socket.end();
    });
    socket.setTimeout(20_000, () => socket.destroy(new Error(`${host} did not answer`)));
    socket.on("error", reject);
  });
}
