import { Readable } from "node:stream";
import {
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";

export interface StoredObject {
  key: string;
  versionId: string;
  body: Buffer;
  /** Headers and the like, under the names of the SDK. */
  more: Record<string, unknown>;
}

/** A versioned bucket in memory, which fails in S3's own errors. */
export class MemoryBucket {
  readonly name = "bucket-1";
  readonly s3: S3Client;
  readonly objects: StoredObject[] = [];
  /** What was asked for, such as `GET greet/1/linux-amd64.gz v1`; puts and heads without a version. */
  readonly requests: string[] = [];
  /** Called when a put has arrived and nothing has been stored yet. */
  beforePut = () => {};

  constructor() {
    this.s3 = { send: async (command: unknown) => this.answer(command) } as unknown as S3Client;
  }

  /** @returns the version id */
  store(key: string, body: Buffer, more: Record<string, unknown> = {}): string {
    const versionId = `v${this.objects.length + 1}`;
    this.objects.push({ key, versionId, body, more });
    return versionId;
  }

  newest(key: string): StoredObject | undefined {
    return this.objects.findLast((object) => object.key === key);
  }

  private answer(command: unknown): unknown {
    const { Bucket, Key = "" } = (command as GetObjectCommand).input;
    if (Bucket !== this.name) throw new Error(`another bucket: ${Bucket}`);
    const newest = this.newest(Key);
    const about = { message: Key, $metadata: {} };
    if (command instanceof HeadObjectCommand) {
      this.requests.push(`HEAD ${Key}`);
      if (newest === undefined) throw new NotFound(about);
      return { VersionId: newest.versionId, ...newest.more };
    }
    if (command instanceof GetObjectCommand) {
      const { VersionId } = command.input;
      this.requests.push(`GET ${Key} ${VersionId ?? "newest"}`);
      if (newest === undefined && VersionId === undefined) throw new NoSuchKey(about);
      const object =
        VersionId === undefined
          ? newest
          : this.objects.find(({ key, versionId }) => key === Key && versionId === VersionId);
      if (object === undefined)
        throw new S3ServiceException({ ...about, name: "NoSuchVersion", $fault: "client" });
      return { ...object.more, VersionId: object.versionId, Body: Readable.from(pieces(object.body)) };
    }
    if (!(command instanceof PutObjectCommand)) throw new Error("not a command of this bucket");
    this.requests.push(`PUT ${Key}`);
    this.beforePut();
    const { Body, IfNoneMatch, Bucket: _, Key: __, ...more } = command.input;
    if (IfNoneMatch !== "*") throw new Error("this bucket only takes puts that say `only if absent`");
    if (this.newest(Key)) {
      throw new S3ServiceException({ ...about, name: "PreconditionFailed", $fault: "client" });
    }
    return { VersionId: this.store(Key, Body as Buffer, more) };
  }
}

/** As a network brings it. */
function* pieces(body: Buffer): Generator<Buffer> {
  for (let at = 0; at < body.length; at += 1000) yield body.subarray(at, at + 1000);
}
