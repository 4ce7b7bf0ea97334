import { Readable } from 'node:stream';
import type * as S3Sdk from '@aws-sdk/client-s3';
import type * as S3Storage from '@aws-sdk/lib-storage';
import { assertKey, assertPrefix } from './blob-key';
import type { BlobEntry, BlobStore } from './blob-store';

export interface S3Place {
  readonly bucket: string;
  /** '' or a path that ends in `/`. */
  readonly prefix: string;
  /** Left out: Amazon's own. */
  readonly endpoint?: string;
  /** Left out: as the SDK finds it (AWS_REGION), and us-east-1 for an endpoint of one's own. */
  readonly region?: string;
}

/** What an upload holds in memory at most: parts of this size, so many at once. */
const PART_BYTES = 5 * 1024 * 1024;
const PARTS_AT_ONCE = 2;

type Sdk = typeof S3Sdk;
type Storage = typeof S3Storage;

/** Blobs in a bucket of S3, or of a server that speaks as it does. Credentials are found by the SDK (AWS_ACCESS_KEY_ID …). */
export class S3BlobStore implements BlobStore {
  private constructor(
    private readonly sdk: Sdk,
    private readonly storage: Storage,
    private readonly client: S3Sdk.S3Client,
    private readonly place: S3Place,
  ) {}

  /** The SDK is large and loaded only by who uses it. */
  static async open(place: S3Place): Promise<S3BlobStore> {
    assertPrefix(place.prefix);
    const [sdk, storage] = await Promise.all([import('@aws-sdk/client-s3'), import('@aws-sdk/lib-storage')]);
    const { endpoint, region } = place;
    const client = new sdk.S3Client({
      ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
      ...(region === undefined ? {} : { region }),
      // Many servers that speak S3 do not know the checksums that Amazon's takes since 2025.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
    return new S3BlobStore(sdk, storage, client, place);
  }

  async put(key: string, text: string): Promise<void> {
    const type = 'text/plain; charset=utf-8';
    await this.client.send(new this.sdk.PutObjectCommand({ ...this.at(key), Body: text, ContentType: type }));
  }

  async get(key: string): Promise<string | undefined> {
    const found = await orNone(this.client.send(new this.sdk.GetObjectCommand(this.at(key))));
    return found?.Body?.transformToString('utf-8');
  }

  async write(key: string, source: AsyncIterable<Uint8Array>): Promise<number> {
    let bytes = 0;
    async function* counted(): AsyncGenerator<Uint8Array> {
      for await (const chunk of source) {
        bytes += chunk.length;
        yield chunk;
      }
    }
    const upload = new this.storage.Upload({
      client: this.client,
      params: { ...this.at(key), Body: Readable.from(counted(), { objectMode: false }) },
      partSize: PART_BYTES,
      queueSize: PARTS_AT_ONCE,
    });
    await upload.done();
    return bytes;
  }

  async read(key: string): Promise<Readable | undefined> {
    const found = await orNone(this.client.send(new this.sdk.GetObjectCommand(this.at(key))));
    if (found === undefined) return undefined;
    // In Node.js the SDK gives Node's own stream.
    return found.Body instanceof Readable ? found.Body : Readable.from([]);
  }

  async size(key: string): Promise<number | undefined> {
    const found = await orNone(this.client.send(new this.sdk.HeadObjectCommand(this.at(key))));
    return found?.ContentLength;
  }

  async delete(key: string): Promise<void> {
    await this.client.send(new this.sdk.DeleteObjectCommand(this.at(key)));
  }

  async *list(prefix: string): AsyncGenerator<BlobEntry> {
    assertPrefix(prefix);
    const { bucket: Bucket, prefix: base } = this.place;
    const pages = this.sdk.paginateListObjectsV2(
      { client: this.client },
      { Bucket, Prefix: `${base}${prefix}` },
    );
    for await (const { Contents: entries = [] } of pages) {
      for (const { Key = '', Size = 0 } of entries) yield { key: Key.slice(base.length), bytes: Size };
    }
  }

  close(): void {
    this.client.destroy();
  }

  private at(key: string): { Bucket: string; Key: string } {
    assertKey(key);
    return { Bucket: this.place.bucket, Key: `${this.place.prefix}${key}` };
  }
}

async function orNone<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    const { name } = error as Error;
    if (name === 'NoSuchKey' || name === 'NotFound') return undefined;
    throw error;
  }
}
