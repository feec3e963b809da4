/** What a hostile tenant tries, as data: the SQL, and what is to become of it. */
import type { Tenant } from '#postgres/tenant.ts'

/** What there is to be tried on: somebody else's tenant with something of everything in it. */
export interface Scene {
  readonly self: Tenant
  readonly victim: Tenant
  /** Of the victim's session that is in the middle of a transaction. */
  readonly pid: string
  /** Object ids of the victim's table, view, function and large object: catalogues give them to everybody. */
  readonly table: string
  readonly view: string
  readonly price: string
  readonly largeObject: string
}

export type Verdict =
  /** PostgreSQL or the product refuses, by one of these. */
  | { readonly kind: 'refused'; readonly by: readonly string[] }
  /** It runs, and touches nobody but who tries. */
  | { readonly kind: 'contained' }
  /** It runs and finds no row. */
  | { readonly kind: 'empty' }
  /** It runs and tells or takes something: its id is in the table of SECURITY.md. `shows`: a part of what it tells. */
  | { readonly kind: 'leaks'; readonly shows?: (scene: Scene) => string }

export interface Attempt {
  readonly id: string
  readonly sql: string | ((scene: Scene) => string)
  readonly verdict: Verdict
  /** Where the front door decides otherwise than a direct login. */
  readonly door?: Verdict
  /** Where the reader's login gets another answer than the writer's. */
  readonly reader?: Verdict
}

export const refused = (...by: readonly string[]): Verdict => ({
  kind: 'refused',
  by: by.length > 0 ? by : ['42501'],
})
export const contained: Verdict = { kind: 'contained' }
export const empty: Verdict = { kind: 'empty' }
export const leaks = (shows?: (scene: Scene) => string): Verdict =>
  shows ? { kind: 'leaks', shows } : { kind: 'leaks' }

/** In the rows of the victim; no attempt may ever show it. */
export const canary = 'canary-of-a-row'
/** In what catalogues keep of the victim's objects. */
export const canaries = {
  source: 'canary-of-a-source',
  view: 'canary-of-a-view',
  comment: 'canary-of-a-comment',
  label: 'canary_of_a_label',
  query: 'canary-of-a-query',
} as const

/** As the victim types it. */
export const victimSql = `CREATE TYPE stage AS ENUM ('${canaries.label}');
  CREATE TABLE schemes (id int PRIMARY KEY, body text DEFAULT '${canaries.source}', stage stage);
  INSERT INTO schemes VALUES (1, '${canary}'), (2, '${canary}');
  CREATE SEQUENCE scheme_numbers;
  CREATE FUNCTION price() RETURNS text LANGUAGE sql AS $$ SELECT '${canaries.source}' $$;
  CREATE VIEW best_schemes AS SELECT body FROM schemes WHERE body <> '${canaries.view}';
  COMMENT ON TABLE schemes IS '${canaries.comment}';
  SELECT lo_from_bytea(0, '${canary}');
  ANALYZE schemes`

/** Of the session in the middle of a transaction. */
export const advisoryKey = 4_711
export const victimTransaction = `BEGIN; LOCK TABLE schemes IN SHARE MODE;
  SELECT pg_advisory_lock(${advisoryKey}); SELECT '${canaries.query}'`
