import type { BlobStore } from './blob-store';
import { FileBlobStore } from './file-blob-store';
import { S3BlobStore } from './s3-blob-store';

export interface BlobPlace {
  /** Where blobs lie when no URL is given. */
  readonly folder: string;
  /** `s3://BUCKET` or `s3://BUCKET/PREFIX`. */
  readonly url?: string | undefined;
  readonly s3Endpoint?: string | undefined;
}

/** A region must be named to sign a request, also for a server that has none. */
const REGION_OF_ONES_OWN_SERVER = 'us-east-1';

/** The store that every process of a pool shares. */
export async function openBlobStore({ folder, url, s3Endpoint }: BlobPlace): Promise<BlobStore> {
  if (url === undefined) {
    const store = new FileBlobStore(folder);
    await store.tidy();
    return store;
  }
  const { hostname: bucket, pathname } = new URL(url);
  const path = pathname.replaceAll(/^\/+|\/+$/g, '');
  return S3BlobStore.open({
    bucket,
    prefix: path === '' ? '' : `${path}/`,
    ...(s3Endpoint === undefined
      ? {}
      : { endpoint: s3Endpoint, region: process.env['AWS_REGION'] ?? REGION_OF_ONES_OWN_SERVER }),
  });
}
