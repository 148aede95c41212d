// one-pair.ts <folder>: makes the patch from `base` to `target` and applies it, as the patch function does.
import { statSync } from "node:fs";
import { join } from "node:path";
import bsdiff from "bsdiff-node";
import "@aws-sdk/client-s3";
import "@aws-sdk/lib-dynamodb";

const folder = process.argv[2] ?? "";
const file = (name: string) => join(folder, name);
const started = performance.now();
await bsdiff.diff(file("base"), file("target"), file("patch"));
await bsdiff.patch(file("base"), file("result"), file("patch"));
const seconds = (performance.now() - started) / 1000;
// KiB, of the whole process.
const peakBytes = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ seconds, peakBytes, patchBytes: statSync(file("patch")).size }));
