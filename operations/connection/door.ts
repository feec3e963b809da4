/** What a deployment decides about its door, by the environment that both hosts share. */
import type { ConnectionRoom } from '#postgres/statements/connection-insert.ts'

export interface Door {
  /** Pages that may connect; programs send no Origin. */
  readonly allowedOrigins: readonly string[]
  readonly room: ConnectionRoom
}

type Environment = Readonly<Record<string, string | undefined>>

export const doorOf = (environment: Environment): Door => ({
  allowedOrigins: (environment.IASQL_ALLOWED_ORIGINS ?? '')
    .split(',')
    .map((origin) => origin.trim())
    .filter(Boolean),
  room: {
    perTenant: count(environment.IASQL_CONNECTIONS_PER_TENANT, 500),
    perSubject: count(environment.IASQL_CONNECTIONS_PER_SUBJECT, 50),
  },
})

const count = (text: string | undefined, otherwise: number): number =>
  text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : otherwise
