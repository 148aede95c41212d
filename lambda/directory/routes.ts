import { type ArtifactDocument, artifactDocuments, getArtifact } from "../shared/artifacts.ts";
import { allCurrent, type Current, getCurrent } from "../shared/current.ts";
import { type HttpAnswer, type HttpRequest, line, notFound, redirect } from "../shared/http/message.ts";
import { artifactObjectKey } from "../shared/keys.ts";
import { isCommand, isPlatform } from "../shared/names.ts";
import type { Table } from "../shared/table.ts";
import { isVersion } from "../shared/version.ts";
import { offered, yankOf } from "../shared/yanked.ts";
import { choosePlatform } from "./choose-platform.ts";
import { type InstallerKind, installer } from "./installer.ts";
import { CONTENT_SECURITY_POLICY, type Markup } from "./page/layout.ts";
import { readOffer } from "./page/offer.ts";
import { commandPage, homePage } from "./page/page.ts";
import { represent } from "./represent.ts";

export interface Directory {
  table: Table;
  /** Its own URL, as the world knows it; ends in `/`. */
  directoryUrl: string;
  /** Where the bytes are; ends in `/`. */
  artifactsUrl: string;
}

type Route = (directory: Directory, request: HttpRequest, ...names: string[]) => Promise<HttpAnswer>;

/** Every path of the protocol that is read. A platform may be called `current` or `release`: the order decides. */
const ROUTES: [RegExp, Route][] = [
  [/^\/$/, home],
  [/^\/([^/.]+)$/, command],
  [/^\/([^/.]+)\/$/, withoutSlash],
  [/^\/release\.json$/, releases],
  [/^\/([^/]+)\.gz$/, download],
  [/^\/([^/]+)\.(sh|ps1)$/, install],
  // hk looks under current/, sanbornm/go-selfupdate directly under the command.
  [/^\/([^/]+)\/current\/([^/]+)\.json$/, current],
  [/^\/([^/]+)\/([^/]+)\.json$/, current],
  [/^\/([^/]+)\/([^/]+)\/([^/]+)\.json$/, version],
];

/**
 * Answers a request of the update directory. One read of the table, two side by side for a version's hash, and more for
 * the lists and the pages; names outside the limits never reach it; unknown paths and methods are a plain 404.
 */
export async function answer(directory: Directory, request: HttpRequest): Promise<HttpAnswer> {
  if (request.method !== "GET" && request.method !== "HEAD") return notFound();
  for (const [pattern, route] of ROUTES) {
    const match = pattern.exec(request.path);
    if (match) return represent(request, await route(directory, request, ...match.slice(1)));
  }
  return notFound();
}

/**
 * Seconds that answers may be kept. `current` moves with every release, and a client that cannot reach us may go on with
 * what it was told for a day. A version's hash never changes, but it can be yanked.
 */
const CURRENT = { "cache-control": "public, max-age=60, stale-if-error=86400" };
const VERSION = { "cache-control": "public, max-age=3600" };

async function home(directory: Directory): Promise<HttpAnswer> {
  const { table } = directory;
  const commands = (await allCurrent(table)).filter((current) => offered(current).length > 0);
  // With several, each has its releases on a page of its own: this one reads little of each.
  const withReleases = commands.length === 1;
  const found = await Promise.all(commands.map((current) => readOffer(table, current, { withReleases })));
  const offers = found.filter((offer) => offer !== undefined);
  const [only] = offers;
  return page(only && withReleases ? commandPage(only, directory) : homePage(offers, directory));
}

async function command(directory: Directory, _request: HttpRequest, cmd: string): Promise<HttpAnswer> {
  if (!isCommand(cmd)) return notFound();
  const current = await getCurrent(directory.table, cmd, { consistent: false });
  const offer = current && (await readOffer(directory.table, current, { withReleases: true }));
  return offer === undefined ? notFound() : page(commandPage(offer, directory));
}

/** As people type the address of a page. */
async function withoutSlash(
  { directoryUrl }: Directory,
  _request: HttpRequest,
  cmd: string,
): Promise<HttpAnswer> {
  return isCommand(cmd) ? redirect(301, `${directoryUrl}${cmd}`) : notFound();
}

async function page(body: Markup): Promise<HttpAnswer> {
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": CONTENT_SECURITY_POLICY,
    ...CURRENT,
  };
  return { status: 200, headers, body: String(await body) };
}

async function releases({ table }: Directory): Promise<HttpAnswer> {
  const [documents, commands] = await Promise.all([artifactDocuments(table), allCurrent(table)]);
  const byCommand = new Map(commands.map((one) => [one.cmd, one]));
  const isOffered = ({ cmd, version }: ArtifactDocument) => yankOf(byCommand.get(cmd), version) === undefined;
  return json(documents.filter(isOffered), CURRENT);
}

async function current(
  { table }: Directory,
  _request: HttpRequest,
  cmd: string,
  platform: string,
): Promise<HttpAnswer> {
  if (!isCommand(cmd) || !isPlatform(platform)) return notFound();
  const standing = platformsOf(await getCurrent(table, cmd, { consistent: false })).get(platform);
  if (standing === undefined) return notFound();
  const { version, sha256 } = standing;
  return json({ platform, version, cmd, sha256 }, CURRENT);
}

async function version(
  { table }: Directory,
  _request: HttpRequest,
  cmd: string,
  version: string,
  platform: string,
): Promise<HttpAnswer> {
  if (!isCommand(cmd) || !isVersion(version) || !isPlatform(platform)) return notFound();
  const [artifact, standing] = await Promise.all([
    getArtifact(table, { cmd, version, platform }),
    getCurrent(table, cmd, { consistent: false }),
  ]);
  if (artifact === undefined || yankOf(standing, version) !== undefined) return notFound();
  return json({ sha256: artifact.sha256 }, VERSION);
}

async function download(
  { table, artifactsUrl }: Directory,
  { query, headers }: HttpRequest,
  cmd: string,
): Promise<HttpAnswer> {
  if (!isCommand(cmd)) return notFound();
  const platforms = platformsOf(await getCurrent(table, cmd, { consistent: false }));
  if (platforms.size === 0) return notFound();
  const choice = choosePlatform(query.get("platform"), headers["user-agent"] ?? "", platforms);
  if (choice === "phone") {
    return line(404, `${cmd} is a command-line tool and does not run on phones and tablets.`);
  }
  const standing = choice && platforms.get(choice);
  if (!standing) return notFound();
  const key = artifactObjectKey({ cmd, version: standing.version, platform: choice });
  // It differs from client to client, and the next release changes it.
  return redirect(307, `${artifactsUrl}${key}`, { vary: "User-Agent" });
}

async function install(
  { table, ...urls }: Directory,
  _request: HttpRequest,
  cmd: string,
  kind: string,
): Promise<HttpAnswer> {
  if (!isCommand(cmd)) return notFound();
  // A row that somebody changed by hand may have other names.
  const platforms = [...platformsOf(await getCurrent(table, cmd, { consistent: false })).keys()].filter(
    isPlatform,
  );
  if (platforms.length === 0) return notFound();
  // Plain text, so that a browser shows it to those who read before they run.
  const headers = { "content-type": "text/plain; charset=utf-8", ...CURRENT };
  return { status: 200, headers, body: installer(kind as InstallerKind, { cmd, platforms, ...urls }) };
}

/** A map, so that a platform called `constructor` is not found in every object. */
function platformsOf(current: Current | undefined): Map<string, { version: string; sha256: string }> {
  return new Map(current === undefined ? [] : offered(current));
}

/** Old clients read line by line: one JSON value and a line feed. The keys' order is the original's. */
function json(value: unknown, caching: Record<string, string>): HttpAnswer {
  const headers = { "content-type": "application/json", ...caching };
  return { status: 200, headers, body: `${JSON.stringify(value)}\n` };
}
