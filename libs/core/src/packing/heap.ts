/** A binary heap of items that know their place, so that one whose key changed can be moved in O(log n). */
export class Heap<T extends { heapIndex: number }> {
  private readonly items: T[] = [];

  constructor(private readonly isBefore: (a: T, b: T) => boolean) {}

  get size(): number {
    return this.items.length;
  }

  get first(): T | undefined {
    return this.items[0];
  }

  push(item: T): void {
    item.heapIndex = this.items.length;
    this.items.push(item);
    this.up(item.heapIndex);
  }

  /** Its key changed. */
  moved(item: T): void {
    this.up(item.heapIndex);
    this.down(item.heapIndex);
  }

  remove(item: T): void {
    const place = item.heapIndex;
    const last = this.items.pop();
    item.heapIndex = -1;
    if (!last || last === item) return;
    this.items[place] = last;
    last.heapIndex = place;
    this.moved(last);
  }

  /** In no order. */
  values(): readonly T[] {
    return this.items;
  }

  /** In order, without taking them out; what `wanted` refuses is passed over. Visits no more than it must. */
  find(wanted: (item: T) => boolean): T | undefined {
    const [first] = this.items;
    if (first === undefined || wanted(first)) return first;
    const seen = new Heap<{ heapIndex: number; readonly place: number; readonly item: T }>((a, b) =>
      this.isBefore(a.item, b.item),
    );
    const look = (place: number) => {
      const item = this.items[place];
      if (item !== undefined) seen.push({ heapIndex: -1, place, item });
    };
    look(0);
    for (let next = seen.first; next; next = seen.first) {
      if (wanted(next.item)) return next.item;
      seen.remove(next);
      look(2 * next.place + 1);
      look(2 * next.place + 2);
    }
    return undefined;
  }

  private up(from: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (!this.swapIfBefore(place, above)) return;
      place = above;
    }
  }

  private down(from: number): void {
    let place = from;
    for (;;) {
      const left = 2 * place + 1;
      const [a, b] = [this.items[left], this.items[left + 1]];
      if (a === undefined) return;
      const below = b !== undefined && this.isBefore(b, a) ? left + 1 : left;
      if (!this.swapIfBefore(below, place)) return;
      place = below;
    }
  }

  private swapIfBefore(below: number, above: number): boolean {
    const [lower, upper] = [this.items[below], this.items[above]];
    if (!lower || !upper || !this.isBefore(lower, upper)) return false;
    this.items[above] = lower;
    this.items[below] = upper;
    lower.heapIndex = above;
    upper.heapIndex = below;
    return true;
  }
}
