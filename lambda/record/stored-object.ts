/** An object that the recorder is asked to look at. */
export interface StoredObject {
  key: string;
  /** Undefined: whatever is newest. */
  s3VersionId: string | undefined;
}

interface S3Notification {
  Records?: { s3: { object: { key: string; versionId?: string } } }[];
  Event?: string;
}

/**
 * The objects that a message of the record queue tells about. There are two kinds: S3's notifications (keys in
 * form encoding: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html),
 * among them the `s3:TestEvent` that S3 sends once per set-up, and our own `{key, s3VersionId}`, which plan or an
 * operator sends when an event was lost.
 * @throws Error when it is none of these: the message then goes to the dead-letter queue
 */
export function storedObjects(messageBody: string): StoredObject[] {
  const message: unknown = JSON.parse(messageBody);
  if (typeof message === "object" && message !== null) {
    const { Records, Event } = message as S3Notification;
    if (Event === "s3:TestEvent") return [];
    if (Array.isArray(Records)) {
      return Records.map(({ s3: { object } }) => ({
        key: decodeURIComponent(object.key.replaceAll("+", " ")),
        s3VersionId: object.versionId,
      }));
    }
    const { key, s3VersionId } = message as Partial<StoredObject>;
    if (typeof key === "string") return [{ key, s3VersionId }];
  }
  throw new Error(`neither an S3 notification nor {"key": ...}: ${messageBody.slice(0, 500)}`);
}
