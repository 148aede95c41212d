/** Ends this process by way of its `exit` event when it is interrupted, so that what cleans up there is run, and commands under way end. */
export function exitWhenInterrupted(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(130));
}
