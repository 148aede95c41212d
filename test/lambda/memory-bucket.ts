import { Readable } from "node:stream";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";

export interface StoredObject {
  key: string;
  versionId: string;
  body: Buffer;
  /** Headers and the like, under the names of the SDK. */
  more: Record<string, unknown>;
  /** A delete marker: nothing is there. */
  isMarker?: true;
  /** For lists of versions; in 1970 without it. */
  storedAt?: Date;
}

/** A versioned bucket in memory, which fails in S3's own errors. */
export class MemoryBucket {
  readonly name: string;
  readonly s3: S3Client;
  readonly objects: StoredObject[] = [];
  /** What was asked for, such as `GET greet/1/linux-amd64.gz v1`; puts and heads without a version. */
  readonly requests: string[] = [];
  /** Called when a put has arrived and nothing has been stored yet. */
  beforePut = () => {};
  /** Called when a delete has arrived and nothing has been deleted yet. */
  beforeDelete = () => {};
  private stored = 0;

  constructor(name = "bucket-1") {
    this.name = name;
    this.s3 = clientOf(this);
  }

  /** @returns the version id */
  store(key: string, body: Buffer, more: Record<string, unknown> = {}): string {
    // One more than ever: an object may have gone.
    this.stored = Math.max(this.stored, this.objects.length) + 1;
    const versionId = `v${this.stored}`;
    this.objects.push({ key, versionId, body, more });
    return versionId;
  }

  /** Deletes as S3 does without a version: what was there stays under its version id. @returns the marker's id */
  mark(key: string): string {
    const versionId = this.store(key, Buffer.alloc(0));
    Object.assign(this.objects.at(-1) as StoredObject, { isMarker: true });
    return versionId;
  }

  newest(key: string): StoredObject | undefined {
    const newest = this.objects.findLast((object) => object.key === key);
    return newest?.isMarker ? undefined : newest;
  }

  answer(command: unknown): unknown {
    const { Bucket, Key = "" } = (command as GetObjectCommand).input;
    if (Bucket !== this.name) throw new Error(`another bucket: ${Bucket}`);
    const newest = this.newest(Key);
    const about = { message: Key, $metadata: {} };
    if (command instanceof HeadObjectCommand) {
      const { VersionId } = command.input;
      this.requests.push(`HEAD ${Key}${VersionId === undefined ? "" : ` ${VersionId}`}`);
      const object = VersionId === undefined ? newest : this.version(Key, VersionId);
      if (object === undefined) throw new NotFound(about);
      return { VersionId: object.versionId, ...object.more };
    }
    if (command instanceof GetObjectCommand) {
      const { VersionId } = command.input;
      this.requests.push(`GET ${Key} ${VersionId ?? "newest"}`);
      if (newest === undefined && VersionId === undefined) throw new NoSuchKey(about);
      const object = VersionId === undefined ? newest : this.version(Key, VersionId);
      if (object === undefined)
        throw new S3ServiceException({ ...about, name: "NoSuchVersion", $fault: "client" });
      const Body = Object.assign(Readable.from(pieces(object.body)), {
        transformToString: async () => object.body.toString(),
        transformToByteArray: async () => new Uint8Array(object.body),
      });
      return { ...object.more, VersionId: object.versionId, Body };
    }
    if (command instanceof ListObjectsV2Command) return this.page(command.input);
    if (command instanceof ListObjectVersionsCommand) return this.versionPage(command.input);
    if (command instanceof DeleteObjectCommand) return this.delete(Key, command.input.VersionId);
    if (!(command instanceof PutObjectCommand)) throw new Error("not a command of this bucket");
    this.requests.push(`PUT ${Key}`);
    this.beforePut();
    const { Body, IfNoneMatch, Bucket: _, Key: __, ...more } = command.input;
    if (IfNoneMatch !== "*") throw new Error("this bucket only takes puts that say `only if absent`");
    if (this.newest(Key)) {
      throw new S3ServiceException({ ...about, name: "PreconditionFailed", $fault: "client" });
    }
    return { VersionId: this.store(Key, Buffer.from(Body as Buffer | string), more) };
  }

  /** Without a version nothing goes: a delete marker comes. */
  private delete(key: string, versionId: string | undefined) {
    this.requests.push(`DELETE ${key}${versionId === undefined ? "" : ` ${versionId}`}`);
    this.beforeDelete();
    if (versionId === undefined) return { DeleteMarker: true, VersionId: this.mark(key) };
    const at = this.objects.findIndex((one) => one.key === key && one.versionId === versionId);
    if (at >= 0) this.objects.splice(at, 1);
    return { VersionId: versionId };
  }

  private version(ofKey: string, id: string): StoredObject | undefined {
    return this.objects.find(({ key, versionId }) => key === ofKey && versionId === id);
  }

  /** Keys in order, and of each its versions, newest first; encoded when that is asked for. */
  private versionPage({ Prefix = "", ...at }: ListObjectVersionsCommand["input"]) {
    const encoded = (key: string) =>
      at.EncodingType === "url" ? encodeURIComponent(key).replaceAll("%20", "+") : key;
    const all = this.objects
      .map((object, age) => ({ ...object, age }))
      .filter(({ key }) => key.startsWith(Prefix))
      .sort((a, b) => (a.key === b.key ? b.age - a.age : a.key < b.key ? -1 : 1));
    const isAt = ({ key, versionId }: StoredObject) =>
      key === at.KeyMarker && versionId === at.VersionIdMarker;
    const from = all.findIndex(isAt) + 1;
    const page = all.slice(from, from + PAGE);
    const told = page.map(({ key, versionId, isMarker, body, age, storedAt }) => ({
      isMarker,
      Key: encoded(key),
      VersionId: versionId,
      IsLatest: this.objects.findLastIndex((object) => object.key === key) === age,
      LastModified: storedAt ?? new Date(age * 1000),
      ...(!isMarker && { Size: body.length }),
    }));
    const last = page.at(-1);
    return {
      EncodingType: at.EncodingType,
      Versions: told.filter(({ isMarker }) => !isMarker),
      DeleteMarkers: told.filter(({ isMarker }) => isMarker),
      IsTruncated: from + PAGE < all.length,
      NextKeyMarker: encoded(last?.key ?? ""),
      NextVersionIdMarker: last?.versionId,
    };
  }

  /** The later it was stored the newer it is. */
  private facts(key: string) {
    const at = this.objects.findLastIndex((object) => object.key === key);
    return { Size: this.objects[at]?.body.length, LastModified: new Date(at * 1000) };
  }

  private page({ Prefix = "", ContinuationToken = "" }: ListObjectsV2Command["input"]) {
    const keys = new Set(this.objects.map(({ key }) => key));
    const rest = [...keys].filter((key) => key.startsWith(Prefix) && key > ContinuationToken).sort();
    const NextContinuationToken = rest.length > PAGE ? rest[PAGE - 1] : undefined;
    return {
      Contents: rest.slice(0, PAGE).map((Key) => ({ Key, ...this.facts(Key) })),
      NextContinuationToken,
    };
  }
}

/** How many objects a page of a list has. */
const PAGE = 2;

/** A client that finds all of these buckets, and is one to those who look (the SDK's paginators do). */
export function clientOf(...buckets: MemoryBucket[]): S3Client {
  const send = async (command: unknown) => {
    const { Bucket } = (command as GetObjectCommand).input;
    return (buckets.find(({ name }) => name === Bucket) ?? (buckets[0] as MemoryBucket)).answer(command);
  };
  return Object.assign(Object.create(S3Client.prototype) as S3Client, { send });
}

/** As a network brings it. */
function* pieces(body: Buffer): Generator<Buffer> {
  for (let at = 0; at < body.length; at += 1000) yield body.subarray(at, at + 1000);
}
