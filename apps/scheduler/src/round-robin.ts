/** Whose turn it is among queues of one model: each gets one job in turn, however long the others' queues are. */
export class RoundRobin {
  private last = '';

  /** The names in order of turn, beginning after the one that was served last. */
  inTurn(names: readonly string[]): string[] {
    const sorted = [...names].sort();
    const cut = sorted.findIndex((name) => name > this.last);
    return cut < 0 ? sorted : [...sorted.slice(cut), ...sorted.slice(0, cut)];
  }

  served(name: string): void {
    this.last = name;
  }
}
