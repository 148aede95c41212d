/** A hash in the form of documents, from its form in the protocol (standard padded base64). */
export function hexOf(base64: string): string {
  return Buffer.from(base64, "base64").toString("hex");
}
