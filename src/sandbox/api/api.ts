import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { covers, type Scope } from '../../fatture-in-cloud/oauth/scopes.ts';
import type { Settings } from '../control/settings.ts';
import type { Grant, Grants } from '../oauth/grants.ts';
import { invalidField, notFound, refuse, unauthorized } from './answers.ts';
import { type Company, companyInfo, userCompanies, userInfo } from './companies.ts';
import type { Quotas } from './quotas.ts';

/** What a request of the API carries once its token was accepted. */
export interface ApiEnv {
  Variables: { grant: Grant; companyId: number };
}

/** What every request of the API goes through. */
export interface ApiParts {
  readonly companies: readonly Company[];
  readonly grants: Grants;
  readonly quotas: Quotas;
  readonly settings: () => Settings;
  /** The per-company credential in `/user/companies`: hex, and good for nothing. */
  readonly companyCredential: (companyId: number) => string;
  /** How many entities a plan category holds. */
  readonly usage: (companyId: number, category: PlanCategory) => number;
}

/** The categories of `plan_usage`. */
export type PlanCategory = 'clients' | 'suppliers' | 'products' | 'documents';

const planCategories: readonly string[] = ['clients', 'suppliers', 'products', 'documents'];

/** Guards `/user/*` and `/c/*`, and serves what is about the person and the company. */
export function api(parts: ApiParts): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();
  app.use('/user/*', bearer(parts));
  app.use('/c/:companyId/*', bearer(parts), companyGuard(parts));
  app.get('/user/info', (c) => c.json(userInfo()));
  app.get('/user/companies', (c) => {
    const granted = parts.companies.filter(({ id }) => c.get('grant').companyIds.includes(id));
    return c.json(userCompanies(granted, parts.companyCredential));
  });
  app.get('/c/:companyId/company/info', (c) => {
    const company = parts.companies.find(({ id }) => id === c.get('companyId'));
    if (company === undefined) return notFound(c);
    return c.json(companyInfo(company, parts.settings().licenceExpired));
  });
  app.get('/c/:companyId/company/plan_usage', (c) => {
    const category = c.req.query('category') ?? '';
    if (!planCategories.includes(category)) {
      return invalidField(c, 'category', 'The selected category is invalid.');
    }
    const usage = parts.usage(c.get('companyId'), category as PlanCategory);
    return c.json({ data: { limit: 3_000, usage } });
  });
  return app;
}

/** Refuses with 403 unless the token has every scope needed; `undefined` lets the request go on. */
export function missingScope(c: Context<ApiEnv>, needed: readonly Scope[]): Response | undefined {
  const missing = needed.find((scope) => !covers(c.get('grant').scopes, scope));
  if (missing === undefined) return undefined;
  const message = `You do not have the permission to perform this action (${missing}).`;
  return refuse(c, { status: 403, code: 'NO_PERMISSION', message });
}

function bearer(parts: ApiParts): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const [scheme, token = ''] = (c.req.header('authorization') ?? '').split(' ');
    const grant = scheme?.toLowerCase() === 'bearer' ? parts.grants.authenticate(token) : undefined;
    if (grant === undefined) return unauthorized(c);
    c.set('grant', grant);
    return next();
  };
}

function companyGuard(parts: ApiParts): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const given = c.req.param('companyId') ?? '';
    const companyId = /^\d+$/.test(given) ? Number(given) : Number.NaN;
    if (!c.get('grant').companyIds.includes(companyId)) return unauthorized(c);
    c.set('companyId', companyId);
    const refusal = overQuota(c, parts, companyId) ?? expiredLicence(c, parts);
    return refusal ?? next();
  };
}

function overQuota(c: Context, parts: ApiParts, companyId: number): Response | undefined {
  const verdict = parts.quotas.take(companyId);
  switch (verdict.kind) {
    case 'within':
      for (const [name, value] of Object.entries(verdict.headers)) c.header(name, value);
      return undefined;
    case 'short-term': {
      const { retryAfterSeconds } = verdict;
      return refuse(c, { status: 429, message: 'Too Many Attempts.', retryAfterSeconds });
    }
    case 'long-term': {
      const { retryAfterSeconds } = verdict;
      return refuse(c, {
        status: 403,
        message: 'The request quota is used up.',
        retryAfterSeconds,
      });
    }
  }
}

function expiredLicence(c: Context, parts: ApiParts): Response | undefined {
  // The answer that says when the licence ended must stay readable.
  const isExempt = c.req.path.endsWith('/company/info');
  if (!parts.settings().licenceExpired || isExempt) return undefined;
  return refuse(c, { status: 403, code: 'LICENSE_EXPIRED', message: 'License expired.' });
}
