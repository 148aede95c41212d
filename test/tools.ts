import { ensureVenv } from "../local/venv.ts";

/** Python's tools (the AWS CLI, shellcheck) are there before the first test asks for them. */
export default async function setup(): Promise<void> {
  await ensureVenv(console.error);
}
