import { gzipSync } from "node:zlib";
import { S3ServiceException } from "@aws-sdk/client-s3";
import { beforeEach, describe, expect, it } from "vitest";
import type { BreachKind } from "../../../lambda/audit/breach.ts";
import { type AuditOptions, shallowAudit } from "../../../lambda/audit/shallow-audit.ts";
import type { Current, HistoryEntry } from "../../../lambda/shared/current.ts";
import {
  artifactItemKey,
  artifactObjectKey,
  currentItemKey,
  historyItemKey,
  patchItemKey,
  patchObjectKey,
  provenanceObjectKey,
  refusedItemKey,
  sbomObjectKey,
} from "../../../lambda/shared/keys.ts";
import type { Item } from "../memory-table.ts";
import { sha256 } from "../support.ts";
import { BAD, HealthyWorld, idOf, NEW, OLD } from "./healthy-world.ts";

const LINUX = "linux-amd64";
const ARTIFACT = artifactObjectKey(idOf(NEW, LINUX));
const ARTIFACT_ROW = artifactItemKey(idOf(NEW, LINUX));
const PATCH_ID = { cmd: "greet", platform: LINUX, from: OLD, to: NEW };
const PATCH = patchObjectKey(PATCH_ID);
const PATCH_ROW = patchItemKey(PATCH_ID);
const CURRENT = "current/greet";
const nameOf = ({ pk, sk }: { pk: string; sk: string }) => `${pk} ${sk}`;

let world: HealthyWorld;
beforeEach(async () => {
  world = new HealthyWorld();
  await world.ready;
});

const audit = (options: AuditOptions = {}) => shallowAudit(world.store, { settleSeconds: 0, ...options });
const breaches = async (options?: AuditOptions) =>
  (await audit(options)).breaches.map(({ kind, item }) => `${kind} ${item}`);

const current = () => world.row(currentItemKey("greet")) as unknown as Current;
const history = (revision: number) => world.row(historyItemKey("greet", revision)) as unknown as HistoryEntry;
/** Takes an S3 version of an object away for good. */
function erase(key: string, versionId = world.bucket.newest(key)?.versionId) {
  const { objects } = world.bucket;
  const at = objects.findIndex((object) => object.key === key && object.versionId === versionId);
  objects.splice(at, 1);
}
/** What stands at a key, to be changed in place. */
function stored(key: string) {
  const object = world.bucket.newest(key);
  if (object === undefined) throw new Error(`nothing at ${key}`);
  return object;
}

describe("a healthy deployment", () => {
  it("has no breach, and everything was looked at", async () => {
    expect(await audit()).toMatchObject({
      breaches: [],
      counts: { commands: 2, artifacts: 7, patches: 10, objects: 34, checksums: 12 },
    });
  });

  it("has none when one command is asked for, and the other one is not looked at", async () => {
    expect(await audit({ cmd: "greet-canary" })).toMatchObject({
      breaches: [],
      counts: { commands: 1, artifacts: 1, patches: 0, objects: 2, checksums: 1 },
    });
    world.bucket.store("greet-canary/x", Buffer.from("foreign"));
    expect(await breaches({ cmd: "greet" })).toEqual([]);
  });

  it("is empty at first", async () => {
    world.items.splice(0);
    world.bucket.objects.splice(0);
    expect(await audit()).toMatchObject({ breaches: [], counts: { commands: 0, objects: 0 } });
  });

  it("is asked for each checksum once", async () => {
    world.bucket.store("index.html", Buffer.from("foreign"));
    await audit();
    const heads = world.bucket.requests.filter((request) => request.startsWith("HEAD"));
    expect(new Set(heads).size).toBe(heads.length);
  });
});

/** What is broken, and what exactly is told of it. */
const BREAKS: [string, () => void, `${BreachKind} ${string}`][] = [
  ["an artifact is erased", () => erase(ARTIFACT), `object-missing ${ARTIFACT}`],
  [
    "an artifact is erased and another put in its place",
    () => {
      erase(ARTIFACT);
      world.bucket.store(ARTIFACT, gzipSync("other"));
    },
    `object-missing ${ARTIFACT}`,
  ],
  ["an artifact is deleted", () => world.bucket.mark(ARTIFACT), `object-hidden ${ARTIFACT}`],
  [
    "other bytes are stored over an artifact",
    () => world.bucket.store(ARTIFACT, gzipSync("other")),
    `object-hidden ${ARTIFACT}`,
  ],
  [
    "refused bytes are stored over an artifact",
    () => {
      const s3VersionId = world.bucket.store(ARTIFACT, Buffer.from("no gzip"));
      const refusal = { key: ARTIFACT, s3VersionId, reason: "it is not gzip", refusedAt: "" };
      world.items.push({ ...refusedItemKey(ARTIFACT, s3VersionId), ...refusal });
    },
    `object-hidden ${ARTIFACT}`,
  ],
  [
    "an artifact has another size",
    () => Object.assign(stored(ARTIFACT), { body: Buffer.from("short") }),
    `object-differs ${ARTIFACT}`,
  ],
  [
    "an artifact has another checksum",
    () => Object.assign(stored(ARTIFACT).more, { ChecksumSHA256: sha256(9) }),
    `object-differs ${ARTIFACT}`,
  ],
  ["a patch is erased", () => erase(PATCH), `object-missing ${PATCH}`],
  ["a patch is deleted", () => world.bucket.mark(PATCH), `object-hidden ${PATCH}`],
  ["a patch is stored over", () => world.bucket.store(PATCH, Buffer.from("x")), `object-hidden ${PATCH}`],
  [
    "a patch has another size",
    () => Object.assign(stored(PATCH), { body: Buffer.from("short") }),
    `object-differs ${PATCH}`,
  ],
  [
    "a patch's row has another hash",
    () => Object.assign(world.row(PATCH_ROW), { sha256: sha256(9) }),
    `object-differs ${PATCH}`,
  ],
  [
    "an artifact row is lost, and nothing names it",
    () => world.remove({ ...artifactItemKey({ cmd: "greet-canary", version: OLD, platform: LINUX }) }),
    // Its bill of materials goes with it: see below.
    "object-unexplained greet-canary/20260101/linux-amd64.gz",
  ],
  ["a patch row is lost", () => world.remove(PATCH_ROW), `object-unexplained ${PATCH}`],
  [
    "a patch is stored for a pair that has none",
    () => world.bucket.store(patchObjectKey({ ...PATCH_ID, from: NEW, to: OLD }), Buffer.from("x")),
    `object-unexplained ${patchObjectKey({ ...PATCH_ID, from: NEW, to: OLD })}`,
  ],
  [
    "a refusal is lost",
    () => world.remove(world.items.find(({ pk, sk }) => pk === "refused" && sk.startsWith("index")) as never),
    "object-unexplained index.gz",
  ],
  [
    "a foreign object is stored",
    () => world.bucket.store("index.html", Buffer.from("x")),
    "object-unexplained index.html",
  ],
  [
    "a foreign object is stored in a command",
    () => world.bucket.store("greet/readme.txt", Buffer.from("x")),
    "object-unexplained greet/readme.txt",
  ],
  [
    "a foreign object has an odd key",
    () => world.bucket.store("greet/1/a+b c%20ü\u0001.gz", Buffer.from("x")),
    "object-unexplained greet/1/a+b c%20ü\u0001.gz",
  ],
  [
    "an event was lost for good",
    () => world.bucket.store("greet/20260301/linux-amd64.gz", gzipSync("x")),
    "object-unexplained greet/20260301/linux-amd64.gz",
  ],
  [
    "a patch of a command without rows is left",
    () => world.bucket.store("hk/1/2/linux-amd64", Buffer.from("x")),
    "object-unexplained hk/1/2/linux-amd64",
  ],
  [
    "an older version of an artifact's object is left",
    () => {
      const { versionId } = stored(ARTIFACT);
      world.bucket.objects.unshift({ key: ARTIFACT, versionId: "v0", body: Buffer.from("x"), more: {} });
      expect(versionId).not.toBe("v0");
    },
    `object-unexplained ${ARTIFACT}`,
  ],
  [
    "a document is stored over",
    () => world.bucket.store(sbomObjectKey(idOf(NEW, LINUX)), Buffer.from("{}")),
    `object-unexplained ${sbomObjectKey(idOf(NEW, LINUX))}`,
  ],
  [
    "a statement is deleted",
    () => world.bucket.mark(provenanceObjectKey("greet", NEW)),
    `object-unexplained ${provenanceObjectKey("greet", NEW)}`,
  ],
  [
    "a document is stored of what is not recorded",
    () => world.bucket.store("greet/20260131.1/plan9-386.cdx.json", Buffer.from("{}")),
    "object-unexplained greet/20260131.1/plan9-386.cdx.json",
  ],
  [
    "a statement is stored of a version that is not recorded",
    () => world.bucket.store("greet/2026013/provenance.json", Buffer.from("{}")),
    "object-unexplained greet/2026013/provenance.json",
  ],
  [
    "clients are told another hash than the recorded one",
    () => Object.assign(current().platforms[LINUX] ?? {}, { sha256: sha256(9) }),
    `reference-broken ${CURRENT}/${LINUX}`,
  ],
  [
    "a patch's base has no row",
    () => {
      const id = { ...PATCH_ID, from: "20250101" };
      const row: Item = { ...world.row(PATCH_ROW), ...patchItemKey(id), ...id };
      row["s3VersionId"] = world.bucket.store(patchObjectKey(id), stored(PATCH).body, stored(PATCH).more);
      world.items.push(row);
    },
    `reference-broken ${patchObjectKey({ ...PATCH_ID, from: "20250101" })}`,
  ],
  [
    "a withdrawn artifact is there again",
    () => {
      const key = artifactObjectKey(idOf(BAD, LINUX));
      erase(key, world.bucket.objects.findLast((object) => object.key === key)?.versionId);
    },
    `withdrawn-reachable ${artifactObjectKey(idOf(BAD, LINUX))}`,
  ],
  [
    "a patch to a withdrawn version is there again",
    () => {
      const key = patchObjectKey({ ...PATCH_ID, to: BAD });
      erase(key, world.bucket.objects.findLast((object) => object.key === key)?.versionId);
    },
    `withdrawn-reachable ${patchObjectKey({ ...PATCH_ID, to: BAD })}`,
  ],
  [
    "another binary is stored as a withdrawn version",
    () => world.bucket.store(artifactObjectKey(idOf(BAD, LINUX)), gzipSync("x")),
    `withdrawn-reachable ${artifactObjectKey(idOf(BAD, LINUX))}`,
  ],
  ["a history entry is lost", () => world.remove(historyItemKey("greet", 2)), `history-broken ${CURRENT}`],
  [
    "the first history entry is lost",
    () => world.remove(historyItemKey("greet", 1)),
    `history-broken ${CURRENT}`,
  ],
  [
    "the last history entry is lost",
    () => world.remove(historyItemKey("greet", 4)),
    `history-broken ${CURRENT}`,
  ],
  [
    "current is of another revision",
    () => Object.assign(current(), { revision: 3 }),
    `history-broken ${CURRENT}`,
  ],
  [
    "a platform was moved without the others",
    () => {
      const old = world.row(artifactItemKey(idOf(OLD, LINUX)));
      Object.assign(current().platforms, { [LINUX]: { version: OLD, sha256: old["sha256"] } });
    },
    `history-broken ${CURRENT}`,
  ],
  [
    "a history entry begins elsewhere",
    () => Object.assign(history(2).from, { [LINUX]: NEW }),
    `history-broken ${CURRENT}`,
  ],
  ["a platform was lost", () => delete current().platforms[LINUX], `history-broken ${CURRENT}`],
  ["why a version was withdrawn is lost", () => delete history(4).yanked, `history-broken ${CURRENT}`],
  [
    "an artifact's row lacks its size",
    () => delete world.row(ARTIFACT_ROW)["gzSize"],
    `row-damaged ${nameOf(ARTIFACT_ROW)}`,
  ],
  [
    "an artifact's row has attributes of another one",
    () => Object.assign(world.row(ARTIFACT_ROW), { platform: "plan9-386" }),
    `row-damaged ${nameOf(ARTIFACT_ROW)}`,
  ],
  [
    "an artifact's row has no version",
    () => Object.assign(world.row(ARTIFACT_ROW), { version: "newest" }),
    `row-damaged ${nameOf(ARTIFACT_ROW)}`,
  ],
  [
    "an artifact's row names another key",
    () => Object.assign(world.row(ARTIFACT_ROW), { key: "greet/1/x.gz" }),
    `row-damaged ${nameOf(ARTIFACT_ROW)}`,
  ],
  [
    "an artifact's row has a hash that is none",
    () => Object.assign(world.row(ARTIFACT_ROW), { sha256: "abc" }),
    `row-damaged ${nameOf(ARTIFACT_ROW)}`,
  ],
  [
    "a patch's row lacks its S3 version",
    () => delete world.row(PATCH_ROW)["s3VersionId"],
    `row-damaged ${nameOf(PATCH_ROW)}`,
  ],
  [
    "current lacks its platforms",
    () => delete (current() as Partial<Current>).platforms,
    "row-damaged current greet",
  ],
  [
    "current has a platform without a version",
    () => Object.assign(current().platforms, { [LINUX]: { sha256: sha256(1) } }),
    "row-damaged current greet",
  ],
  [
    "a history entry lacks where it went",
    () => delete (history(2) as Partial<HistoryEntry>).to,
    "row-damaged history#greet 000000002",
  ],
  [
    "a refusal lacks its reason",
    () => {
      const row = world.items.find(({ pk, sk }) => pk === "refused" && sk.startsWith("index"));
      delete row?.["reason"];
    },
    expect.stringMatching(/^row-damaged refused index\.gz#v\d+$/) as never,
  ],
];

describe("exactly one breach is told when", () => {
  it.each(BREAKS)("%s", async (_, breakIt, expected) => {
    breakIt();
    const found = (await breaches()).filter(
      (one) => !one.endsWith("greet-canary/20260101/linux-amd64.cdx.json"),
    );
    expect(found).toEqual([expected]);
  });
});

it("of two documents of one name the first is ours, and the other is named", async () => {
  const key = sbomObjectKey(idOf(NEW, LINUX));
  const later = world.bucket.store(key, Buffer.from("{}"));
  const [breach] = (await audit()).breaches;
  expect(breach?.problem).toContain(`no row explains version ${later} `);
  expect(breach?.problem).not.toContain(";");
});

it("where a mark is lost, nobody is told to take delete markers away", async () => {
  delete current().yanked;
  expect(await breaches()).toEqual([`history-broken ${CURRENT}`]);
});

it("documents of a withdrawn version may be withdrawn with it", async () => {
  for (const key of [provenanceObjectKey("greet", BAD), sbomObjectKey(idOf(BAD, LINUX))])
    world.bucket.mark(key);
  expect(await breaches()).toEqual([]);
});

describe("one broken thing hides no other", () => {
  it("when everything is broken at once", async () => {
    Object.assign(world.row(ARTIFACT_ROW), { version: "newest" });
    world.bucket.mark(artifactObjectKey(idOf(OLD, LINUX)));
    Object.assign(stored(PATCH), { body: Buffer.from("short") });
    world.remove(historyItemKey("greet", 2));
    world.bucket.store("index.html", Buffer.from("x"));
    Object.assign(current().platforms["darwin-arm64"] ?? {}, { sha256: sha256(9) });
    expect((await breaches()).toSorted()).toEqual(
      [
        `row-damaged ${nameOf(ARTIFACT_ROW)}`,
        `object-hidden ${artifactObjectKey(idOf(OLD, LINUX))}`,
        `object-differs ${PATCH}`,
        `history-broken ${CURRENT}`,
        "object-unexplained index.html",
        `reference-broken ${CURRENT}/darwin-arm64`,
      ].toSorted(),
    );
  });

  it("when a version that is current was erased, with its row", async () => {
    world.remove(ARTIFACT_ROW);
    expect((await breaches()).toSorted()).toEqual(
      [
        `reference-broken ${CURRENT}/${LINUX}`,
        `reference-broken ${PATCH}`,
        `reference-broken ${patchObjectKey({ ...PATCH_ID, from: BAD })}`,
        `reference-broken ${patchObjectKey({ ...PATCH_ID, from: NEW, to: BAD })}`,
        `object-unexplained ${ARTIFACT}`,
        `object-unexplained ${sbomObjectKey(idOf(NEW, LINUX))}`,
      ].toSorted(),
    );
  });

  it("when a version is withdrawn and current nevertheless", async () => {
    const old = { from: history(4).from, to: history(4).to };
    Object.assign(history(4), { from: {}, to: {} });
    for (const platform of Object.keys(old.to)) {
      const { sha256: hash } = world.row(artifactItemKey(idOf(BAD, platform)));
      Object.assign(current().platforms, { [platform]: { version: BAD, sha256: hash } });
    }
    expect(await breaches()).toEqual([
      `withdrawn-reachable ${CURRENT}/darwin-arm64`,
      `withdrawn-reachable ${CURRENT}/${LINUX}`,
    ]);
  });

  it("when S3 does not answer for one object", async () => {
    unanswered(PATCH, Number.POSITIVE_INFINITY);
    world.bucket.store("index.html", Buffer.from("x"));
    expect((await breaches()).toSorted()).toEqual([
      `audit-unfinished ${PATCH}`,
      "object-unexplained index.html",
    ]);
  });
});

describe("what is on its way is not judged", () => {
  /** Tests' objects were stored in 1970; this one just now. */
  const justNow = (key: string) => {
    world.bucket.store(key, Buffer.from("x"));
    Object.assign(world.bucket.objects.at(-1) ?? {}, { storedAt: new Date() });
  };

  it("an object that was stored a moment ago", async () => {
    justNow("greet/20260301/linux-amd64.gz");
    expect(await breaches({ settleSeconds: 60 })).toEqual([]);
    expect(await breaches({ settleSeconds: undefined })).toEqual([]);
    expect(await breaches({ settleSeconds: 0 })).toEqual([
      "object-unexplained greet/20260301/linux-amd64.gz",
    ]);
  });

  it("but what clients get instead of a recorded object is", async () => {
    justNow(ARTIFACT);
    expect(await breaches({ settleSeconds: 60 })).toEqual([`object-hidden ${ARTIFACT}`]);
  });

  it("the objects of a version that was withdrawn a moment ago, or restored", async () => {
    const key = artifactObjectKey(idOf(BAD, LINUX));
    erase(key, world.bucket.objects.findLast((object) => object.key === key)?.versionId);
    history(4).at = new Date().toISOString();
    expect(await breaches({ settleSeconds: 60 })).toEqual([]);
    expect(await breaches({ settleSeconds: 0 })).toEqual([`withdrawn-reachable ${key}`]);
  });
});

interface Request {
  constructor: { name: string };
  input: { Key?: string; VersionId?: string; KeyMarker?: string };
}

/** S3 does not answer the first `times` questions for an object's checksum. */
function unanswered(key: string, times: number): { asked: number; all: number } {
  const heads = { asked: 0, all: 0 };
  const { send } = world.bucket.s3;
  world.bucket.s3.send = (async (command: Request) => {
    const { Key, VersionId } = command.input;
    if (VersionId !== undefined) heads.all++;
    if (Key === key && VersionId !== undefined && ++heads.asked <= times) {
      throw new S3ServiceException({ name: "SlowDown", $fault: "server", $metadata: {}, message: "later" });
    }
    return (send as (one: unknown) => unknown)(command);
  }) as typeof send;
  return heads;
}

describe("a second look", () => {
  it("asks anew only for what S3 did not answer, and that is no breach then", async () => {
    const heads = unanswered(PATCH, 1);
    expect(await audit()).toMatchObject({ breaches: [], counts: { checksums: 12 } });
    expect(heads).toEqual({ asked: 2, all: 13 });
  });

  it("tells what S3 does not answer twice", async () => {
    const heads = unanswered(PATCH, 2);
    expect(await breaches()).toEqual([`audit-unfinished ${PATCH}`]);
    expect(heads.asked).toBe(2);
  });

  it("clears what was on its way in the first one", async () => {
    const { table } = world;
    let reads = 0;
    world.bucket.store("greet/20260301/linux-amd64.gz", gzipSync("x"));
    const answer = table.documents.send.bind(table.documents);
    // The row is written after the first look has read the artifact rows.
    const row = { ...world.row(ARTIFACT_ROW), ...idOf("20260301", LINUX) };
    Object.assign(row, artifactItemKey(idOf("20260301", LINUX)), { key: "greet/20260301/linux-amd64.gz" });
    Object.assign(row, { s3VersionId: world.bucket.objects.at(-1)?.versionId, gzSize: gzipSync("x").length });
    delete (row as Record<string, unknown>)["s3Checksum"];
    table.documents.send = (async (command: {
      input: { ExpressionAttributeValues?: Record<string, string> };
    }) => {
      const isPatches = command.input.ExpressionAttributeValues?.[":pk"] === "patch#greet";
      if (isPatches && ++reads === 1) (table as unknown as { items: object[] }).items.push(row);
      return (answer as (one: unknown) => unknown)(command);
    }) as typeof table.documents.send;
    expect(await breaches()).toEqual([]);
    expect(reads).toBeGreaterThan(1);
  });
});

describe("an audit whose time is up", () => {
  it("says so, and what it had found", async () => {
    expect(await breaches({ until: 0 })).toEqual(["audit-unfinished audit"]);
  });

  /** Runs an audit whose time is up at the `n`th request that `isCounted`. */
  async function cutAt(n: number, isCounted: (request: Request) => boolean) {
    const { send } = world.bucket.s3;
    const until = Date.now() + 3_600_000;
    const { now } = Date;
    let counted = 0;
    world.bucket.s3.send = (async (command: Request) => {
      if (isCounted(command) && ++counted === n) Date.now = () => until;
      return (send as (one: unknown) => unknown)(command);
    }) as typeof send;
    try {
      return (await audit({ until })).breaches;
    } finally {
      Date.now = now;
      expect(counted).toBeGreaterThanOrEqual(n);
    }
  }
  const isHead = ({ input }: Request) => input.VersionId !== undefined;
  const isFirstPage = (command: Request) =>
    command.constructor.name === "ListObjectVersionsCommand" && command.input.KeyMarker === undefined;
  const unfinished = (problem: RegExp) => [
    { kind: "audit-unfinished", item: "audit", problem: expect.stringMatching(problem) },
  ];

  it("in its first look, tells nothing as a breach that it found once", async () => {
    world.bucket.store("index.html", Buffer.from("x"));
    expect(await cutAt(3, isHead)).toEqual(
      unfinished(
        /^the time was up before \d+ checksums .*; found by the first look only: object-unexplained index\.html$/,
      ),
    );
  });

  it("in its second look, neither, and names some of it", async () => {
    for (let n = 0; n < 7; n++) world.bucket.store(`index${n}.html`, Buffer.from("x"));
    expect(await cutAt(2, isFirstPage)).toEqual(
      unfinished(
        /^the time was up before all rows .* look only: object-unexplained index0\.html, .* and 2 more$/,
      ),
    );
  });

  it("after it has read everything twice, tells what it found twice", async () => {
    world.bucket.store("index.html", Buffer.from("x"));
    // The last look at the clock is before the checksum that is asked for again.
    const { now } = Date;
    const start = now();
    const run = async (last: number) => {
      unanswered(PATCH, 1);
      let looks = 0;
      Date.now = () => (++looks >= last ? start + 2 : start);
      const found = await audit({ until: start + 1 }).finally(() => {
        Date.now = now;
      });
      return { looks, found: found.breaches };
    };
    const { looks } = await run(Number.POSITIVE_INFINITY);
    expect((await run(looks)).found).toEqual([
      expect.objectContaining({ kind: "object-unexplained", item: "index.html" }),
      ...unfinished(/^the time was up before 1 checksums were asked for; .* only: audit-unfinished greet\//),
    ]);
  });
});

it("fails when the table cannot be read: nothing was looked at then", async () => {
  const away = new Error("the table is away");
  world.table.documents.send = () => Promise.reject(away);
  await expect(audit()).rejects.toBe(away);
});
