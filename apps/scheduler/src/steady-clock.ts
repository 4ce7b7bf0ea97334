/**
 * Unix milliseconds by the clock as it was when this process started. Somebody may set the machine's clock meanwhile: set
 * back, recovery would rest until it has caught up; set on, every tenant's shares would be charged for the leap.
 */
export const steadyNowMs = (): number => Math.round(performance.timeOrigin + performance.now());
