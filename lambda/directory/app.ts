import { Hono } from "hono";
import { etag } from "hono/etag";
import { type Artifact, allArtifacts, getArtifact } from "../shared/artifacts.ts";
import { allCurrent, type Current, getCurrent } from "../shared/current.ts";
import { artifactObjectKey } from "../shared/keys.ts";
import { log } from "../shared/log.ts";
import { isCommand, isPlatform } from "../shared/names.ts";
import type { Table } from "../shared/table.ts";
import { isVersion } from "../shared/version.ts";
import { downloadPage } from "./download-page.ts";
import { guessPlatform } from "./user-agent.ts";

const NOT_FOUND = "404 page not found\n";
/** No path of ours has other characters or dot segments, so nothing is ever decoded or resolved, not even for a redirect. */
const CANONICAL = /^(?!.*\/\.{1,2}(\/|$))[\w./-]*$/;

/** What Hono's adapter for Lambda hands on; the path in its URL has been resolved, `rawPath` has not. */
interface Lambda {
  Bindings: { event?: { rawPath: string } };
}

/**
 * The update directory: every route of the protocol that reads. One read of the table per request; unknown paths and
 * methods are a plain 404, and names outside the limits never reach a key.
 * @param artifactsUrl where the bytes are; ends in `/`
 */
export function directory(table: Table, artifactsUrl: string): Hono<Lambda> {
  // The path before anything resolves it. (HTTP API has decoded escapes by then: see docs/first-deployment.md.)
  const app = new Hono<Lambda>({
    getPath: (request, options) => options?.env?.event?.rawPath ?? new URL(request.url).pathname,
  });
  const artifactUrl = (path: string) => `${artifactsUrl}${path}`;

  app.use(async (c, next) => {
    if (!CANONICAL.test(c.req.path)) return c.text(NOT_FOUND, 404);
    if (c.req.path.includes("//")) {
      const { search } = new URL(c.req.url);
      c.header("Location", c.req.path.replaceAll(/\/{2,}/g, "/") + search);
      return c.text("301 moved permanently\n", 301);
    }
    await next();
    c.header("X-Content-Type-Options", "nosniff");
  });
  app.use(etag());

  app.get("/", async (c) => c.html(downloadPage(await allCurrent(table), artifactUrl)));

  app.get("/release.json", async (c) => {
    const artifacts = await allArtifacts(table);
    return c.body(json(artifacts.map(document)), 200, JSON_TYPE);
  });

  app.get("/:file{[A-Za-z0-9-]+\\.gz}", async (c) => {
    const cmd = c.req.param("file").slice(0, -".gz".length);
    const current = isCommand(cmd) ? await getCurrent(table, cmd, { consistent: false }) : undefined;
    const platform = guessPlatform(c.req.header("User-Agent") ?? "");
    const version = platform && current?.platforms[platform]?.version;
    if (!platform || !version) return c.text(NOT_FOUND, 404);
    return c.redirect(artifactUrl(artifactObjectKey({ cmd, version, platform })), 307);
  });

  const answerCurrent = async (cmd: string, file: string) => {
    const platform = platformOf(file);
    if (!isCommand(cmd) || platform === undefined) return undefined;
    return describeCurrent(await getCurrent(table, cmd, { consistent: false }), platform);
  };

  // hk looks under current/, sanbornm/go-selfupdate directly under the command.
  for (const path of ["/:cmd/current/:file", "/:cmd/:file"] as const) {
    app.get(path, async (c) => {
      const found = await answerCurrent(c.req.param("cmd"), c.req.param("file"));
      return found === undefined ? c.text(NOT_FOUND, 404) : c.body(json(found), 200, JSON_TYPE);
    });
  }

  app.get("/:cmd/:version/:file", async (c) => {
    const { cmd, version, file } = c.req.param();
    const platform = platformOf(file);
    if (!isCommand(cmd) || !isVersion(version) || platform === undefined) return c.text(NOT_FOUND, 404);
    const artifact = await getArtifact(table, { cmd, version, platform });
    if (artifact === undefined) return c.text(NOT_FOUND, 404);
    return c.body(json({ sha256: artifact.sha256 }), 200, JSON_TYPE);
  });

  app.notFound((c) => c.text(NOT_FOUND, 404));
  app.onError((error, c) => {
    log("failed", { path: c.req.path, error: String(error), stack: error.stack });
    return c.text("The directory cannot answer right now; try again in a moment.\n", 503, {
      "Retry-After": "5",
    });
  });
  return app;
}

const JSON_TYPE = { "Content-Type": "application/json" };

/** Old clients read line by line: one JSON value and a line feed. */
function json(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

/** The platform that a file name `<platform>.json` names, or undefined. */
function platformOf(file: string): string | undefined {
  const platform = file.endsWith(".json") ? file.slice(0, -".json".length) : "";
  return isPlatform(platform) ? platform : undefined;
}

/** The protocol's document, its four keys in the original's order. */
function document({
  platform,
  version,
  cmd,
  sha256,
}: Pick<Artifact, "platform" | "version" | "cmd" | "sha256">) {
  return { platform, version, cmd, sha256 };
}

function describeCurrent(current: Current | undefined, platform: string) {
  const found =
    current && Object.hasOwn(current.platforms, platform) ? current.platforms[platform] : undefined;
  return current && found && document({ platform, cmd: current.cmd, ...found });
}
