/** Statements as people type them, drawn at random over what the tables of the simulated modules hold now. */
import type { Database } from '#postgres/database.ts'
import type { Random } from './simulated/random.ts'

type Ids = Readonly<Record<string, readonly number[]>>

const tables = ['network', 'rulebook', 'segment', 'topic', 'gateway', 'server', 'guard', 'rule'] as const

export async function randomStatements(db: Database, random: Random, most = 4): Promise<readonly string[]> {
  const ids: Record<string, readonly number[]> = {}
  for (const table of tables) {
    const rows = await db.query<{ id: number }>(`SELECT id FROM ${table} ORDER BY id`)
    ids[table] = rows.map(({ id }) => id)
  }
  return Array.from({ length: 1 + random.below(most) }, () => statement(ids, random))
}

function statement(ids: Ids, random: Random): string {
  const verb = random.choose({ insert: 5, update: 6, delete: 2 })
  const table = random.choose({
    ...{ network: 3, rulebook: 1, segment: 4, topic: 5, gateway: 1, server: 3, guard: 3, rule: 2 },
  })
  const among = ids[table] ?? []
  if (verb === 'insert' || among.length === 0) return inserted(ids, random)[table]()
  const id = random.pick(among)
  if (verb === 'delete') return `DELETE FROM ${table} WHERE id = ${id}`
  return `UPDATE ${table} SET ${assigned(ids, random)[table]()} WHERE id = ${id}`
}

const oneOf = (random: Random, values: readonly number[] = []): string =>
  values.length === 0 ? 'NULL' : String(random.pick(values))
/** The last is the one that comes with each guard. */
const ways = ["'in', 80", "'in', 443", "'out', -1"]
const words = ["'a'", "'b'", "'c'", 'NULL']

const inserted = (ids: Ids, random: Random): Readonly<Record<(typeof tables)[number], () => string>> => ({
  network: () =>
    `INSERT INTO network (cidr, mtu, notes) VALUES ('10.${random.below(200)}.0.0/16', 1500, ${random.pick(words)})`,
  segment: () =>
    `INSERT INTO segment (network_id, cidr) VALUES (${oneOf(random, ids.network)}, '10.0.${random.below(200)}.0/24')`,
  topic: () =>
    `INSERT INTO topic (name, retention, document) VALUES ('topic-${random.below(100)}', ${random.pick([60, 90])},
       ${ids.topic?.length ? `jsonb_build_object('of', '\${topic(${oneOf(random, ids.topic)}).topic_id}')` : 'NULL'})`,
  gateway: () =>
    `INSERT INTO gateway (segment_id, label) VALUES (${oneOf(random, ids.segment)}, ${random.pick(words)})`,
  guard: () =>
    `INSERT INTO guard (network_id, notes) VALUES (${oneOf(random, ids.network)}, ${random.pick(words)})`,
  rule: () =>
    `INSERT INTO rule (guard_id, direction, port) VALUES (${oneOf(random, ids.guard)}, ${random.pick(ways)})`,
  // Of those that come with a network.
  rulebook: () => `UPDATE rulebook SET ${assigned(ids, random).rulebook()}`,
  server: () =>
    `INSERT INTO server (segment_id, peer_id, config, user_data) VALUES (${oneOf(random, ids.segment)}, ${oneOf(random, ids.server)}, '{"a": ${random.below(3)}}', 'x')`,
})

const assigned = (ids: Ids, random: Random): Readonly<Record<(typeof tables)[number], () => string>> => ({
  network: () =>
    random.pick([
      `notes = ${random.pick(words)}`,
      `mtu = ${random.pick([1_400, 9_000])}`,
      `cidr = '10.${random.below(200)}.0.0/16'`,
      `tags = '{"Name":"n${random.below(5)}"}'`,
    ]),
  segment: () =>
    random.pick([
      `tags = '{"Name":"s${random.below(5)}"}'`,
      `network_id = ${oneOf(random, ids.network)}`,
      `cidr = '10.0.${random.below(200)}.0/24'`,
    ]),
  topic: () =>
    random.pick([
      `retention = ${random.pick([60, 90, 120])}`,
      `labels = ${random.pick(['\'["x"]\'', '\'["x","y"]\'', 'NULL'])}`,
      `dead_letter_id = ${random.isLucky(0.3) ? 'NULL' : oneOf(random, ids.topic)}`,
      `name = 'topic-${random.below(100)}'`,
    ]),
  rulebook: () =>
    random.pick([`rules = ${random.pick(['\'["a"]\'', '\'["b"]\'', 'NULL'])}`, `tags = '{"Name":"r"}'`]),
  guard: () => random.pick([`notes = ${random.pick(words)}`, `network_id = ${oneOf(random, ids.network)}`]),
  rule: () => random.pick([`notes = ${random.pick(words)}`, `port = ${random.pick([80, 8080])}`]),
  gateway: () => random.pick([`label = ${random.pick(words)}`, `size = ${1 + random.below(3)}`]),
  server: () =>
    random.pick([
      `config = '{"a": ${random.below(5)}}'`,
      `size = ${random.pick(["'small'", "'large'"])}`,
      `is_watched = ${random.pick(['true', 'false'])}`,
      `peer_id = ${oneOf(random, ids.server)}`,
      `user_data = ${random.pick(["'x'", "'y'"])}`,
    ]),
})
