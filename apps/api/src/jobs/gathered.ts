interface Asked<T, R> {
  readonly value: T;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * For work that costs about as much for many values as for one: what is asked in one turn of the event loop is done
 * together, and nobody waits longer than that turn. Only values of one `key` are; so none waits for another's work.
 */
export class Gathered<T, R> {
  private readonly groups = new Map<string, Asked<T, R>[]>();

  /** `work` gives a result for each value, in their order; when it fails, all of them have. */
  constructor(private readonly work: (values: readonly T[]) => Promise<readonly R[]>) {}

  ask(value: T, key = ''): Promise<R> {
    return new Promise((resolve, reject) => {
      const asked = { value, resolve, reject };
      const group = this.groups.get(key);
      if (group !== undefined) {
        group.push(asked);
        return;
      }
      this.groups.set(key, [asked]);
      setImmediate(() => void this.run(key));
    });
  }

  private async run(key: string): Promise<void> {
    const group = this.groups.get(key) ?? [];
    this.groups.delete(key);
    try {
      const results = await this.work(group.map(({ value }) => value));
      group.forEach(({ resolve }, at) => resolve(results[at] as R));
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}
