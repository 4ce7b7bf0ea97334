import type { JobEvent } from '@gistpool/contracts';
import { count } from './format';

/** A job's events as text to read: thoughts as they come, and what each compression did to its cells. */
export class JobStory {
  private isLineOpen = false;

  tell(event: JobEvent): string {
    switch (event.type) {
      case 'text':
        this.isLineOpen = !event.text.endsWith('\n');
        return event.text;
      case 'state':
        return this.line(`[${event.state}${event.card === undefined ? '' : ` on ${event.card}`}]`);
      case 'thought':
        return '';
      case 'compression': {
        const { thought, cells_before: before, cells_after: after } = event;
        return this.line(`[thought ${thought}: ${count(before)} -> ${count(after)} cells]`);
      }
      case 'answer':
        return this.line(`answer: ${event.text}`);
      case 'usage': {
        const { thoughts, generated_tokens, peak_cells, vanilla_peak_cells } = event.usage;
        return this.line(
          `${count(generated_tokens)} tokens in ${count(thoughts)} thoughts, ` +
            `peak ${count(peak_cells)} cells (vanilla: ${count(vanilla_peak_cells)})`,
        );
      }
      case 'error':
        return this.line(`error ${event.error.code}: ${event.error.message}`);
    }
  }

  private line(text: string): string {
    const start = this.isLineOpen ? '\n' : '';
    this.isLineOpen = false;
    return `${start}${text}\n`;
  }
}
