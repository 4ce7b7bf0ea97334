import { FileFilter, MAX_FILE_BYTES } from '@gistpool/contracts';
import { FORM_TYPES } from '../http/accepted-types';
import { AWAY, failure, type Operation, type Parameter } from './operation';
import { queryParameters } from './query-parameters';

const fileId: Parameter = {
  name: 'id',
  in: 'path',
  required: true,
  description: 'Id of the file.',
  schema: { type: 'string' },
};
const noSuchFile = failure(404, '`file_not_found`: no file has this id.');

export const OPENAI_FILE_OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/files',
    id: 'uploadFile',
    tag: 'OpenAI',
    summary: 'Upload a file for a batch',
    description: `A form with \`purpose\` (only \`batch\`) and \`file\`, of at most ${MAX_FILE_BYTES / 2 ** 20} MiB. It is written while it comes in.`,
    body: {
      types: FORM_TYPES,
      schema: {
        type: 'object',
        properties: { purpose: { const: 'batch' }, file: { type: 'string', format: 'binary' } },
        required: ['purpose', 'file'],
      },
      example: { purpose: 'batch', file: 'lines.jsonl' },
    },
    answers: [
      { status: 200, description: 'It is stored.', schema: 'FileObject' },
      failure(400, '`invalid_request`: another purpose, an unknown field, or no form.'),
      failure(413, '`body_too_large`: nothing of it is kept.'),
      AWAY,
    ],
    curl: 'curl $URL/v1/files -F purpose=batch -F file=@lines.jsonl',
  },
  {
    method: 'get',
    path: '/v1/files',
    id: 'listFiles',
    tag: 'OpenAI',
    summary: 'List files, newest first',
    parameters: queryParameters(FileFilter, {
      purpose: 'Only files of this purpose.',
      limit: 'Files per page.',
      order: '`asc`: oldest first.',
      after: '`last_id` of the page before.',
    }),
    answers: [
      { status: 200, description: 'A page of files.', schema: 'FilePage' },
      failure(400, '`invalid_request`: a filter is not understood.'),
      AWAY,
    ],
    curl: `curl '$URL/v1/files?purpose=batch_output'`,
  },
  {
    method: 'get',
    path: '/v1/files/{id}',
    id: 'getFile',
    tag: 'OpenAI',
    summary: 'What is known of a file',
    parameters: [fileId],
    answers: [{ status: 200, description: 'The file.', schema: 'FileObject' }, noSuchFile, AWAY],
    curl: 'curl $URL/v1/files/file-…',
  },
  {
    method: 'get',
    path: '/v1/files/{id}/content',
    id: 'fileContent',
    tag: 'OpenAI',
    summary: 'The bytes of a file',
    parameters: [fileId],
    answers: [
      {
        status: 200,
        description: 'Its bytes.',
        type: 'application/octet-stream',
        schema: { type: 'string', format: 'binary' },
      },
      noSuchFile,
      AWAY,
    ],
    curl: 'curl $URL/v1/files/file-…/content',
  },
  {
    method: 'delete',
    path: '/v1/files/{id}',
    id: 'deleteFile',
    tag: 'OpenAI',
    summary: 'Delete a file',
    parameters: [fileId],
    answers: [{ status: 200, description: 'It is gone.', schema: 'FileDeleted' }, noSuchFile, AWAY],
    curl: 'curl -X DELETE $URL/v1/files/file-…',
  },
];
