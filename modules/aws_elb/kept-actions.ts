/** Actions that ask who is there stand before the one that a row says, and survive a change of it. */
import type { Action } from '@aws-sdk/client-elastic-load-balancing-v2'

/** AWS never tells the secret of a client, and takes the one it has if asked to. */
const withItsSecret = ({ AuthenticateOidcConfig: oidc, ...action }: Action): Action =>
  oidc ? { ...action, AuthenticateOidcConfig: { ...oidc, UseExistingClientSecret: true } } : action

/** `seen` with `own` in place of its last action. */
export function keepingOthers(seen: readonly Action[] | undefined, own: readonly Action[]): Action[] {
  const others = (seen ?? []).slice(0, -1)
  if (others.length === 0) return [...own]
  return [...others.map(withItsSecret), ...own].map((action, index) => ({ ...action, Order: index + 1 }))
}
