/** How fast a counter grows, over the last `windowMs`. */
export class Rate {
  private readonly marks: { atMs: number; total: number }[] = [];

  constructor(private readonly windowMs: number) {}

  perSecond(total: number, nowMs: number): number {
    this.marks.push({ atMs: nowMs, total });
    while (this.marks.length > 2 && (this.marks[1]?.atMs ?? nowMs) <= nowMs - this.windowMs)
      this.marks.shift();
    const oldest = this.marks[0];
    if (oldest === undefined || oldest.atMs === nowMs) return 0;
    return ((total - oldest.total) * 1000) / (nowMs - oldest.atMs);
  }
}
