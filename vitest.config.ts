import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    reporters: ["default", "./test/closing-line.ts"],
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/e2e/**", "test/lib/*.test.ts"],
          globalSetup: "test/tools.ts",
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "template",
          include: ["test/lib/*.test.ts"],
          globalSetup: "test/tools.ts",
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // In one process only the first synthesis is slow.
          isolate: false,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: "test/e2e/local-aws.ts",
          testTimeout: 240_000,
          hookTimeout: 300_000,
          // One local AWS serves all files, and a release's builds want both cores.
          fileParallelism: false,
        },
      },
    ],
  },
});
