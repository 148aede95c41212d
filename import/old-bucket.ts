import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { type ArtifactId, parseArtifactObjectKey } from "../lambda/shared/keys.ts";
import { UserError } from "../tools/user-error.ts";

/** An object of an old bucket: an artifact, or why it is none. */
export type Listed = { key: string } & ({ id: ArtifactId } | { skipped: string });

/** A public bucket, read by its URL without credentials, in S3's own way (ListObjectsV2 and GetObject). */
export class OldBucket {
  private readonly url: string;
  private readonly s3: S3Client;

  /**
   * @param url such as https://hkdist.s3.amazonaws.com/
   * @throws UserError when anybody on the way could put other binaries in
   */
  constructor(url: string) {
    const { protocol, hostname } = new URL(url);
    if (protocol !== "https:" && !/^(127\.0\.0\.1|localhost|\[::1\])$/.test(hostname)) {
      throw new UserError(`${url} is not https: anybody on the way could put other binaries in.`);
    }
    this.url = url.replace(/\/+$/, "");
    this.s3 = new S3Client({
      region: "us-east-1",
      bucketEndpoint: true,
      // Nobody is asked who we are.
      credentials: { accessKeyId: "anonymous", secretAccessKey: "anonymous" },
      signer: { sign: async (request) => request },
      responseChecksumValidation: "WHEN_REQUIRED",
    });
  }

  /**
   * Every object, page by page, in the bucket's order.
   * @param cmd only artifacts of this command; the others are told as skipped
   * @throws UserError when the bucket cannot be listed
   */
  async *list(cmd?: string): AsyncGenerator<Listed> {
    const tokens = new Set<string>();
    let ContinuationToken: string | undefined;
    for (;;) {
      const page = await this.send(new ListObjectsV2Command({ Bucket: this.url, ContinuationToken }));
      if (page.Name === undefined) throw new UserError(`${this.url} does not answer like an S3 bucket.`);
      for (const { Key = "" } of page.Contents ?? []) yield classify(Key, cmd);
      if (!page.IsTruncated) return;
      ContinuationToken = page.NextContinuationToken;
      if (!ContinuationToken || tokens.has(ContinuationToken)) {
        throw new UserError(`${this.url} says that there is more, and not where: its list is not complete.`);
      }
      tokens.add(ContinuationToken);
    }
  }

  /**
   * An object's bytes as they are stored: with Content-Encoding too, nothing is unpacked.
   * @throws UserError when it cannot be read
   */
  async read(key: string): Promise<Uint8Array> {
    const object = await this.send(new GetObjectCommand({ Bucket: this.url, Key: key }));
    return (await object.Body?.transformToByteArray()) ?? new Uint8Array();
  }

  private send: S3Client["send"] = async (command: Parameters<S3Client["send"]>[0]) => {
    try {
      return await this.s3.send(command);
    } catch (error) {
      const { Key } = command.input as { Key?: string };
      const { name, message } = error as Error;
      throw new UserError(`${[this.url, Key].filter(Boolean).join("/")} cannot be read: ${name}: ${message}`);
    }
  };
}

function classify(key: string, cmd: string | undefined): Listed {
  const id = parseArtifactObjectKey(key);
  if (id === undefined) {
    const isPatch = /^[^/]+\/[0-9.]+\/[0-9.]+\/[^/]+$/.test(key);
    const form =
      "its key is not <command>/<version>/<platform>.gz, with a version such as 20140529 or 20140529.1";
    return { key, skipped: isPatch ? "a patch: releases here make their own" : form };
  }
  if (cmd !== undefined && id.cmd !== cmd) return { key, skipped: `not a version of ${cmd}` };
  return { key, id };
}
