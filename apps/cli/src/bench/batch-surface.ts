import { BatchObject, FileObject } from '@gistpool/contracts';
import { poolKeys } from '../client/pool-keys';

/** OpenAI's batch surface of a pool, as its clients use it. */
export class BatchSurface {
  constructor(private readonly url: string) {}

  async upload(lines: Iterable<string>): Promise<FileObject> {
    const form = new FormData();
    form.set('purpose', 'batch');
    form.set('file', new Blob([...lines].map((line) => `${line}\n`)), 'lines.jsonl');
    return FileObject.parse(await (await this.ask('/v1/files', { method: 'POST', body: form })).json());
  }

  async create(inputFileId: string): Promise<BatchObject> {
    const body = JSON.stringify({
      input_file_id: inputFileId,
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    });
    const headers = { 'content-type': 'application/json' };
    return BatchObject.parse(await (await this.ask('/v1/batches', { method: 'POST', body, headers })).json());
  }

  async get(id: string): Promise<BatchObject> {
    return BatchObject.parse(await (await this.ask(`/v1/batches/${id}`)).json());
  }

  /** Of each line of a result file, in its order. Null: there is no such file. */
  async customIds(fileId: string | null): Promise<string[]> {
    if (fileId === null) return [];
    const text = await (await this.ask(`/v1/files/${fileId}/content`)).text();
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { custom_id: string }).custom_id);
  }

  private async ask(path: string, init: RequestInit = {}): Promise<Response> {
    const key = poolKeys.of(this.url);
    const headers = { ...init.headers, ...(key !== undefined && { authorization: `Bearer ${key}` }) };
    const response = await fetch(new URL(path, this.url), { ...init, headers });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  }
}
