import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { MAX_FILE_BYTES, type FileObject } from '@gistpool/contracts';
import { ApiError, clip } from '../../http/api-error';
import { fileNameOf } from './file-name';
import { Files, fileTooLarge } from './files';

/** What a form adds to its file. */
const FORM_BYTES = 64 * 1024;

/** The parser's own limit of the file is only to be larger than ours. */
const LIMITS = { files: 2, fields: 16, fieldSize: 1024, fileSize: 2 * MAX_FILE_BYTES };

const wrong = (message: string, param: string): ApiError =>
  new ApiError(400, 'invalid_request', message, param);

/** One file from a form, written while it comes in. Its fields may come before it or after. */
@Injectable()
export class Upload {
  constructor(@Inject(Files) private readonly files: Files) {}

  async take(request: FastifyRequest, tenant: string): Promise<FileObject> {
    if (Number(request.headers['content-length'] ?? 0) > MAX_FILE_BYTES + FORM_BYTES) throw fileTooLarge();
    let stored: FileObject | undefined;
    try {
      let purpose: string | undefined;
      for await (const part of request.parts({ limits: LIMITS })) {
        if (part.type === 'file') {
          if (part.fieldname !== 'file') throw unknownField(part.fieldname);
          if (stored !== undefined) throw wrong('file: send one at a time', 'file');
          const filename = fileNameOf(part.filename);
          const id = this.files.newId();
          const about = { id, filename, purpose: 'batch', tenant } as const;
          stored = await this.files.store(about, part.file, MAX_FILE_BYTES);
        } else if (part.fieldname === 'purpose') purpose = String(part.value);
        else throw unknownField(part.fieldname);
      }
      if (purpose !== 'batch') throw wrongPurpose(purpose);
      if (stored === undefined) throw wrong('file: it is missing', 'file');
      return stored;
    } catch (error) {
      // The client may still be sending: unread bytes would keep it from hearing why.
      request.raw.unpipe();
      request.raw.resume();
      if (stored !== undefined) await this.files.remove(stored.id);
      throw brokenForm(error) ?? error;
    }
  }
}

/** What the parser says of bytes that are no form, or of a form with too many parts. */
function brokenForm(error: unknown): ApiError | undefined {
  if (error instanceof ApiError || !(error instanceof Error)) return undefined;
  const isLimit = 'code' in error && String(error.code).startsWith('FST_');
  if (!isLimit && !/^(Multipart|Unexpected end|Malformed|Part terminated)/.test(error.message))
    return undefined;
  return new ApiError(400, 'invalid_request', `the body is not a form that can be read: ${error.message}`);
}

const unknownField = (name: string): ApiError =>
  wrong(`${clip(name, 80)} is not a known field; send file and purpose`, clip(name, 80));

const wrongPurpose = (given: string | undefined): ApiError =>
  wrong(
    given === undefined
      ? 'purpose: it is missing; send batch'
      : `purpose: ${clip(given, 80)} is not supported; send batch`,
    'purpose',
  );
