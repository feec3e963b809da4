/** What lets people in besides tokens: membership of connections, tickets, the first owner's secret, failed attempts. */
import type { PlatformMigration } from './migration.ts'

export const peopleMigration: PlatformMigration = {
  name: 'people',
  version: 1,
  sql: [
    // The membership that a connection stands on; null: a token, whose name its subject is.
    'ALTER TABLE iasql_platform.connection ADD COLUMN member text',
    // What they were called when they signed in last, and what their runs and edits are known by.
    'ALTER TABLE iasql_platform.member ADD COLUMN known_as text',
    `CREATE TABLE iasql_platform.ticket (
      ticket_hash text PRIMARY KEY,
      tenant_id text NOT NULL REFERENCES iasql_platform.tenant ON DELETE CASCADE,
      subject text NOT NULL, member text, origin text,
      made_at timestamptz NOT NULL DEFAULT now(), expires_at timestamptz NOT NULL, session_until timestamptz)`,
    `CREATE TABLE iasql_platform.first_owner (
      secret_hash text PRIMARY KEY,
      tenant_id text NOT NULL REFERENCES iasql_platform.tenant ON DELETE CASCADE,
      expires_at timestamptz NOT NULL, used_at timestamptz, used_by text)`,
    // Sources are hashes: of an address, or of the beginning of what was shown.
    `CREATE TABLE iasql_platform.sign_in_failure (
      source text PRIMARY KEY, failures int NOT NULL, since timestamptz NOT NULL, refused_until timestamptz)
      WITH (fillfactor = 50)`,
  ],
}
