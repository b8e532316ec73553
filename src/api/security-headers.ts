/** Response headers that keep a browser from doing with an answer what it was not made for. */

const POLICY = {
  'default-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' data:",
  'font-src': "'self'",
  'manifest-src': "'self'",
  'worker-src': "'self'",
  // Gateways of a cluster have addresses of their own, known only at login.
  'connect-src': "'self' ws: wss:",
  'base-uri': "'none'",
  'form-action': "'self'",
  'frame-ancestors': "'none'",
};

const policyText = (policy: Readonly<Record<string, string>>): string =>
  Object.entries(policy)
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join('; ');

const PAGE_POLICY = policyText(POLICY);
/** Swagger UI writes style attributes as it draws. */
export const DOCS_POLICY = policyText({ ...POLICY, 'style-src': "'self' 'unsafe-inline'" });

const ONE_YEAR_SECONDS = 365 * 24 * 3600;

export function securityHeaders(tls: boolean): Readonly<Record<string, string>> {
  return {
    'content-security-policy': PAGE_POLICY,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    ...(tls ? { 'strict-transport-security': `max-age=${ONE_YEAR_SECONDS}` } : {}),
  };
}
