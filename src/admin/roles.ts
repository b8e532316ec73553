/** What somebody who asks may do; each role may do what those before it may. */
export const ADMIN_ROLES = ['viewer', 'operator', 'admin'] as const;
export type AdminRole = (typeof ADMIN_ROLES)[number];

export const isAdminRole = (text: unknown): text is AdminRole => ADMIN_ROLES.some((role) => role === text);

export const mayAct = (role: AdminRole, needed: AdminRole): boolean =>
  ADMIN_ROLES.indexOf(role) >= ADMIN_ROLES.indexOf(needed);

/** Somebody who has shown a token or a certificate. */
export interface Operator {
  readonly name: string;
  readonly role: AdminRole;
}
