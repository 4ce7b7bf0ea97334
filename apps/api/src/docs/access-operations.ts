import { AuditFilter, KeyFilter } from '@gistpool/contracts';
import { JSON_TYPES } from '../http/accepted-types';
import { AWAY, failure, type Operation, type Parameter } from './operation';
import { queryParameters } from './query-parameters';

const keyId: Parameter = {
  name: 'id',
  in: 'path',
  required: true,
  description: 'Id of the key: how it begins.',
  schema: { type: 'string' },
};
const tenantName: Parameter = {
  name: 'name',
  in: 'path',
  required: true,
  description: 'Name of the tenant.',
  schema: { type: 'string' },
};
const noSuchKey = failure(404, '`key_not_found`: no key has this id.');
const noSuchTenant = failure(404, '`tenant_not_found`: there is no such tenant.');
const wrong = failure(400, '`invalid_json` or `invalid_request`; `param` names the field.');

export const ACCESS_OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: '/v1/session',
    id: 'session',
    tag: 'Access',
    summary: 'Who I am here, and what I may do',
    answers: [{ status: 200, description: 'Also of somebody who is nobody here.', schema: 'SessionView' }],
    curl: 'curl $URL/v1/session',
  },
  {
    method: 'post',
    path: '/v1/session',
    id: 'login',
    tag: 'Access',
    summary: 'Log in with a browser',
    description:
      'The answer sets a signed, http-only cookie of 12 hours, which ends with its key. Whatever changes something under it carries `csrf_token` as `x-csrf-token`.',
    body: { types: JSON_TYPES, schema: 'LoginRequest', example: { key: 'gp_…' } },
    answers: [
      {
        status: 200,
        description: 'Logged in.',
        schema: 'SessionView',
        headers: { 'Set-Cookie': 'The session.' },
      },
      wrong,
      failure(401, '`invalid_api_key`: the key is unknown, expired or revoked.'),
      AWAY,
    ],
    curl: `curl $URL/v1/session -H 'content-type: application/json' -d '{"key": "gp_…"}'`,
  },
  {
    method: 'delete',
    path: '/v1/session',
    id: 'logout',
    tag: 'Access',
    summary: 'Log out',
    answers: [{ status: 200, description: 'The cookie is gone.', schema: 'SessionView' }],
    curl: 'curl -X DELETE $URL/v1/session',
  },
  {
    method: 'post',
    path: '/v1/keys',
    id: 'createKey',
    tag: 'Access',
    summary: 'Make a key',
    description:
      'Its `secret` is told here and never again; only a hash of it is stored. A tenant that is new is made.',
    body: {
      types: JSON_TYPES,
      schema: 'KeyRequest',
      example: { name: 'nightly runs', tenant: 'acme', scopes: ['submit', 'read'], expires_in_s: 7_776_000 },
    },
    answers: [
      {
        status: 201,
        description: 'The key.',
        schema: 'KeyIssued',
        headers: { Location: 'Address of the key.' },
      },
      wrong,
      AWAY,
    ],
    curl: `curl $URL/v1/keys -H 'content-type: application/json' -d '{"tenant": "acme", "scopes": ["submit", "read"]}'`,
  },
  {
    method: 'get',
    path: '/v1/keys',
    id: 'listKeys',
    tag: 'Access',
    summary: 'List keys, newest first',
    description: 'Without their secrets. Revoked and expired ones are listed for 30 days.',
    parameters: queryParameters(KeyFilter, { tenant: 'Only keys of this tenant.' }),
    answers: [{ status: 200, description: 'All keys.', schema: 'KeyPage' }, wrong, AWAY],
    curl: 'curl $URL/v1/keys',
  },
  {
    method: 'get',
    path: '/v1/keys/{id}',
    id: 'getKey',
    tag: 'Access',
    summary: 'One key',
    parameters: [keyId],
    answers: [{ status: 200, description: 'The key.', schema: 'KeyView' }, noSuchKey, AWAY],
    curl: 'curl $URL/v1/keys/gp_…',
  },
  {
    method: 'post',
    path: '/v1/keys/{id}/rotate',
    id: 'rotateKey',
    tag: 'Access',
    summary: 'Put a new key in the place of one',
    description: 'With the same tenant, scopes and expiry. The old one ends after `grace_s`.',
    parameters: [keyId],
    body: { isOptional: true, types: JSON_TYPES, schema: 'RotateRequest', example: { grace_s: 3600 } },
    answers: [
      { status: 201, description: 'The new key.', schema: 'KeyIssued' },
      wrong,
      noSuchKey,
      failure(409, '`invalid_request`: it is revoked, expired or was replaced already.'),
      AWAY,
    ],
    curl: `curl $URL/v1/keys/gp_…/rotate -H 'content-type: application/json' -d '{"grace_s": 3600}'`,
  },
  {
    method: 'delete',
    path: '/v1/keys/{id}',
    id: 'revokeKey',
    tag: 'Access',
    summary: 'Revoke a key',
    description: 'From the next request on, of every api; sessions that it began end, too.',
    parameters: [keyId],
    answers: [{ status: 200, description: 'It is revoked.', schema: 'KeyView' }, noSuchKey, AWAY],
    curl: 'curl -X DELETE $URL/v1/keys/gp_…',
  },
  {
    method: 'post',
    path: '/v1/tenants',
    id: 'createTenant',
    tag: 'Access',
    summary: 'Set up a tenant',
    body: {
      types: JSON_TYPES,
      schema: 'TenantRequest',
      example: { name: 'acme', quotas: { requests_per_minute: 60, tokens_per_day: 5_000_000 } },
    },
    answers: [
      { status: 201, description: 'The tenant.', schema: 'TenantView' },
      wrong,
      failure(409, '`already_exists`: there is one of this name.'),
      AWAY,
    ],
    curl: `curl $URL/v1/tenants -H 'content-type: application/json' -d '{"name": "acme", "quotas": {"requests_per_minute": 60}}'`,
  },
  {
    method: 'get',
    path: '/v1/tenants',
    id: 'listTenants',
    tag: 'Access',
    summary: 'Tenants, their quotas and what they have used',
    description:
      'Those that were set up, and those that have jobs. Usage is of jobs that ended, by days of UTC.',
    answers: [{ status: 200, description: 'All tenants.', schema: 'TenantPage' }, AWAY],
    curl: 'curl $URL/v1/tenants',
  },
  {
    method: 'get',
    path: '/v1/tenants/{name}',
    id: 'getTenant',
    tag: 'Access',
    summary: 'One tenant',
    parameters: [tenantName],
    answers: [{ status: 200, description: 'The tenant.', schema: 'TenantView' }, noSuchTenant, AWAY],
    curl: 'curl $URL/v1/tenants/acme',
  },
  {
    method: 'patch',
    path: '/v1/tenants/{name}',
    id: 'changeTenant',
    tag: 'Access',
    summary: 'Change the quotas of a tenant',
    description: 'What is left out stays as it is; null takes a limit away.',
    parameters: [tenantName],
    body: {
      types: JSON_TYPES,
      schema: 'TenantChange',
      example: { quotas: { requests_per_minute: 120, tokens_per_day: null } },
    },
    answers: [{ status: 200, description: 'The tenant.', schema: 'TenantView' }, wrong, noSuchTenant, AWAY],
    curl: `curl -X PATCH $URL/v1/tenants/acme -H 'content-type: application/json' -d '{"quotas": {"requests_per_minute": 120}}'`,
  },
  {
    method: 'get',
    path: '/v1/audit',
    id: 'audit',
    tag: 'Access',
    summary: 'Who did what, newest first',
    description:
      'Everything that changed something, and what was refused to somebody who is known. About the last 10,000.',
    parameters: queryParameters(AuditFilter, {
      limit: 'Entries per page.',
      cursor: '`next_cursor` of the page before.',
    }),
    answers: [{ status: 200, description: 'A page of entries.', schema: 'AuditPage' }, wrong, AWAY],
    curl: 'curl $URL/v1/audit',
  },
];
