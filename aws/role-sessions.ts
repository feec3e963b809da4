/** Sessions of assumed roles: each is shared by whoever needs it, and made anew before it expires. */

/** Keys as the SDK takes them. */
export interface RoleSession {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expiration: Date
}

export interface RoleToAssume {
  readonly roleArn: string
  /** What CloudTrail shows of who it is; up to 64 characters. */
  readonly sessionName: string
  readonly externalId?: string
}

/** The SDK asks again when five minutes are left, and has to be given more than that. */
const renewMs = 310_000
/** What a call and its answer may take; a session that lasts so long still serves while no other is to be had. */
const usableMs = 60_000

interface Held {
  readonly session: RoleSession | undefined
  readonly renewing: Promise<RoleSession> | undefined
}

export interface RoleSessionsOptions {
  assume(role: RoleToAssume): Promise<RoleSession>
  nowMs(): number
}

/** @example const sessionOf = roleSessions({ assume, nowMs: Date.now }); await sessionOf({ roleArn, sessionName }) */
export function roleSessions({
  assume,
  nowMs,
}: RoleSessionsOptions): (role: RoleToAssume) => Promise<RoleSession> {
  const held = new Map<string, Held>()
  const leftMs = (session: RoleSession | undefined): number =>
    session ? session.expiration.getTime() - nowMs() : 0
  const dropExpired = (): void => {
    for (const [key, { session, renewing }] of held) if (!renewing && leftMs(session) <= 0) held.delete(key)
  }
  const renew = async (key: string, role: RoleToAssume): Promise<RoleSession> => {
    const before = held.get(key)?.session
    try {
      const session = await assume(role)
      held.set(key, { session, renewing: undefined })
      dropExpired()
      return session
    } catch (error) {
      held.set(key, { session: before, renewing: undefined })
      if (before && leftMs(before) > usableMs) return before
      dropExpired()
      throw error
    }
  }
  return async (role) => {
    const key = JSON.stringify([role.roleArn, role.sessionName, role.externalId])
    const { session, renewing } = held.get(key) ?? {}
    if (renewing) return await renewing
    if (session && leftMs(session) > renewMs) return session
    const begun = renew(key, role)
    held.set(key, { session, renewing: begun })
    return await begun
  }
}
