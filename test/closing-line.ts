import type { Reporter, TestModule } from "vitest/node";

/** Ends a run with one line that scripts read: `N passed, N failed`. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    // A file that does not load, and an error outside of any test, are failures too.
    const broken = modules.filter((module) => module.errors().length > 0).length + unhandledErrors.length;
    console.log(`${count("passed")} passed, ${count("failed") + broken} failed`);
  }
}
