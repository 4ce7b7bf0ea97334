/**
 * Loaded first into every process that `gistpool up` starts: when the supervisor is gone, even killed,
 * the process ends as if it had been told to, and at the latest after ten seconds.
 */
const DEADLINE_MS = 10_000;
/** Redis waits a little, so that workers can hand their jobs back. */
const delayMs = Number(process.env['GISTPOOL_ORPHAN_DELAY_MS'] ?? 0);

/** A process that such a process forks inherits the preload and the environment, but has another parent. */
const isSupervised = process.connected && process.env['GISTPOOL_SUPERVISOR'] === String(process.ppid);

if (isSupervised) {
  process.once('disconnect', () => {
    setTimeout(() => process.exit(1), DEADLINE_MS).unref();
    setTimeout(() => process.kill(process.pid, 'SIGTERM'), delayMs);
  });
  // Listening must not keep a process alive that has nothing else to do.
  process.channel?.unref();
}

export {};
