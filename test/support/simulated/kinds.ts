/** What the simulated service knows of each kind of resource: data that its operations follow. */
import type { Json } from '#engine/model/json.ts'

export type Attributes = Readonly<Record<string, Json>>

export interface Kind {
  /** As in operations: `CreateNetwork`. */
  readonly name: string
  /** The module that has its table. */
  readonly module: 'sim' | 'shapes'
  readonly prefix: string
  /** Milliseconds for which reads may lag behind a write. */
  readonly settleMs: number
  /**
   * How a repeated create is known: not at all (the caller has but tags), by a token of the client beside them, by such a
   * token alone, which nothing shows afterwards, or by the name.
   */
  readonly idempotency: 'none' | 'token' | 'hidden' | 'name'
  /** Whether its name is all that it is known by, so that another one may be the same to everybody. */
  readonly isNameId: boolean
  /** Milliseconds for which a token is known after the first call. */
  readonly tokenMs: number
  /** Attribute → kind that it names the id of. */
  readonly references: Readonly<Record<string, string>>
  /** Values of attributes that a create leaves out. */
  readonly defaults: Attributes
  /** Refused when changed. */
  readonly immutable: readonly string[]
  /** No two of one kind and place may share all of these. */
  readonly unique: readonly string[]
  /** What a list shows; everything when absent. */
  readonly listed?: readonly string[]
  readonly pendingMs: number
  readonly deletingMs: number
  /** Changed only while it is stopped. */
  readonly whileStopped: readonly string[]
  /** One of another kind is made along with it, which names it by an attribute. */
  readonly companion?: { readonly kind: string; readonly via: string; readonly attributes?: Attributes }
  /** Whether a companion of this kind may go while its parent stands. */
  readonly isRemovable: boolean
  /** Attribute that names what takes it along when it goes, whoever made it. */
  readonly goesWith?: string
  /** Attribute that its revisions share: numbered, never changed, and ended in use or not. */
  readonly family?: string
  /** Milliseconds that it takes to follow a change. */
  readonly rollsMs: number
  /** Kept beside it: each is read, put and removed by calls of its own. */
  readonly settings: readonly string[]
  /** Told by their digests. */
  readonly contents: readonly string[]
  /** Written and never shown; a `version` counts how often. */
  readonly secrets: readonly string[]
}

const kind = (name: string, prefix: string, more: Partial<Kind> = {}): Kind => ({
  name,
  prefix,
  module: 'sim',
  settleMs: 10_000,
  idempotency: 'none',
  tokenMs: 86_400_000,
  references: {},
  defaults: {},
  immutable: [],
  unique: [],
  pendingMs: 0,
  deletingMs: 0,
  whileStopped: [],
  isRemovable: false,
  isNameId: false,
  rollsMs: 0,
  settings: [],
  contents: [],
  secrets: [],
  ...more,
})

export const kinds = {
  network: kind('Network', 'net', {
    defaults: { mtu: 1_500, has_dns: true, notes: null, tags: {} },
    immutable: ['cidr'],
    listed: ['cidr', 'mtu', 'tags', 'notes'],
    companion: { kind: 'rulebook', via: 'network_id' },
  }),
  rulebook: kind('Rulebook', 'rbk', {
    references: { network_id: 'network' },
    defaults: { rules: null, tags: {} },
    immutable: ['network_id'],
  }),
  segment: kind('Segment', 'seg', {
    references: { network_id: 'network' },
    defaults: { tags: {} },
    immutable: ['network_id', 'cidr'],
    unique: ['network_id', 'cidr'],
  }),
  topic: kind('Topic', 'top', {
    settleMs: 60_000,
    idempotency: 'name',
    references: { dead_letter_id: 'topic' },
    defaults: {
      retention: 345_600,
      policy: null,
      labels: null,
      document: null,
      dead_letter_id: null,
      tags: {},
    },
    immutable: ['name'],
    unique: ['name'],
    listed: ['name'],
  }),
  gateway: kind('Gateway', 'gtw', {
    idempotency: 'token',
    references: { segment_id: 'segment' },
    defaults: { size: 1, label: null, tags: {} },
    immutable: ['segment_id'],
    pendingMs: 40_000,
    deletingMs: 30_000,
  }),
  portal: kind('Portal', 'por', {
    idempotency: 'hidden',
    tokenMs: 60_000,
    references: { network_id: 'network' },
    defaults: { size: 1, note: null },
    immutable: ['network_id', 'purpose'],
    listed: ['network_id', 'purpose', 'size'],
    pendingMs: 5_000,
  }),
  server: kind('Server', 'srv', {
    references: { segment_id: 'segment', rulebook_id: 'rulebook', peer_id: 'server' },
    defaults: {
      segment_id: null,
      rulebook_id: null,
      peer_id: null,
      user_data: null,
      size: 'small',
      config: null,
      is_watched: false,
      tags: {},
    },
    immutable: ['user_data', 'segment_id'],
    pendingMs: 15_000,
    deletingMs: 5_000,
    whileStopped: ['size'],
  }),
  guard: kind('Guard', 'grd', {
    module: 'shapes',
    references: { network_id: 'network' },
    defaults: { notes: null, tags: {} },
    immutable: ['network_id'],
    companion: { kind: 'rule', via: 'guard_id', attributes: { direction: 'out', port: -1, source_id: null } },
  }),
  rule: kind('Rule', 'rul', {
    module: 'shapes',
    references: { guard_id: 'guard', source_id: 'guard' },
    defaults: { port: -1, source_id: null, notes: null, tags: {} },
    immutable: ['guard_id', 'direction', 'source_id'],
    unique: ['guard_id', 'direction', 'port', 'source_id'],
    isRemovable: true,
    goesWith: 'guard_id',
  }),
  vault: kind('Vault', 'vau', {
    module: 'shapes',
    idempotency: 'name',
    isNameId: true,
    defaults: { value: null, notes: null, tags: {} },
    immutable: ['name'],
    unique: ['name'],
    listed: ['name', 'notes', 'tags'],
    secrets: ['value'],
  }),
  blueprint: kind('Blueprint', 'blu', {
    module: 'shapes',
    defaults: { size: 1, parts: [], tags: {} },
    immutable: ['family', 'size', 'parts'],
    family: 'family',
  }),
  crew: kind('Crew', 'crw', {
    module: 'shapes',
    references: { blueprint_id: 'blueprint', leader_id: 'person' },
    defaults: { leader_id: null, members: 1, tags: {} },
    pendingMs: 10_000,
    rollsMs: 20_000,
    deletingMs: 10_000,
  }),
  store: kind('Store', 'sto', {
    module: 'shapes',
    settleMs: 60_000,
    idempotency: 'name',
    isNameId: true,
    defaults: {},
    immutable: ['name'],
    unique: ['name'],
    settings: ['policy', 'keeping', 'tags'],
  }),
  page: kind('Page', 'pag', {
    module: 'shapes',
    idempotency: 'name',
    references: { store_id: 'store' },
    defaults: { body: null, language: null, tags: {} },
    immutable: ['store_id', 'name'],
    unique: ['store_id', 'name'],
    listed: ['store_id', 'name'],
    contents: ['body'],
  }),
  person: kind('Person', 'per', {
    module: 'shapes',
    settleMs: 20_000,
    idempotency: 'name',
    isNameId: true,
    defaults: { policy: null, notes: null, tags: {} },
    immutable: ['name'],
    unique: ['name'],
    listed: ['name', 'notes'],
  }),
} as const satisfies Readonly<Record<string, Kind>>

export type KindName = keyof typeof kinds

export const kindOf = (name: KindName): Kind => kinds[name]
