import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Forecast, Standing } from '../prediction/horizon';
import { decide, hasRoomFor, type GateSession } from './pool-gate';

const KEPT = 3;
const GATE = { z: 1.5, chance: 0.02 };
const CHUNK = 16;

/** Believes that every thought ends after so many cells, right or wrong. */
class Belief implements Forecast {
  constructor(private readonly thoughtCells: number) {}
  addTo(): void {
    throw new Error('the gate does not ask for this');
  }
  stillThinking(standing: Standing, thoughtCells: number): number {
    return thoughtCells <= Math.max(this.thoughtCells, standing.thoughtCells) ? 1 : 0;
  }
  thoughtQuantile(standing: Standing): number {
    return Math.max(this.thoughtCells, standing.thoughtCells + 1);
  }
}

interface Course {
  readonly prompt: number;
  readonly thoughts: readonly number[];
}

class Played implements GateSession {
  liveCells = 0;
  isHeld = true;
  heldAtStep = 0;
  private floor = 0;
  private thought = 0;
  readonly forecast: Forecast;

  constructor(
    readonly course: Course,
    believedCells: number,
  ) {
    this.forecast = new Belief(believedCells);
  }

  get boundCells(): number {
    const { prompt, thoughts } = this.course;
    return prompt + thoughts.length * KEPT + Math.max(...thoughts);
  }
  get owedCells(): number {
    return this.floor > 0 ? 0 : this.course.prompt - this.liveCells;
  }
  get standing(): Standing {
    const floorCells = this.floor > 0 ? this.floor : this.course.prompt;
    return {
      promptTokens: this.course.prompt,
      floorCells,
      thoughts: this.thought,
      sampledTokens: 0,
      thoughtCells: this.floor > 0 ? this.liveCells - this.floor : 0,
      peakCells: this.liveCells,
    };
  }
  get isDone(): boolean {
    return this.thought === this.course.thoughts.length;
  }

  /** One step; the thought's own cells go when the last gist is in. */
  advance(step: number): void {
    if (this.floor === 0) {
      this.liveCells += Math.min(CHUNK, this.owedCells);
      if (this.owedCells > 0) return;
      this.floor = this.liveCells;
    } else {
      this.liveCells += 1;
      const length = this.course.thoughts[this.thought] ?? 0;
      if (this.liveCells - this.floor < length + KEPT) return;
      this.thought += 1;
      this.liveCells -= length;
      this.floor = this.liveCells;
    }
    this.isHeld = true;
    this.heldAtStep = step;
  }
}

const course = fc.record({
  prompt: fc.integer({ min: 1, max: 60 }),
  thoughts: fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 12 }),
});

/** Plays all sessions in one pool; who must leave is parked until there is room. Counts departures. */
function play(
  courses: readonly Course[],
  cells: number,
  believedCells: number,
): { left: number; steps: number } {
  const members = courses.map((one) => new Played(one, believedCells));
  const parked: Played[] = [];
  let [left, step, lookAt] = [0, 0, 0];
  const most = 4000 + courses.reduce((sum, one) => sum + one.thoughts.reduce((a, b) => a + b + 200, 0), 0);
  while (members.length + parked.length > 0) {
    if (step++ > most) throw new Error('nobody gets on');
    const [back] = parked;
    if (back !== undefined && (members.length === 0 || hasRoomFor(back, members, cells, KEPT, GATE))) {
      members.push(...parked.splice(0, 1));
      back.isHeld = true;
      lookAt = step;
    }
    if (step >= lookAt) {
      const decision = decide(members, cells, KEPT, GATE, step);
      lookAt = step + Math.max(1, decision.lookAgainInSteps);
      for (const one of members) {
        const runs = decision.running.includes(one);
        if (!runs && !one.isHeld) one.heldAtStep = step;
        one.isHeld = !runs;
      }
      if (decision.leaver !== undefined) {
        members.splice(members.indexOf(decision.leaver), 1);
        parked.push(decision.leaver);
        left += 1;
        lookAt = 0;
        continue;
      }
    }
    for (const one of [...members]) {
      if (one.isHeld) continue;
      one.advance(step);
      if (one.isDone) members.splice(members.indexOf(one), 1);
      if (one.isHeld || one.isDone) lookAt = 0;
    }
    const live = members.reduce((sum, one) => sum + one.liveCells, 0);
    if (live > cells) throw new Error(`${live} of ${cells} cells`);
  }
  return { left, steps: step };
}

describe('the gate of a pool', () => {
  it('lets every session end and never lacks a cell, however wrong what it believes', () => {
    fc.assert(
      fc.property(
        fc.array(course, { minLength: 1, maxLength: 10 }),
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 1, max: 120 }),
        (courses, spare, believedCells) => {
          const widest = Math.max(...courses.map((one) => new Played(one, 1).boundCells));
          play(courses, widest + 1 + spare, believedCells);
        },
      ),
    );
  });

  it('stops nobody while the bounds alone fit', () => {
    const courses = Array.from({ length: 4 }, () => ({ prompt: 20, thoughts: [30, 30, 30] }));
    const alone = play(courses.slice(0, 1), 1000, 1);
    expect(play(courses, 4 * (20 + 9 + 30), 1)).toEqual({ left: 0, steps: alone.steps });
  });

  it('takes nobody out as long as thoughts are no longer than believed, though the peaks would not fit', () => {
    const courses = Array.from({ length: 8 }, (_, at) => ({
      prompt: 20,
      thoughts: new Array<number>(8).fill(40 + at),
    }));
    const floors = 8 * (20 + 8 * KEPT);
    expect(play(courses, floors + 120, 60).left).toBe(0);
  });
});
