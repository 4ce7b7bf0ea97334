import { JobResult } from '@gistpool/contracts';
import type { BlobStore } from '@gistpool/blob';

/** What workers wrote when their jobs ended. */
export class Results {
  constructor(private readonly blobs: BlobStore) {}

  async get(jobId: string): Promise<JobResult | undefined> {
    const text = await this.blobs.get(`results/${jobId}.json`);
    return text === undefined ? undefined : JobResult.parse(JSON.parse(text));
  }
}
