import { request, type ClientRequest } from 'node:http';

export interface SseMessage {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

/** A listener with a connection of its own, as 500 clients have. */
export class SseClient {
  readonly messages: SseMessage[] = [];
  status = 0;
  text = '';
  readonly opened: Promise<void>;
  readonly ended: Promise<void>;
  private readonly request: ClientRequest;

  constructor(url: string, headers: Record<string, string> = {}) {
    this.request = request(url, { headers, agent: false });
    this.opened = new Promise((resolve, reject) => {
      this.request.on('error', reject).on('response', (response) => {
        this.status = response.statusCode ?? 0;
        response.setEncoding('utf8').on('data', (text: string) => this.take(text));
        resolve();
      });
    });
    this.opened.catch(() => undefined);
    this.ended = new Promise((resolve) => this.request.on('close', resolve));
    this.request.end();
  }

  leave(): void {
    this.request.destroy();
  }

  private take(text: string): void {
    this.text += text;
    this.messages.length = 0;
    for (const block of this.text.split('\n\n').slice(0, -1)) {
      const field = (name: string) =>
        block
          .split('\n')
          .find((line) => line.startsWith(`${name}: `))
          ?.slice(name.length + 2);
      const [id, event, data] = [field('id'), field('event'), field('data')];
      if (id !== undefined && event !== undefined && data !== undefined) {
        this.messages.push({ id, event, data: JSON.parse(data) as unknown });
      }
    }
  }
}
