/** The platform's own schema: who the tenants are, who may come in, who is connected. No tenant can see it. */
import type { PlatformMigration } from './migration.ts'
import { accountsMigration } from './platform-accounts.ts'
import { driftScheduleMigration } from './platform-drift.ts'
import { movesMigration } from './platform-moves.ts'
import { peopleMigration } from './platform-people.ts'
import { tenantsMigration } from './platform-tenants.ts'

export const platformMigrations: readonly PlatformMigration[] = [
  {
    name: 'platform',
    version: 1,
    sql: [
      'CREATE SCHEMA IF NOT EXISTS pgcrypto',
      'CREATE EXTENSION IF NOT EXISTS pgcrypto SCHEMA pgcrypto',
      `CREATE TABLE iasql_platform.tenant (
        tenant_id text PRIMARY KEY, alias text NOT NULL UNIQUE,
        schema_name text NOT NULL UNIQUE, user_schema text NOT NULL UNIQUE,
        owner_role text NOT NULL, reader_role text NOT NULL, writer_role text NOT NULL,
        reader_secret text NOT NULL, writer_secret text NOT NULL, database_name text NOT NULL,
        state text NOT NULL DEFAULT 'creating' CHECK (state IN ('creating', 'active', 'suspended')),
        created_at timestamptz NOT NULL DEFAULT now(),
        lease_holder uuid, lease_until timestamptz)`,
      `CREATE TABLE iasql_platform.member (
        tenant_id text NOT NULL REFERENCES iasql_platform.tenant ON DELETE CASCADE, subject text NOT NULL,
        role text NOT NULL CHECK (role IN ('viewer', 'editor', 'operator', 'owner')),
        added_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (tenant_id, subject))`,
      `CREATE TABLE iasql_platform.token (
        token_hash text PRIMARY KEY,
        tenant_id text NOT NULL REFERENCES iasql_platform.tenant ON DELETE CASCADE, name text NOT NULL,
        role text NOT NULL CHECK (role IN ('viewer', 'editor', 'operator', 'owner')),
        created_at timestamptz NOT NULL DEFAULT now(), expires_at timestamptz, last_used_at timestamptz,
        UNIQUE (tenant_id, name))`,
      `CREATE TABLE iasql_platform.connection (
        connection_id text PRIMARY KEY,
        tenant_id text NOT NULL REFERENCES iasql_platform.tenant ON DELETE CASCADE,
        subject text NOT NULL, role text NOT NULL, endpoint text NOT NULL,
        connected_at timestamptz NOT NULL DEFAULT now(), expires_at timestamptz NOT NULL,
        settings jsonb NOT NULL DEFAULT '{}')`,
      'CREATE INDEX connection_tenant ON iasql_platform.connection (tenant_id)',
      `CREATE TABLE iasql_platform.subscription (
        connection_id text NOT NULL REFERENCES iasql_platform.connection ON DELETE CASCADE,
        tenant_id text NOT NULL, topic text NOT NULL, PRIMARY KEY (connection_id, topic))`,
      'CREATE INDEX subscription_topic ON iasql_platform.subscription (tenant_id, topic)',
    ],
  },
  {
    name: 'limits',
    version: 1,
    sql: [
      // Of AWS accounts and not of tenants: whoever calls on an account's behalf draws from the same buckets.
      `CREATE TABLE iasql_platform.bucket (
        account_id text NOT NULL, region text NOT NULL, name text NOT NULL,
        tokens float8 NOT NULL, filled_at timestamptz NOT NULL,
        pace float8 NOT NULL DEFAULT 1, slowed_at timestamptz,
        PRIMARY KEY (account_id, region, name)) WITH (fillfactor = 50)`,
    ],
  },
  peopleMigration,
  tenantsMigration,
  driftScheduleMigration,
  accountsMigration,
  movesMigration,
]
