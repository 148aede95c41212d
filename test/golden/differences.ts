import { choosePlatform } from "../../lambda/directory/choose-platform.ts";
import { cleanedPath } from "../../lambda/shared/http/clean-path.ts";
import { isCommand, isPlatform } from "../../lambda/shared/names.ts";
import { compareVersions, isVersion } from "../../lambda/shared/version.ts";
import { bodyOf, type Observed, type State } from "./observed.ts";
import { releasesOf } from "./states.ts";

/** What an answer must be. */
export interface Expected {
  /** Undefined where only AWS could tell: anything below 500. */
  status: number | undefined;
  /** Null: must not be there. Others than these may be. */
  headers: Record<string, string | null>;
  /** Exactly, by a pattern where the words are ours, or undefined where it does not matter. */
  body: string | RegExp | undefined;
}

/** An observed request with what the rules below ask about it. */
export interface Question {
  observed: Observed;
  state: State;
  /** As the gateway hands it on, without the query. */
  path: string;
  query: URLSearchParams;
  header: (name: string) => string | undefined;
  /** How many headers there are of a name. */
  count: (name: string) => number;
}

/** One thing that we answer differently on purpose. `expect` gives the answer, or undefined where it does not apply. */
interface Difference {
  reason: string;
  /** The gateway answers by itself: no other difference matters then. */
  atGateway?: true;
  expect: (question: Question, expected: Expected) => Partial<Expected> | undefined;
}

const ANYTHING = { status: undefined, headers: {}, body: undefined };
const A_LINE = /^[^\n]+\n$/;
const NOT_FOUND = { status: 404, headers: plain(), body: "404 page not found\n" };
const REGISTER = /^\/([^/]+)\/([^/]+)\/([^/]+)\.json$/;
const SELFUPDATE = /^\/([^/]+)\/([^/]+)\.json$/;
const CURRENT = /^\/([^/]+)\/current\/([^/]+)\.json$/;
const METHODS = ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"];

/**
 * Every difference, in the order in which they are applied to what the original answered: a later one sees what the
 * earlier made of it.
 */
export const DIFFERENCES: Difference[] = [
  {
    reason: "a request line that is not of visible ASCII, or a whole URL in it, is the gateway's to read",
    atGateway: true,
    expect: ({ observed: { path } }) => (/^\/[!-~]*$/.test(path) ? undefined : ANYTHING),
  },
  {
    reason: "a method that HTTP APIs do not know is answered by the gateway, if at all",
    atGateway: true,
    expect: ({ observed: { method } }) => (METHODS.includes(method) ? undefined : ANYTHING),
  },
  {
    reason:
      "the local gateway answers OPTIONS itself; on AWS, without CORS, the directory does (and is tested for it)",
    atGateway: true,
    expect: ({ observed: { method } }) =>
      method === "OPTIONS" ? { status: 403, headers: {}, body: /CORS not configured/ } : undefined,
  },
  {
    reason: "the gateway checks the signature of every PUT before our code, and says 403 in AWS's form",
    atGateway: true,
    expect: ({ path, observed: { method, auth } }) =>
      method === "PUT" && !auth && isOnPutRoute(path)
        ? { status: 403, headers: { "content-type": "application/json" }, body: /"Forbidden"/ }
        : undefined,
  },
  {
    reason: "the original's own web pages are not ours",
    expect: ({ path }) =>
      cleanedPath(path) === undefined && /\.(html|css|ico|txt|png|gif|svg|js)\/?$/.test(path)
        ? { ...NOT_FOUND, headers: { ...plain(), location: null } }
        : undefined,
  },
  {
    reason: "a path with a character that none of ours has is neither routed nor redirected",
    expect: ({ path, observed: { method } }) => {
      if (/^[\w./-]*$/.test(path)) return undefined;
      const isPut = method === "PUT" && isOnPutRoute(path) && REGISTER.test(path);
      return isPut ? badCharacter() : { ...NOT_FOUND, headers: { ...plain(), location: null } };
    },
  },
  {
    reason: "names and versions have limits: a GET beyond them is 404, a PUT 400, and none can be current",
    expect: ({ path, state, observed: { method } }, { status }) => {
      if (status === undefined || status === 301 || status === 403) return undefined;
      if (!isWithinLimits(path)) {
        return method === "PUT" && isOnPutRoute(path) ? badCharacter() : NOT_FOUND;
      }
      const [, cmd, platform] = CURRENT.exec(path) ?? SELFUPDATE.exec(path) ?? [];
      const standing = state.current.find(([one, other]) => one === cmd && other === platform)?.[2];
      return method !== "PUT" && standing !== undefined && !isVersion(standing) ? NOT_FOUND : undefined;
    },
  },
  {
    reason: "what is current is also under the command, where go-selfupdate looks",
    expect: ({ path, state, observed: { method } }, { status }) => {
      const [, cmd = "", platform = ""] = SELFUPDATE.exec(path) ?? [];
      const version = currentIn(state, cmd, platform);
      if (status !== 404 || !isRead(method) || version === undefined) return undefined;
      const release = releasesOf(state).find(
        (one) => one.cmd === cmd && one.version === version && one.platform === platform,
      );
      const { sha256 } = release ?? { sha256: "" };
      return { status: 200, body: `${JSON.stringify({ platform, version, cmd, sha256 })}\n` };
    },
  },
  {
    reason: "a command that has something current has a page of its own",
    expect: ({ path, state, observed: { method } }, { status }) => {
      const cmd = /^\/([^/.]+)$/.exec(path)?.[1] ?? "";
      const isOffered = state.current.some(
        ([one, platform, version]) =>
          one === cmd && isCommand(one) && isPlatform(platform) && isVersion(version),
      );
      return status === 404 && isRead(method) && isOffered
        ? { status: 200, headers: { "content-type": "text/html; charset=utf-8" }, body: undefined }
        : undefined;
    },
  },
  {
    reason: "JSON is application/json",
    expect: ({ path, observed: { method } }, { status, headers }) =>
      status !== undefined &&
      status < 400 &&
      status !== 301 &&
      status !== 304 &&
      path.endsWith(".json") &&
      method !== "PUT"
        ? { headers: { ...headers, "content-type": "application/json" } }
        : undefined,
  },
  {
    reason: "ETag and Cache-Control stand in the place of Last-Modified, If-Modified-Since and Range",
    expect: (question, { status, headers }) => {
      const { method } = question.observed;
      const without = { "last-modified": null, "accept-ranges": null, "content-range": null };
      const had = headers["last-modified"] !== undefined || headers["accept-ranges"] !== undefined;
      if (!isRead(method) || !(had || status === 200)) return undefined;
      const { "content-type": type, ...rest } = headers;
      const others = { ...rest, ...without, etag: "<present>", "cache-control": "<present>" };
      if (question.header("if-none-match") === "*") return { status: 304, headers: others, body: "" };
      if (!had) return { headers: { ...others, ...(type && { "content-type": type }) } };
      const isList = question.path === "/release.json";
      return {
        status: 200,
        headers: { ...others, "content-type": isList ? "application/json" : "text/html; charset=utf-8" },
        body: method === "HEAD" ? "" : isList ? listOf(question.state) : undefined,
      };
    },
  },
  {
    reason: "HEAD has the headers of GET",
    expect: ({ observed: { method } }, { status, headers }) =>
      method === "HEAD" && (status === 301 || status === 307)
        ? { headers: { ...headers, "content-type": "text/html; charset=utf-8" } }
        : undefined,
  },
  {
    reason: "User-Agents that the original got wrong, and its 386 for clients that do not tell",
    expect: ({ path, query, header, count, state, observed: { method } }, { status, headers }) => {
      const cmd = /^\/([A-Za-z0-9-]+)\.gz$/.exec(path)?.[1];
      const agent = header("user-agent") ?? "";
      if (cmd === undefined || !isRead(method)) return undefined;
      // Several agents come to us joined; and who was told 404 may get what its machine also runs.
      const stands = isRight(agent) && count("user-agent") === 1 && !query.has("platform");
      const isHeld = state.current.every(([one, , version]) => one !== cmd || isVersion(version));
      if (stands && isHeld && status !== 404) return undefined;
      const offered = new Map(
        state.current
          .filter(([one, , version]) => one === cmd && isVersion(version))
          .map(([, platform, version]) => [platform, version]),
      );
      const platform = choosePlatform(query.get("platform"), agent, offered);
      const version = platform && offered.get(platform);
      if (version === undefined) {
        return {
          status: 404,
          headers: { ...plain(), location: null },
          body: method === "HEAD" ? "" : A_LINE,
        };
      }
      const location = `artifacts:${cmd}/${version}/${platform}.gz`;
      return {
        status: 307,
        headers: { ...headers, "content-type": "text/html; charset=utf-8", location },
        body: method === "HEAD" ? "" : undefined,
      };
    },
  },
  {
    reason:
      "a body is one JSON object of at most 1000 bytes with nothing behind it, a hash in it padded standard base64",
    expect: ({ path, observed }, { status }) => {
      if (observed.method !== "PUT" || CURRENT.test(path)) return undefined;
      if (status !== 201 && status !== 409) return undefined;
      return bytesOf(hashIn(observed)) === undefined ? unprocessable() : undefined;
    },
  },
  {
    reason: "an identical registration is 200: a retry may succeed",
    expect: ({ path, state, observed }, { status }) => {
      const [, cmd, version, platform] = REGISTER.exec(path) ?? [];
      const standing = releasesOf(state).find(
        (one) => one.cmd === cmd && one.version === version && one.platform === platform,
      );
      if (observed.method !== "PUT" || status !== 409 || standing === undefined) return undefined;
      const isSame = bytesOf(standing.sha256) === bytesOf(hashIn(observed));
      return isSame ? { status: 200, body: "ok\n" } : undefined;
    },
  },
  {
    reason: "what a PUT to current does not say, or a version that is not registered, is 422",
    expect: ({ path, observed }, { status }) => {
      if (observed.method !== "PUT" || !CURRENT.test(path)) return undefined;
      const isBad = status === 500 || (status === 200 && !isVersion(versionIn(observed)));
      return isBad ? { status: 422, headers: plain(), body: A_LINE } : undefined;
    },
  },
  {
    reason: "going back to an older version needs ?force=true",
    expect: ({ path, query, state, observed }, { status }) => {
      const [, cmd, platform] = CURRENT.exec(path) ?? [];
      if (observed.method !== "PUT" || status !== 200 || query.get("force") === "true") return undefined;
      const standing = currentIn(state, cmd, platform);
      const asked = versionIn(observed);
      return standing !== undefined && isVersion(asked) && compareVersions(asked, standing) < 0
        ? { status: 409, headers: plain(), body: A_LINE }
        : undefined;
    },
  },
];

/** Whether the original understood the agent, so that its answer stands: a system and a processor that it knew. */
function isRight(agent: string): boolean {
  const text = agent.toLowerCase();
  if (
    /iphone|ip[ao]d|android|phone|\bmobile\b|mips|sunos|aix|bsd|libfetch|dragonfly|mingw|msys|cygwin|arm|aarch64|win32|macos/.test(
      text,
    )
  ) {
    return false;
  }
  if (/mac os x|darwin/.test(text)) return true;
  return /x86_64|amd64/.test(text) || (/i[3-6]86|\b386\b/.test(text) && !/win64|wow64|x64/.test(text));
}

/** Whether a path of a known form has names that we take. */
function isWithinLimits(path: string): boolean {
  const [, cmd = "", version = "", platform = ""] = REGISTER.exec(path) ?? [];
  if (cmd !== "") {
    return isCommand(cmd) && isPlatform(platform) && (version === "current" || isVersion(version));
  }
  const [, one = "", file = ""] = SELFUPDATE.exec(path) ?? [];
  return one === "" || (isCommand(one) && isPlatform(file));
}

const isRead = (method: string) => method === "GET" || method === "HEAD";

/** Whether `PUT /{path+}` takes the path: not the root, and on the local gateway none with a line feed. */
const isOnPutRoute = (path: string) => /^\/*[^/\n][^\n]*$/.test(path);

/** What our directory can hold as current. */
function currentIn(state: State, cmd: string | undefined, platform: string | undefined): string | undefined {
  const version = state.current.find(([one, other]) => one === cmd && other === platform)?.[2];
  return version !== undefined && isVersion(version) ? version : undefined;
}

function versionIn(observed: Observed): string {
  return String(textsIn(observed, "version")?.findLast((value) => value !== null));
}

function hashIn(observed: Observed): string {
  const texts = textsIn(observed, "sha256") ?? [];
  const isBase64 = texts.every((text) => text === null || /^[A-Za-z0-9+/]*=*$/.test(text));
  return isBase64 ? String(texts.at(-1)) : "";
}

/** What a body of one JSON object has under a key in any spelling, if it is texts or null. Not for nested objects. */
function textsIn(observed: Observed, wanted: "version" | "sha256"): (string | null)[] | undefined {
  const body = bodyOf(observed).toString("utf8");
  if (bodyOf(observed).length > 1000 || !isObject(body)) return undefined;
  const member = /("(?:[^"\\]|\\.)*")\s*:\s*("(?:[^"\\]|\\.)*"|[^,}\s]+)/g;
  const values = [...body.matchAll(member)].flatMap(([, key = "", value = ""]) =>
    folded(JSON.parse(key)) === wanted ? [value] : [],
  );
  if (values.some((value) => value !== "null" && !value.startsWith('"'))) return undefined;
  return values.map((value) => JSON.parse(value) as string | null);
}

/** As Go folds the letters of a key. */
const folded = (key: string) => key.replaceAll("ſ", "s").toLowerCase();

function isObject(body: string): boolean {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** The 32 bytes of a hash that is written as the protocol wants it, as hex. */
function bytesOf(hash: string): string | undefined {
  return /^[A-Za-z0-9+/]{43}=$/.test(hash) ? Buffer.from(hash, "base64").toString("hex") : undefined;
}

/** release.json of a state: in command, version, platform order. */
export function listOf(state: State): string {
  const rows = releasesOf(state).sort(
    (a, b) =>
      compare(a.cmd, b.cmd) || compareVersions(a.version, b.version) || compare(a.platform, b.platform),
  );
  const list = rows.map(({ platform, version, cmd, sha256 }) => ({ platform, version, cmd, sha256 }));
  return `${JSON.stringify(list)}\n`;
}

/** By bytes, and with the end of the name before any other character, as the table's keys are ordered. */
function compare(a: string, b: string): number {
  return `${a}#` < `${b}#` ? -1 : a === b ? 0 : 1;
}

function plain() {
  return { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" };
}

function badCharacter() {
  return { status: 400, headers: plain(), body: "bad character in path\n" };
}

function unprocessable() {
  return { status: 422, headers: plain(), body: "unprocessable entity\n" };
}
